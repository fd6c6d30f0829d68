// The image and the compose file, as far as they can be judged without a container engine: what they name exists, nothing runs as root
// or with a writable root, secrets are files; and the health check, which is run.

import { describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DECLARED_NAMES, SECRET_NAMES } from '../../contracts/config/declared.ts';
import { fileNamesOf } from '../../contracts/config/variable.ts';
import { version } from '../../package.json';
import { CHECKOUT } from '../stack/directory.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { COMPOSE } from './manifests.fixture.ts';
import { BUILT, READS, secretFilesOf } from './processes.fixture.ts';

const containerfile = readFileSync(join(CHECKOUT, 'Containerfile'), 'utf8');
const instructions = containerfile
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line));
const named = (name: string): readonly string[] =>
  instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));

describe('the image', () => {
  test('copies what exists, and every folder that a command needs', () => {
    const copied = named('COPY')
      .filter((line) => !line.startsWith('--from'))
      .flatMap((line) => line.split(' ').slice(0, -1));
    for (const path of copied) expect([path, existsSync(join(CHECKOUT, path))]).toEqual([path, true]);
    const folders = readdirSync(CHECKOUT).filter(
      (name) => !name.startsWith('.') && name !== 'node_modules' && statSync(join(CHECKOUT, name)).isDirectory(),
    );
    expect(copied.filter((path) => folders.includes(path)).sort()).toEqual(folders.sort());
  });

  test('runs as a user by number, with a health check, and is the process itself', () => {
    expect(named('USER')).toEqual(['10001:10001']);
    expect(named('ENTRYPOINT')).toEqual(['["/opt/unrip/app/unrip"]']);
    expect(named('STOPSIGNAL')).toEqual(['SIGTERM']);
    const check = /CMD \["\/opt\/unrip\/app\/([^"]+)"\]/.exec(named('HEALTHCHECK')[0] ?? '')?.[1] ?? '';
    expect(statSync(join(CHECKOUT, check)).mode & 0o111).not.toBe(0);
  });

  test('nothing of the build stays but what is copied from it', () => {
    const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));
    expect(last.join('\n')).not.toMatch(/nodejs|npm|g\+\+|make/);
  });
});

const own = Object.entries(COMPOSE.services).filter(([, { image }]) => image.startsWith('unrip:'));

