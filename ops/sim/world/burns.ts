// What the token contracts burn by a signed withdrawal is seen by the bridges with its block.

import { OMNI_ACCOUNT } from '../../../contracts/wire/omni-bridge.ts';
import { makeAfterBlock } from '../chain/after-block.ts';
import type { SimClock } from '../chain/clock.ts';
import { burnsIn } from '../poa-bridge/burns.ts';
import { BRIDGE_TOKENS } from '../poa-bridge/tokens.ts';
import type { StandIns } from './stand-ins.ts';

/** Gives the function that ends it. */
export function followBurns({ chain, bridge, omni }: StandIns, clock: SimClock): () => void {
  const afterBlock = makeAfterBlock(chain, clock);
  const stopFollowing = chain.onTransaction(({ hash, height, logs }) => {
    const burns = burnsIn(logs).filter(({ nearToken }) => BRIDGE_TOKENS.some((each) => each.nearTokenId === nearToken));
    for (const burn of burns) afterBlock.run(height, () => bridge.bridge.burn({ ...burn, burnTxHash: hash }));
    if (logs.some((line) => line.includes(OMNI_ACCOUNT))) afterBlock.run(height, () => omni.take(hash, logs));
  });
  return () => {
    stopFollowing();
    afterBlock.stop();
  };
}
