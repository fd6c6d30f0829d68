// What the ops-sentinel offers, as a real Alertmanager takes it, with the example configuration: where one is installed.

import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { machineClock } from '../../contracts/runtime/clock.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { createAlertmanager } from '../../sidecars/ops-sentinel/delivery/alertmanager.ts';
import { sentinelRig } from '../../sidecars/ops-sentinel/sentinel.fixture.ts';
import { ACCOUNT, recordText } from '../../sidecars/ops-sentinel/world.fixture.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { freePorts } from '../stack/ports.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { waitFor } from '../testing/wait.ts';

const LIMIT_MS = 60_000;
const PAST_MS = 90_000;
const program = Bun.which('alertmanager') ?? Bun.which('prometheus-alertmanager');

type Shown = {
  readonly labels: Readonly<Record<string, string>>;
  readonly receivers: readonly { readonly name: string }[];
};

async function started(dir: string) {
  const [port = 0] = freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const child = Bun.spawn(
    [
      program ?? '',
      `--config.file=${join(CHECKOUT, 'ops/deploy/monitoring/alertmanager.yml')}`,
      `--storage.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { env: toolEnvironment(), stdio: ['ignore', 'ignore', 'ignore'] },
  );
  const isReady = async () => (await fetch(`${url}/-/ready`).catch(() => null))?.ok === true;
  await waitFor(isReady, { what: 'Alertmanager', limitMs: LIMIT_MS });
  return {
    url,
    active: async (): Promise<readonly Shown[]> =>
      (await (await fetch(`${url}/api/v2/alerts?active=true`)).json()) as Shown[],
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}

test.if(program !== null)(
  'an Alertmanager takes every alert of the ops-sentinel, hands it to whom it concerns, and ends what is cleared',
  async () => {
    using dir = tempDir('alertmanager');
    await using alertmanager = await started(dir.path);
    // It ends by its own clock what has an end: what is cleared below has to be past then.
    const rig = sentinelRig({ clock: new ManualClock(Date.now() - PAST_MS) });
    const look = (): void => {
      rig.sentinel.known.sight.read(rig.clock.elapsedUs());
      rig.tick();
    };
    rig.hear('dlq.unrip', recordText('dlq.unrip', rig.clock.nowMs()));
    rig.hear('ops.funding_observation', recordText('ops.funding_observation', rig.clock.nowMs(), { status: 'stuck' }));
    look();
    const { book } = rig.sentinel;
    const clock = { ...machineClock, nowMs: () => rig.clock.nowMs() };
    const deliver = createAlertmanager({ url: alertmanager.url, repeatMs: 60_000, accountId: ACCOUNT, book, clock });
    const signal = new AbortController().signal;

    expect(await deliver(signal)).toMatchObject({ next: 'wait' });
    const raised = book.alerts().flatMap(({ code, raised: since }) => (since === null ? [] : [code]));
    expect(raised).toContain('funding_stuck');
    const shown = await alertmanager.active();
    expect(shown.map(({ labels }) => labels['alertname']).sort()).toEqual(raised.toSorted());
    for (const { labels, receivers } of shown) {
      const receiver = labels['severity'] === 'critical' ? 'on-call' : 'working-day';
      expect([labels['alertname'], receivers.map(({ name }) => name)]).toEqual([labels['alertname'], [receiver]]);
    }

    const credited = { status: 'credited', observation_seq: 9 };
    rig.hear('ops.funding_observation', recordText('ops.funding_observation', rig.clock.nowMs(), credited));
    for (let second = 0; second < 40; second++) {
      rig.clock.advance(1000);
      look();
    }
    expect(await deliver(signal)).toMatchObject({ next: 'wait' });
    const left = (await alertmanager.active()).map(({ labels }) => labels['alertname']);
    expect(left).not.toContain('funding_stuck');
    expect(left).toContain('dead_letters');
  },
  LIMIT_MS,
);