describe('the whole system with containers', () => {
  test('is made of processes and jobs of one image, and starts only when it is asked for', () => {
    expect(own.map(([name]) => name).sort()).toEqual(['topics', 'migrate', 'doctor', ...BUILT].sort());
    for (const [name, { image, profiles }] of own) {
      expect([name, image, profiles]).toEqual([name, `unrip:${version}`, [name === 'doctor' ? name : 'system']]);
    }
  });

  test('the doctor judges what the engine starts with: its settings, its secrets and its state', () => {
    const [doctor, engine] = [COMPOSE.services['doctor'], COMPOSE.services['engine']];
    const others = ['CONTROL_HOST', 'DATABASE_URL_FILE'];
    const settingsOf = (service: typeof doctor) =>
      Object.entries(service?.environment ?? {}).filter(([name]) => !others.includes(name));
    expect(settingsOf(doctor)).toEqual(settingsOf(engine));
    expect(doctor?.volumes).toEqual(engine?.volumes);
    expect(doctor?.restart).toBe('no');
    // Going live takes these: without a way to set them it ends at the first step that needs one.
    for (const name of ['EXECUTOR_MODE', 'STRATEGY_MAX_NOTIONAL_EUR', 'BTC_ASSET_ID', 'NEAR_RPC_URL'])
      expect([name, engine?.environment?.[name]]).toEqual([name, null]);
  });

  test('where alerts go, and which nodes show deposits, can be said where compose is called', () => {
    const given = (name: string) => COMPOSE.services[name]?.environment ?? {};
    expect(given('ops-sentinel')['ALERTMANAGER_URL']).toBeNull();
    for (const name of ['BTC_OBSERVER_URL', 'GNOSIS_RPC_URL', 'NEAR_RPC_URL'])
      expect([name, given('liquidity-manager')[name]]).toEqual([name, null]);
  });

  test('topics of an earlier version, which have other settings, keep nothing from starting', () => {
    expect(COMPOSE.services['topics']?.command).toEqual(['topics', '--allow-drift']);
  });

  test.each(own)('%s has neither root nor a writable root, and its secrets as files', (_name, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(service.mem_limit).toBeDefined();
    const names = Object.keys(service.environment ?? {});
    expect(names.filter((name) => !DECLARED_NAMES.includes(name))).toEqual([]);
    expect(names.filter((name) => SECRET_NAMES.has(name))).toEqual([]);
    const read = Object.values(service.environment ?? {}).flatMap(
      (value) => value?.match(/(?<=^\/run\/secrets\/).*/) ?? [],
    );
    expect(read.sort()).toEqual([...(service.secrets ?? [])].sort());
    for (const secret of service.secrets ?? []) expect(COMPOSE.secrets[secret]?.file).toContain(secret);
  });

  test.each(own)('%s gets every secret that it needs, and none that it does not', (name, { environment = {} }) => {
    // The Kafka of this file asks for nothing.
    const needed = secretFilesOf(name).filter((names) => !names.includes('KAFKA_CONFIG_JSON_FILE'));
    const given = Object.keys(environment).filter((variable) => variable.endsWith('_FILE'));
    expect(needed.filter((names) => !names.some((variable) => given.includes(variable)))).toEqual([]);
    const others = given.filter((variable) => !needed.flat().includes(variable));
    // Who may call a control API: whoever runs one has a list, and that of the engine, which the doctor reads, is its own.
    const lists = ['engine', 'doctor'].includes(name) ? 'control-tokens-engine' : 'control-tokens';
    const hasList = name === 'doctor' || BUILT.some((process) => process === name);
    expect(others).toEqual(hasList ? ['CONTROL_TOKENS_FILE'] : []);
    expect(environment['CONTROL_TOKENS_FILE']).toBe(hasList ? `/run/secrets/${lists}` : undefined);
  });

  test.each(own)('%s reads every variable that it is given', (name, { environment = {} }) => {
    const known = Object.values(READS[name] ?? {}).flatMap((variable) => [variable.name, ...fileNamesOf(variable)]);
    expect(Object.keys(environment).filter((variable) => !known.includes(variable))).toEqual([]);
  });

  test('no secret lies in a folder of which the image is made, and none that does gets into it', () => {
    const files = Object.values(COMPOSE.secrets).map(({ file }) => /^\$\{UNRIP_SECRETS:-([^}]+)\}\//.exec(file)?.[1]);
    const copied = named('COPY').filter((line) => !line.startsWith('--from'));
    const folders = copied.flatMap((line) => line.split(' ').slice(0, -1));
    for (const file of files) {
      const [top] = relative(CHECKOUT, join(CHECKOUT, 'ops', file ?? '')).split('/');
      expect([top, folders.includes(top ?? '')]).toEqual(['.unrip', false]);
    }
    const last = instructions.findLastIndex((line) => line.startsWith('COPY') && !line.startsWith('COPY --from'));
    const search = /^RUN test -z "(\$\(find [^)]*\))"$/.exec(instructions[last + 1] ?? '')?.[1] ?? '';
    for (const name of Object.keys(COMPOSE.secrets)) {
      using dir = tempDir('image');
      const found = () =>
        Bun.spawnSync(['sh', '-c', `echo ${search}`], { cwd: dir.path })
          .stdout.toString()
          .trim();
      expect(found()).toBe('');
      mkdirSync(join(dir.path, 'ops/secrets'), { recursive: true });
      writeFileSync(join(dir.path, 'ops/secrets', name), 'secret');
      expect(found()).toContain(name);
    }
  });

  test('the engine keeps its state, has time for its drain, and comes before the rest', () => {
    const engine = COMPOSE.services['engine'];
    expect(engine?.volumes).toContain('engine-state:/var/lib/unrip');
    expect(Object.keys(COMPOSE.volumes)).toContain('engine-state');
    expect(engine?.stop_grace_period).toBe('30s');
    const others = Object.entries(COMPOSE.services).filter(([name]) => name !== 'engine');
    for (const [, { cpu_shares: shares = 1024 }] of others) expect(shares).toBeLessThan(engine?.cpu_shares ?? 0);
    expect(engine?.ulimits).toEqual({ rtprio: 1 });
    for (const [, { ulimits = {} }] of others) expect(ulimits).not.toHaveProperty('rtprio');
  });
});

describe('the health check', () => {
  test.each([
    ['a process that turns its loop', '', 200, 0],
    ['one whose state is inside of a volume of root', 'unrip', 200, 0],
    ['one that answers that it is stalled', '', 503, 1],
    ['one that is not there yet', '', null, 1],
  ] as const)('of %s', async (_name, inside, status, code) => {
    using dir = tempDir('health');
    const bun = join(dir.path, 'cache/bun-1');
    const state = join(dir.path, 'state', inside);
    for (const path of [bun, state]) mkdirSync(path, { recursive: true });
    symlinkSync(process.execPath, join(bun, 'bun'));
    // What processes keep there as well, in the order in which it is looked at.
    writeFileSync(join(state, 'alerts.json'), '{"version":1,"details":{"url":"http://127.0.0.1:9"}}');
    writeFileSync(join(state, 'funding-observer-eth-100.json'), `{"pid":1,"padding":"${'x'.repeat(2_000_000)}"}`);
    const answer = (request: Request) =>
      new Response('', { status: new URL(request.url).pathname === '/livez' ? (status ?? 500) : 500 });
    await using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });
    if (status !== null) {
      writeFileSync(join(state, 'history-writer.json'), `{"pid":1,"url":"http://0.0.0.0:${server.port}"}\n`);
    }
    const child = Bun.spawn(['sh', join(import.meta.dir, 'container/health.sh')], {
      env: { ...toolEnvironment(), STATE_DIR: join(dir.path, 'state'), UNRIP_CACHE: join(dir.path, 'cache') },
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    expect(await child.exited).toBe(code);
  });
});
