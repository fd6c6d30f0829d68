import { afterEach, describe, expect, test } from 'bun:test';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { otherView, startTestNode, type TestNode } from '../../contracts/runtime/near/node.fixture.ts';
import { createSigner } from '../../engine/executor/sign.ts';
import { privateKeyIn, throwAwayKey } from '../harness/key.ts';
import { startWorld, type World } from '../sim/world.ts';
import { type TempDir, tempDir } from '../testing/temp-dir.ts';
import { keys, parse } from './keys.ts';

const ACCOUNT = 'maker.sim.near';

describe('the arguments', () => {
  const key = `ed25519:${'2'.repeat(43)}`;
  test.each([
    [['show'], { kind: 'show' }],
    [['new', 'f', '--account', 'a.near'], { kind: 'new', file: 'f', account: 'a.near' }],
    [['register'], { kind: 'change', change: 'add_public_key', publicKey: null, send: false }],
    [['register', key, '--send'], { change: 'add_public_key', publicKey: key, send: true }],
    [['remove', key, '--signer-file', 'f'], { change: 'remove_public_key', publicKey: key, signerFile: 'f' }],
  ])('%p are taken', (args, wanted) => {
    expect(parse(args)).toMatchObject(wanted);
  });

  test.each([
    [[], 'expected new, show, list, register or remove'],
    [['make'], 'expected new, show, list, register or remove, not make'],
    [['new'], 'new needs the name of a file'],
    [['remove'], 'remove needs the public key that is to be removed'],
    [['register', 'ed25519:0OIl'], 'ed25519:0OIl is not ed25519: and base58 of 32 bytes'],
    [['show', '--send'], '--send and --signer-file belong to register and remove'],
    [['list', 'x'], 'list takes no argument'],
    [['register', key, 'x'], 'x is one argument too many'],
    [['register', '--account', 'a.near'], '--account belongs to new'],
  ])('%p are refused', (args, wanted) => {
    expect(parse(args)).toBe(wanted);
  });
});

type Rig = {
  readonly world: World;
  readonly node: TestNode;
  readonly temp: TempDir;
  readonly env: Record<string, string>;
};
let rig: Rig | null = null;
afterEach(async () => {
  await rig?.node.close();
  await rig?.world.close();
  rig?.temp.remove();
  rig = null;
});

/** An account whose own key is known to chain and verifier, and a node in front of them. */
function open() {
  const temp = tempDir('keys');
  const own = throwAwayKey(join(temp.path, 'own.json'), ACCOUNT);
  const world = startWorld({ account: { accountId: ACCOUNT, publicKey: own.publicKey } });
  const node = startTestNode(world.chain);
  const env: Record<string, string> = { NEAR_ACCOUNT_ID: ACCOUNT, NEAR_KEY_FILE: own.file, NEAR_RPC_URL: node.url };
  rig = { world, node, temp, env };
  const run = async (...args: string[]) => {
    let out = '';
    let err = '';
    const shell = {
      env,
      directory: temp.path,
      out: (text: string) => {
        out += text;
      },
      err: (text: string) => {
        err += text;
      },
    };
    const code = await keys(args, shell);
    return { code, out, err };
  };
  return { world, node, env, own, dir: temp.path, run };
}

