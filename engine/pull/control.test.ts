import { expect, test } from 'bun:test';
import { type Asset, BTC, EURE, KNOWN_ASSETS } from '../../contracts/assets.ts';
import { askedPull } from './control.ts';
import type { Pulls } from './pulls.ts';

const OTHER_BTC = KNOWN_ASSETS.find(({ id, symbol }) => symbol === 'BTC' && id !== BTC.id) ?? BTC;
const PAIRS = [
  { btc: BTC, eure: EURE },
  { btc: OTHER_BTC, eure: EURE },
];

test.each<Asset['symbol'] | null>(['BTC', 'EURe', null])('a pull of %p asks for the id that is traded', (asset) => {
  expect(OTHER_BTC.id).not.toBe(BTC.id);
  for (const pair of PAIRS) {
    const asked: Parameters<Pulls['request']>[0][] = [];
    const request: Pulls['request'] = (given) => {
      asked.push(given);
      return { begun: [], underWay: 2 };
    };
    const answer = askedPull({ request }, { asset, cause: 'operator', by: 'somebody' }, pair);
    const id = asset === null ? null : asset === 'BTC' ? pair.btc.id : pair.eure.id;
    expect(asked).toEqual([{ cause: 'operator', detail: 'somebody', asset: id }]);
    expect(answer).toEqual({ begun: [], under_way: 2 });
  }
});
