// Quotes for the same amounts under one nonce, of which one settles and nobody says which.

import { portOf } from '../sim.ts';
import type { Fault } from './fault.ts';
import { isOk, isStatus, TOO_LATE, UNKNOWN_ERROR } from './relay-texts.ts';

/** What becomes of the replies, one after the other: taken, too late, refused, lost. */
const REPLIES: readonly ((text: string) => string | null)[] = [
  (text) => text,
  (text) => text.replace('"result":"OK"', TOO_LATE),
  (text) => text.replace('"result":"OK"', UNKNOWN_ERROR),
  () => null,
];
const UNSENT_MS = 600;
/** All of them are answered by then. */
const ANSWERED_MS = 3_000;

export const ALIKE_FAULTS: readonly Fault[] = [
  {
    name: 'alike_settle_unseen',
    target: 'relay',
    how: 'requests for the same amounts get each another reply, one answer does not leave; one settles, and no status arrives',
    lastsMs: [25_000, 45_000],
    begin({ sim, market, traffic, random, fired }) {
      const { relay } = sim.world;
      const line = sim.machine.network.line(portOf(sim.world.urls.RELAY_WS_URL));
      let replies = random.below(REPLIES.length);
      market.hold(true);
      line.down = (text) => {
        if (isStatus(text)) return null;
        return isOk(text) ? (REPLIES[replies++ % REPLIES.length]?.(text) ?? null) : text;
      };
      line.isUnread = true;
      const ask = traffic.alike();
      ask();
      sim.later(UNSENT_MS, () => {
        line.isUnread = false;
        const quoteIds = new Set(REPLIES.map(() => ask()));
        sim.later(ANSWERED_MS, () => {
          const taken = relay
            .answers()
            .filter(({ quoteId, verdict }) => quoteIds.has(quoteId) && verdict === 'accepted');
          const one = taken[random.below(Math.max(1, taken.length))];
          if (one !== undefined && taken.length > 1 && relay.takeNow(one.quoteId)?.ok === true) fired();
        });
      });
      return () => {
        line.down = (text) => text;
        market.hold(false);
      };
    },
  },
];