describe('a new key', () => {
  test('is in a file of its owner alone, that the engine takes, and its private half is not shown', async () => {
    const { run, dir } = open();
    const file = join(dir, 'new.json');
    const { code, out } = await run('new', file, '--account', 'other.near');
    expect(code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const made = createSigner(readFileSync(file, 'utf8'));
    expect(made).toMatchObject({ ok: true, accountId: 'other.near' });
    expect(out).toContain(made.ok ? made.signer.publicKey : 'no key');
    expect(out).not.toContain(privateKeyIn(file).slice(8));
  });

  test('is never written over a file, nor where there is no directory', async () => {
    const { run, dir } = open();
    const file = join(dir, 'there');
    writeFileSync(file, 'precious');
    expect(await run('new', file)).toMatchObject({ code: 1, err: expect.stringContaining('exists') });
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect(await run('new', join(dir, 'no', 'key'))).toMatchObject({ code: 1, err: expect.stringContaining('mkdir') });
  });
});

describe('at the verifier', () => {
  test('a registration is shown, and sent only with --send', async () => {
    const { run, env, own, dir, world } = open();
    const quotes = throwAwayKey(join(dir, 'quotes.json'), ACCOUNT);
    env['NEAR_KEY_FILE'] = quotes.file;
    const args = ['register', '--signer-file', own.file];
    const shown = await run(...args);
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(shown.out).toContain(`add_public_key {"public_key":"${quotes.publicKey}"}`);
    expect(shown.out).toContain(`signed by  ${own.publicKey}`);
    expect(shown.out).toContain('nothing was sent');
    expect((await run('list')).out).toBe(`${own.publicKey}\n`);

    const sent = await run(...args, '--send');
    expect(sent).toMatchObject({ code: 0, err: '' });
    expect(sent.out).toContain('is registered: a final block shows it');
    expect((await run('list')).out.split('\n').sort()).toEqual(['', own.publicKey, quotes.publicKey].sort());
    expect(await run(...args, '--send')).toMatchObject({ code: 0, out: expect.stringContaining('registered already') });

    expect(await run('remove', quotes.publicKey, '--signer-file', own.file, '--send')).toMatchObject({ code: 0 });
    expect((await run('list')).out).toBe(`${own.publicKey}\n`);
    const hash = /hash {7}(\S+)/.exec(sent.out)?.[1] ?? '';
    expect(world.chain.transaction(hash)).toMatchObject({ signerId: ACCOUNT, methodName: 'add_public_key' });
    expect(shown.out + sent.out).not.toContain(privateKeyIn(own.file).slice(8));
  });

  test('a key that is no access key of the account cannot sign it', async () => {
    const { run, env, dir } = open();
    env['NEAR_KEY_FILE'] = throwAwayKey(join(dir, 'quotes.json'), ACCOUNT).file;
    expect(await run('register', '--send')).toMatchObject({ code: 1, err: expect.stringContaining('--signer-file') });
  });

  test('a key for function calls cannot sign it, since nothing can be attached with one', async () => {
    const { run, env, dir, own, node } = open();
    env['NEAR_KEY_FILE'] = throwAwayKey(join(dir, 'quotes.json'), ACCOUNT).file;
    node.lie((asked, truth) =>
      asked.params['request_type'] === 'view_access_key'
        ? { ...truth, result: { ...(truth['result'] as object), permission: { FunctionCall: {} } } }
        : truth,
    );
    const refused = await run('register', '--signer-file', own.file, '--send');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('no_full_access') });
    expect(node.count('send_tx')).toBe(0);
  });

  test('nothing is sent to an endpoint of another network', async () => {
    const { run, node } = open();
    node.lie((asked, truth) => (asked.method === 'status' ? { ...truth, result: { chain_id: 'testnet' } } : truth));
    expect(await run('list')).toMatchObject({ code: 1, err: expect.stringContaining('is on testnet, not on mainnet') });
  });

  test('one of two endpoints that calls a key removed is not believed', async () => {
    const { run, env, own, node, world } = open();
    const other = startTestNode(world.chain);
    try {
      node.lie(otherView('has_public_key', () => false));
      env['NEAR_RPC_URL'] = `${node.url},${other.url}`;
      const said = await run('remove', own.publicKey, '--send');
      expect(said).toMatchObject({ code: 1, out: '', err: expect.stringContaining('endpoints_differ') });
      // One that does not answer is not asked for its word.
    } finally {
      await other.close();
    }
  });

  test('what a node cannot say of a key is no answer', async () => {
    const { run, node } = open();
    node.lie(otherView('has_public_key', () => 'perhaps'));
    expect(await run('register')).toMatchObject({ code: 1, err: expect.stringContaining('neither true nor false') });
  });

  test('lists every key that the verifier has, the last of many too, and what steers a terminal as text', async () => {
    const { run, node } = open();
    const many = Array.from({ length: 250 }, (_, at) => `ed25519:${at}`);
    node.lie(otherView('public_keys_of', () => [...many, 'ed25519:\u001b[2Jlast']));
    const { out } = await run('list');
    expect(out.trim().split('\n')).toEqual([...many, 'ed25519:\\u001b[2Jlast']);
  });

  test('shows account and public key without asking anybody', async () => {
    const { run, own, node } = open();
    expect(await run('show')).toEqual({
      code: 0,
      out: `account     ${ACCOUNT}\npublic key  ${own.publicKey}\n`,
      err: '',
    });
    expect(node.total()).toBe(0);
  });

  test('a key file that others can read is refused', async () => {
    const { run, dir, own } = open();
    const file = join(dir, 'open');
    writeFileSync(file, readFileSync(own.file), { mode: 0o644 });
    expect(await run('register', '--signer-file', file)).toMatchObject({
      code: 78,
      err: expect.stringContaining('open to others'),
    });
  });
});
