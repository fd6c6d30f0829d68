import { expect, test } from 'bun:test';
import { DECLARED_NAMES } from '../../contracts/config/declared.ts';
import { run } from './run.ts';
import { toolEnvironment } from './tool-environment.ts';

test('nothing that the project reads is handed on, nor what nobody listed', () => {
  const others = [
    'AWS_SECRET_ACCESS_KEY',
    'GITHUB_TOKEN',
    'PGPASSWORD',
    'SSH_AUTH_SOCK',
    'npm_package_name',
    'LD_PRELOAD',
    'BUN_CONFIG_NO_VERIFY',
    'BUN_CONFIG_SKIP_LOAD_LOCKFILE',
    'BUN_INSTALL_CACHE_DIR',
  ];
  const given = Object.fromEntries([...DECLARED_NAMES, ...others].map((name) => [name, 'hunter2']));
  expect(Object.keys(toolEnvironment({}, given))).toEqual(['UNRIP_CACHE']);
});

test('what programs need to run and to reach their registries is', () => {
  const needed = {
    PATH: '/bin',
    HOME: '/root',
    LC_ALL: 'C',
    https_proxy: 'http://proxy:3128',
    NO_PROXY: 'localhost',
    npm_config_registry: 'https://npm.example',
    NPM_CONFIG_USERCONFIG: '/etc/npmrc',
    BUN_CONFIG_REGISTRY: 'https://npm.example',
    NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
    MAVEN_OPTS: '-Xmx1g',
    CXX: 'clang++',
  };
  expect(toolEnvironment({ DEBIAN_FRONTEND: 'noninteractive' }, needed)).toEqual({
    ...needed,
    DEBIAN_FRONTEND: 'noninteractive',
  });
});

test('a tool that is run sees no secret of this process', async () => {
  process.env['NEAR_PRIVATE_KEY'] = 'hunter2-hunter2';
  try {
    const seen = await run(['env'], { limitMs: 10_000 });
    expect(seen).toContain('PATH=');
    expect(seen).not.toContain('hunter2');
  } finally {
    delete process.env['NEAR_PRIVATE_KEY'];
  }
});
