// The compose file cannot be run here; what must not drift from the stack without containers is compared.

import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from './directory.ts';
import { KAFKA_VERSION } from './kafka/programs.ts';

type Compose = {
  services: Record<string, { image: string; ports?: string[]; healthcheck?: { test: string }; volumes: string[] }>;
  configs: { passwords: { content: string } };
};

test('the same Kafka, ports on loopback only, a healthcheck each, no password in the file', () => {
  const text = readFileSync(join(CHECKOUT, 'ops/compose.yaml'), 'utf8');
  const { services } = Bun.YAML.parse(text) as Compose;
  expect(Object.keys(services).slice(0, 2)).toEqual(['kafka', 'postgres']);
  expect(services['kafka']?.image).toBe(`apache/kafka:${KAFKA_VERSION}`);
  for (const { ports = [] } of Object.values(services)) {
    for (const port of ports) expect(port).toStartWith('127.0.0.1:');
  }
  for (const name of ['kafka', 'postgres']) expect(services[name]?.healthcheck?.test).toMatch(/./);
  for (const name of ['POSTGRES', 'UNRIP_OWNER', 'UNRIP_WRITER', 'UNRIP_READER'])
    expect(text).toContain(`${name}_PASSWORD: $` + `{${name}_PASSWORD:?`);
});

test('the roles of the database are made with it, each with a password of its own', () => {
  const { services, configs } = Bun.YAML.parse(readFileSync(join(CHECKOUT, 'ops/compose.yaml'), 'utf8')) as Compose;
  const mounted = services['postgres']?.volumes.map((volume) => volume.split(':')[0]) ?? [];
  expect(mounted).toContain('../sql/roles.sql');
  const roles = readFileSync(join(CHECKOUT, 'sql/roles.sql'), 'utf8').match(/'unrip_[a-z]+'(?=[,\]])/g) ?? [];
  expect(roles).toHaveLength(3);
  for (const role of roles) expect(configs.passwords.content).toContain(`ALTER ROLE ${role.slice(1, -1)} PASSWORD :`);
});
