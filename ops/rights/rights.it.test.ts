// Engine and history-writer as services run them: an unprivileged user, a root file system without a place to write, secrets in
// each form that they are handed over in. They come up healthy, trade and write.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineFigures } from '../demo/figures.ts';
import { openHistory } from '../demo/history.ts';
import { type ControlClient, controlClient } from '../harness/control-client.ts';
import { type ThrowAwayKey, throwAwayKey } from '../harness/key.ts';
import { prepare } from '../harness/prepare.ts';
import { type Sim, startSim } from '../harness/sim.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { dropDatabase } from '../stack/postgres/databases.ts';
import type { DatabaseUrls } from '../stack/postgres/roles.ts';
import { isOurs, lastLines } from '../stack/process.ts';
import { startChild } from '../testing/child.ts';
import { describeWith } from '../testing/services.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { waitFor } from '../testing/wait.ts';
import { FORMS, type Form, SERVICE } from './forms.ts';
import { type Room, type Sandboxed, startSandboxed, whyNoSandbox } from './sandbox.ts';

const TAPE = join(CHECKOUT, 'ops/sim/tape/tapes/btc-eure-10min.tape');
const RELAY_TOKEN = 'throw-away-token-of-the-relay';
const LIMIT_MS = 30_000;
const WHY_NOT = whyNoSandbox();

const sandboxed = test.skipIf(WHY_NOT !== null);
const NAME = `as an ordinary user on a read-only root${WHY_NOT === null ? '' : ` (skipped: ${WHY_NOT})`}`;

/** Waits until it listens; the state may lie one level deeper. */
async function controlOf(process: Sandboxed, file: string): Promise<ControlClient> {
  const dirs = [process.stateDir, join(process.stateDir, 'unrip')];
  const dir = await waitFor(
    () => {
      if (process.exitCode() !== null)
        throw new Error(`it ended with ${process.exitCode()}: ${lastLines(process.logPath)}`);
      return dirs.find((one) => existsSync(join(one, file)) && existsSync(join(one, 'control-token'))) ?? null;
    },
    { what: `${file} in ${process.stateDir}`, limitMs: LIMIT_MS },
  );
  const { url } = JSON.parse(readFileSync(join(dir, file), 'utf8')) as { url: string };
  return controlClient(url, join(dir, 'control-token'));
}

