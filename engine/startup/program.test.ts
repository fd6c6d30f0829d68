import { describe, expect, test } from 'bun:test';
import { BTC, DEFAULT_PAIR, EURE } from '../../contracts/assets.ts';
import { ConfigRefused } from '../../contracts/runtime/process/refusal.ts';
import type { Engine } from '../engine.ts';
import { refuseOtherAssets } from './program.ts';

const NBTC = 'nep141:nbtc.bridge.near';

/** An engine as far as it is asked, whose journal has live quotes of these assets. */
function engineWith(quotes: readonly (readonly [assetIn: string, assetOut: string])[]) {
  const abandoned: string[] = [];
  const parts = {
    book: {
      liveQuotes: () => quotes.map(([assetIn, assetOut]) => ({ attempt: { assetIn, assetOut } })),
      nonces: () => [],
    },
    recovered: { clean: true },
    journal: { abandon: async () => void abandoned.push('journal') },
    settings: { pair: DEFAULT_PAIR },
  };
  return { abandoned, engine: { parts } as unknown as Engine };
}

describe('quotes under an asset id that is no longer configured', () => {
  test.each([
    [
      'received',
      [
        [BTC.id, EURE.id],
        [NBTC, EURE.id],
      ],
      'BTC_ASSET_ID',
    ],
    ['paid', [[EURE.id, NBTC]], 'BTC_ASSET_ID'],
  ] as const)(
    'that is %s refuse the start, name the variable, and give the journal back',
    async (_name, quotes, variable) => {
      const { engine, abandoned } = engineWith(quotes);
      const refused = await refuseOtherAssets(engine).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ConfigRefused);
      expect(refused).toMatchObject({ problem: { variable, problem: expect.stringContaining(NBTC) } });
      expect(abandoned).toEqual(['journal']);
    },
  );

  test.each([
    [[]],
    [
      [
        [BTC.id, EURE.id],
        [EURE.id, BTC.id],
      ],
    ],
  ] as const)('none: the start goes on, %#', async (quotes) => {
    const { engine, abandoned } = engineWith(quotes);
    await refuseOtherAssets(engine);
    expect(abandoned).toEqual([]);
  });
});
