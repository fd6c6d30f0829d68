// The compose file cannot be run here; what must not drift from the stack without containers is compared.

import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from './directory.ts';
import { KAFKA_VERSION } from './kafka-programs.ts';

type Compose = { services: Record<string, { image: string; ports: string[]; healthcheck: { test: string } }> };

test('the same Kafka, ports on loopback only, a healthcheck each, no password in the file', () => {
  const text = readFileSync(join(CHECKOUT, 'ops/compose.yaml'), 'utf8');
  const { services } = Bun.YAML.parse(text) as Compose;
  expect(Object.keys(services)).toEqual(['kafka', 'postgres']);
  expect(services['kafka']?.image).toBe(`apache/kafka:${KAFKA_VERSION}`);
  for (const { ports, healthcheck } of Object.values(services)) {
    for (const port of ports) expect(port).toStartWith('127.0.0.1:');
    expect(healthcheck.test.length).toBeGreaterThan(0);
  }
  expect(text).toContain('POSTGRES_PASSWORD: $' + '{POSTGRES_PASSWORD:?');
});
