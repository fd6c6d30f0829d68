// Every process that has a command is deployed in every way that there is: what a new one lacks is named here.

import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, COMPOSE, containerOf, K3S, listOf, MANIFESTS, nameOf, workload } from './manifests.fixture.ts';
import { BUILT, READS } from './processes.fixture.ts';

const read = (...path: readonly string[]): string => readFileSync(join(import.meta.dir, ...path), 'utf8');
const { resources } = Bun.YAML.parse(readFileSync(join(K3S, 'base/kustomization.yaml'), 'utf8')) as {
  readonly resources: readonly string[];
};

test('there are processes, and it is known what each of them reads', () => {
  expect(BUILT).toContain('engine');
  expect(BUILT.length).toBeGreaterThanOrEqual(4);
  expect(BUILT.filter((name) => READS[name] === undefined)).toEqual([]);
});

test('the example configuration of Prometheus scrapes nothing but them', () => {
  const scraped = [...read('monitoring/prometheus.yml').matchAll(/- 127\.0\.0\.1:70\d\d # (.*)$/gm)].map(
    ([, name]) => name,
  );
  expect(scraped.sort()).toEqual([...BUILT].sort());
});

describe.each(BUILT.map((name) => [name]))('%s', (name) => {
  const { fallback } = Object.values(READS[name] ?? {}).find((variable) => variable.name === 'CONTROL_PORT') ?? {};
  const port = Number(fallback);

  test('has a unit of systemd', () => {
    expect(existsSync(join(import.meta.dir, `systemd/unrip-${name}.service`))).toBe(true);
  });

  test('has a manifest for k3s, in the base, and is reached, alive and ready at its port', () => {
    expect(resources).toContain(`${name}.yaml`);
    expect(MANIFESTS.find(({ document }) => document === workload(`unrip-${name}`))?.file).toBe(`base/${name}.yaml`);
    const container = containerOf(workload(`unrip-${name}`));
    expect(container['args']).toEqual([name]);
    expect(container['ports']).toEqual([{ name: 'control', containerPort: port }]);
    for (const [probe, path] of [
      ['startupProbe', '/livez'],
      ['livenessProbe', '/livez'],
      ['readinessProbe', '/healthz'],
    ] as const)
      expect([probe, at(container, probe, 'httpGet')]).toEqual([probe, { path, port: 'control' }]);
    const service = MANIFESTS.find(
      ({ document }) => document['kind'] === 'Service' && nameOf(document) === `unrip-${name}`,
    )?.document;
    expect(at(service, 'spec', 'selector')).toEqual({ 'app.kubernetes.io/name': `unrip-${name}` });
    expect(listOf(at(service, 'spec', 'ports'))).toEqual([{ name: 'control', port, targetPort: 'control' }]);
    // One that is not ready is the one that has to be asked why, disarmed, or frozen.
    expect(at(service, 'spec', 'publishNotReadyAddresses')).toBe(true);
  });

  test('has a service in the compose file, with a volume for its state, that is reached from this machine alone', () => {
    const service = COMPOSE.services[name];
    expect(service?.command).toEqual([name]);
    expect(service?.environment?.['CONTROL_HOST']).toBe('0.0.0.0');
    expect(service?.ports).toEqual([`127.0.0.1:${port}:${port}`]);
    expect(service?.volumes).toEqual([`${name}-state:${service?.environment?.['STATE_DIR']}`]);
    expect(Object.keys(COMPOSE.volumes)).toContain(`${name}-state`);
  });

  test('is scraped by the example configuration of Prometheus', () => {
    expect(read('monitoring/prometheus.yml')).toContain(`- 127.0.0.1:${port} # ${name}\n`);
  });
});