describeWith(['kafka', 'database'], NAME, ({ kafka, database }) => {
  const dir = tempDir('rights');
  const run = crypto.randomUUID().slice(0, 8);
  const accountId = `rights-${run}.near`;
  const names = { database: `rights_${run}`, group: `unrip-rights-${run}` };
  const services = { kafkaBrokers: kafka.brokers, kafkaKind: 'kafka', adminUrl: database.adminUrl } as const;
  const started: Sandboxed[] = [];
  let key: ThrowAwayKey;
  let sim: Sim;
  let urls: DatabaseUrls;

  beforeAll(async () => {
    if (WHY_NOT !== null) return;
    chmodSync(dir.path, 0o711);
    key = throwAwayKey(join(dir.path, 'key.json'), accountId);
    sim = await startSim({ dir: dir.path, accountId, publicKey: key.publicKey, relayToken: RELAY_TOKEN });
    urls = await prepare(services, names);
  });
  afterAll(async () => {
    for (const process of started) await process.stop();
    await sim?.stop();
    if (WHY_NOT === null) await dropDatabase(services, names.database);
    dir.remove();
  });

  const start = (
    form: Form,
    command: string,
    settings: Readonly<Record<string, string>>,
    secrets: Readonly<Record<string, string>>,
  ) => {
    const process = startSandboxed({
      dir: join(dir.path, `${FORMS.indexOf(form)}-${command}`),
      form,
      argv: ({ app }: Room) => [join(app, 'unrip'), command],
      secrets,
      env: ({ secrets: folder }) => ({
        CONTROL_PORT: '0',
        ...settings,
        ...Object.fromEntries(Object.keys(secrets).map((name) => [name, join(folder, name)])),
      }),
    });
    started.push(process);
    return process;
  };

  const withoutRelayKey = (environment: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(environment).filter(([name]) => name !== 'RELAY_API_KEY'));

  sandboxed('nothing but the state can be written, and no right is left', async () => {
    const [form] = FORMS;
    if (form === undefined) throw new Error('there is no form');
    const places = ['/', '/tmp', '/var/tmp', '/etc', CHECKOUT];
    const probe = startSandboxed({
      dir: join(dir.path, 'probe'),
      form,
      argv: ({ app, state }) => [
        'sh',
        '-c',
        `for place in ${[...places, app, state].join(' ')}; do if (: > $place/probe) 2>/dev/null; then echo "writes $place"; fi; done; grep -E 'Cap(Eff|Bnd)|NoNewPrivs|Uid' /proc/self/status`,
      ],
      secrets: {},
      env: () => ({}),
    });
    expect(await probe.exited).toBe(0);
    const said = readFileSync(probe.logPath, 'utf8');
    expect(said.match(/writes .*/g)?.map((line) => line.split('/').at(-1))).toEqual(['state']);
    expect(said).toMatch(/CapEff:\s+0+\n/);
    expect(said).toMatch(/CapBnd:\s+0+\n/);
    expect(said).toMatch(/NoNewPrivs:\s+1/);
    expect(said).toMatch(new RegExp(`Uid:\\s+${SERVICE.uid}\\s`));
  });

  sandboxed('what runs in it ends with the process that has started it, also when that is killed', async () => {
    const script = `import { FORMS } from '${join(import.meta.dir, 'forms.ts')}';
      import { startSandboxed } from '${join(import.meta.dir, 'sandbox.ts')}';
      const argv = () => ['sh', '-c', 'echo runs; exec sleep 600'];
      const options = { dir: '${join(dir.path, 'killed')}', form: FORMS[0], argv, secrets: {}, env: () => ({}) };
      const { pid, logPath } = startSandboxed(options);
      console.log(JSON.stringify({ pid, logPath }));`;
    await using starter = startChild(['-e', script]);
    const { pid, logPath } = JSON.parse(await starter.waitForLine(/pid/)) as { pid: number; logPath: string };
    await waitFor(() => readFileSync(logPath, 'utf8').includes('runs'), { what: 'the process in it' });
    await waitFor(() => isOurs(pid, ['sleep 600']), { what: 'the program that it runs' });
    await starter.stop('SIGKILL');
    await waitFor(() => !isOurs(pid, []), { what: 'its end' });
  });

  sandboxed('what is not installed cannot be made there, and how to have it made is said', async () => {
    const [form] = FORMS;
    if (form === undefined) throw new Error('there is no form');
    const launched = startSandboxed({
      dir: join(dir.path, 'bare'),
      form,
      argv: ({ app, secrets }) => ['env', `UNRIP_CACHE=${secrets}/none`, join(app, 'unrip'), 'engine'],
      secrets: {},
      env: () => ({}),
    });
    expect(await launched.exited).toBe(1);
    const said = readFileSync(launched.logPath, 'utf8');
    expect(said).toContain('/none cannot be written by this user');
    expect(said).toMatch(/UNRIP_CACHE=\S+\/none \S+\/unrip --rebuild-kafka/);
  });

  sandboxed.each(FORMS.map((form) => [form.name, form] as const))(
    'with secrets from %s the engine answers quotes and the history-writer writes them',
    async (_, form) => {
      const kafkaConfig = { KAFKA_CONFIG_JSON_FILE: '{}' };
      const shared = { NEAR_ACCOUNT_ID: accountId, KAFKA_BROKERS: kafka.brokers };
      const writer = start(
        form,
        'history-writer',
        { ...shared, HISTORY_CONSUMER_GROUP: names.group },
        { ...kafkaConfig, DATABASE_URL_FILE: urls.writer },
      );
      const engine = start(
        form,
        'engine',
        { ...withoutRelayKey(sim.environment), ...shared },
        { ...kafkaConfig, NEAR_KEY_FILE: readFileSync(key.file, 'utf8'), RELAY_API_KEY_FILE: RELAY_TOKEN },
      );
      const [written, trading] = await Promise.all([
        controlOf(writer, 'history-writer.json'),
        controlOf(engine, 'control.json'),
      ]);
      await written.waitHealthy('/healthz', LIMIT_MS);
      await trading.waitHealthy('/healthz', LIMIT_MS);
      await trading.post('/strategy/arm', { forever: true });
      await trading.post('/executor/arm', { forever: true, fresh_account: true });
      const history = openHistory(urls.reader, accountId);
      const before = await history.decisions();
      await sim.play(TAPE, 30);
      try {
        await waitFor(async () => (await engineFigures(trading)).executor.answer_latency.count > 0, {
          what: 'an answer',
          limitMs: LIMIT_MS,
        });
        await waitFor(async () => (await history.decisions()) > before, {
          what: 'a decision on record',
          limitMs: LIMIT_MS,
        });
      } finally {
        await sim.stopTape();
        await history.close();
      }
      for (const { pid } of [engine, writer])
        expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(new RegExp(`^Uid:\\s+${SERVICE.uid}\\s`, 'm'));
      expect(await Promise.all([engine.stop(), writer.stop()])).toEqual([0, 0]);
    },
    60_000,
  );
});
