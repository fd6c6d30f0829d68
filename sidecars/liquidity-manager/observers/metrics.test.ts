import { expect, test } from 'bun:test';
import { Registry } from 'prom-client';
import { metricsFaults } from '../../../ops/testing/exposition.ts';
import { registerObserverMetrics } from './metrics.ts';
import { addressesOf, bitcoinRig } from './observer.fixture.ts';

test('metrics have what each observer read, how old it is, and what failed', async () => {
  await using rig = bitcoinRig();
  const registry = new Registry();
  registerObserverMetrics(registry, [rig.observer()]);
  expect(await registry.metrics()).toMatch(/unrip_funding_observer_reading_age_seconds\{chain="btc:mainnet"\} nan/i);
  rig.chain.pay({ address: addressesOf('btc:mainnet')[0], sats: 100_000 });
  await rig.read();
  rig.clock.advance(5_000);
  rig.sims[0]?.faults.fail({ requests: 1, status: 500, body: 'no' });
  await rig.read();
  const text = await registry.metrics();
  for (const [name, value] of [
    ['reading_age_seconds', 5],
    ['lag_blocks', 0],
    ['followed_transfers', 1],
    ['refused_transfers', 0],
    ['waiting_records', 0],
    ['readings_total', 1],
    ['failures_total', 1],
  ]) {
    expect(text).toContain(`unrip_funding_observer_${name}{chain="btc:mainnet"} ${value}`);
  }
  expect(await metricsFaults(text)).toEqual([]);
});
