// The manifests of k3s: nothing in them runs as root or with a writable root, secrets come by reference, variables are those that the
// project reads; and each folder renders, where kubectl is installed.

import { describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DECLARED_NAMES, SECRET_NAMES } from '../../contracts/config/declared.ts';
import { version } from '../../package.json';
import { toolEnvironment } from '../stack/tool-environment.ts';
import { tempDir } from '../testing/temp-dir.ts';
import {
  at,
  containerOf,
  documentsIn,
  type Fields,
  K3S,
  listOf,
  MANIFESTS,
  nameOf,
  podOf,
  templateOf,
  variablesOf,
  WORKLOADS,
  workload,
} from './manifests.fixture.ts';

const LIMIT_MS = 60_000;

describe.each(WORKLOADS.map(({ name, document }) => [name, document] as const))('%s', (_name, document) => {
  const pod = podOf(document);
  const container = containerOf(document);

  test('needs neither root nor a writable root, and has no way to either', () => {
    expect(at(pod, 'securityContext')).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(at(container, 'securityContext')).toEqual({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    expect(at(pod, 'automountServiceAccountToken')).toBe(false);
  });

  test('reads variables that exist, and secrets from files alone', () => {
    const names = listOf(container['env']).map(({ name }) => String(name));
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !DECLARED_NAMES.includes(name))).toEqual([]);
    expect(names.filter((name) => SECRET_NAMES.has(name))).toEqual([]);
    const secrets = listOf(at(pod, 'volumes')).flatMap(({ secret, projected }) => secret ?? projected ?? []);
    // Readable by the group that the pod runs with, and by nobody else.
    expect(secrets.map((secret) => at(secret, 'defaultMode'))).toEqual([0o440]);
  });

  test('each volume that is mounted exists, and each that exists is mounted', () => {
    const mounted = listOf(container['volumeMounts']).map(({ name }) => name);
    expect(mounted).toEqual(listOf(at(pod, 'volumes')).map(({ name }) => name));
  });

  // Volumes of Kubernetes, emptyDir and those of k3s among them, can have a root that everybody may write (0777): as a state directory
  // that is refused. A directory inside is the process's own.
  test('keeps its state in a directory of its own inside of the volume', () => {
    const stateDir = listOf(container['env']).find(({ name }) => name === 'STATE_DIR')?.['value'];
    const mount = listOf(container['volumeMounts']).find(({ name }) => name === 'state');
    expect(stateDir).toBe(mount === undefined ? undefined : `${mount['mountPath']}/unrip`);
  });

  test('has the time for its drain', () => {
    if (document['kind'] === 'Deployment')
      expect(Number(at(pod, 'terminationGracePeriodSeconds'))).toBeGreaterThanOrEqual(24);
  });
});

describe('what is kept', () => {
  const claims = MANIFESTS.filter(({ document }) => document['kind'] === 'PersistentVolumeClaim');

  test.each(claims.map(({ document }) => [nameOf(document), document] as const))(
    '%s belongs to one process at a time, stays when the rest is removed, and its files stay closed',
    (name, claim) => {
      expect(at(claim, 'metadata', 'annotations')).toMatchObject({
        'argocd.argoproj.io/sync-options': 'Prune=false',
        'helm.sh/resource-policy': 'keep',
      });
      const owners = WORKLOADS.filter(({ document }) =>
        listOf(at(podOf(document), 'volumes')).some(
          (volume) => at(volume, 'persistentVolumeClaim', 'claimName') === name,
        ),
      );
      expect(owners).toHaveLength(1);
      const [owner] = owners;
      expect(at(owner?.document, 'spec', 'strategy', 'type')).toBe('Recreate');
      // Otherwise Kubernetes opens every file to the group at each start, and a token that others can read is refused.
      expect(at(podOf(owner?.document ?? {}), 'securityContext', 'fsGroupChangePolicy')).toBe('OnRootMismatch');
    },
  );

  test('the engine and the liquidity-manager have a volume that stays', () => {
    const names = claims.map(({ document }) => nameOf(document));
    for (const name of ['unrip-engine-state', 'unrip-liquidity-manager-state']) expect(names).toContain(name);
  });

  test('of one machine stays when claims or the namespace are removed', () => {
    const [made] = MANIFESTS.filter(({ document }) => document['kind'] === 'StorageClass');
    expect(made?.document).toMatchObject({ provisioner: 'rancher.io/local-path', reclaimPolicy: 'Retain' });
    const overlay = Bun.YAML.parse(readFileSync(join(K3S, 'overlays/single-node/kustomization.yaml'), 'utf8'));
    expect(at(overlay, 'resources')).toEqual(['../../base', 'storage-class.yaml']);
    const patches = listOf(at(overlay, 'patches')).filter(
      ({ target }) => at(target, 'kind') === 'PersistentVolumeClaim',
    );
    // Every claim, by its kind alone.
    expect(patches.map(({ target }) => target)).toEqual([{ kind: 'PersistentVolumeClaim' }]);
    const steps = listOf(Bun.YAML.parse(String(patches[0]?.['patch'])));
    expect(steps.find(({ path }) => path === '/spec/storageClassName')?.['value']).toBe(nameOf(made?.document ?? {}));
  });
});

test('the engine comes before all other processes, which have a quota', () => {
  const deployments = WORKLOADS.filter(({ document }) => document['kind'] === 'Deployment');
  for (const { name, document } of deployments) {
    const isEngine = /^unrip-engine(?:-standby)?$/.test(name);
    expect([name, at(podOf(document), 'priorityClassName')]).toEqual([name, isEngine ? 'unrip-engine' : undefined]);
    expect([name, at(containerOf(document), 'resources', 'limits', 'cpu') === undefined]).toEqual([name, isEngine]);
    expect(at(containerOf(document), 'resources', 'limits', 'memory')).toBeDefined();
  }
});

test('the network lets the liquidity-manager call the engine, and everybody names, the venue, Kafka and PostgreSQL', () => {
  const policy = MANIFESTS.find(({ document }) => document['kind'] === 'NetworkPolicy')?.document;
  const rules = listOf(at(policy, 'spec', 'egress'));
  const portsTo = (selector: string | null) =>
    rules
      .filter(({ to }) => (selector === null ? to === undefined : JSON.stringify(to ?? null).includes(selector)))
      .flatMap(({ ports }) => listOf(ports).map(({ port }) => port));
  const { port } = new URL(variablesOf(workload('unrip-liquidity-manager')).get('ENGINE_CONTROL_URL') ?? '');
  expect(portsTo('"app.kubernetes.io/name":"unrip-engine"')).toEqual([Number(port)]);
  expect(portsTo('kube-system')).toEqual([53, 53]);
  expect(portsTo('0.0.0.0/0')).toEqual([443]);
  expect(portsTo(null)).toEqual([9092, 9093, 5432]);
});

test('the document speaks of the image that the manifests name', () => {
  const document = readFileSync(join(K3S, 'README.md'), 'utf8');
  expect(new Set(document.match(/\bunrip:\d[\w.-]*/g))).toEqual(new Set([`unrip:${version}`]));
});

test('topics of an earlier version, which have other settings, do not keep an upgrade waiting', () => {
  expect(containerOf(workload('unrip-topics'))['args']).toEqual(['topics', '--allow-drift']);
});

test('the doctor runs when it is asked to, and only then', () => {
  expect(at(workload('unrip-doctor'), 'spec')).toMatchObject({
    suspend: true,
    jobTemplate: { spec: { backoffLimit: 0 } },
  });
});

describe('the engine', () => {
  const engine = workload('unrip-engine');

  test('never runs twice, and keeps its state on a volume of its own', () => {
    expect(at(engine, 'spec', 'replicas')).toBe(1);
    expect(at(engine, 'spec', 'strategy', 'type')).toBe('Recreate');
    const mounts = listOf(containerOf(engine)['volumeMounts']);
    expect(mounts.find(({ name }) => name === 'state')?.['mountPath']).toBe('/var/lib/unrip/executor-state');
  });

  test('is not ended while the thread of its control API is replaced', () => {
    const probe = at(containerOf(engine), 'livenessProbe');
    const secondsBeforeLast = Number(at(probe, 'periodSeconds')) * (Number(at(probe, 'failureThreshold')) - 1);
    expect(secondsBeforeLast).toBeGreaterThanOrEqual(20);
  });

  test('the standby differs in name, volume and replicas alone, and is off', () => {
    const standby = workload('unrip-engine-standby');
    expect(at(standby, 'spec', 'replicas')).toBe(0);
    const same = JSON.parse(
      JSON.stringify(standby)
        .replaceAll('unrip-engine-standby', 'unrip-engine')
        .replace('"replicas":0', '"replicas":1'),
    ) as Fields;
    expect(same).toEqual(engine);
  });
});

const OF_THE_CLUSTER: ReadonlySet<unknown> = new Set(['PriorityClass', 'StorageClass']);
const kubectl = Bun.which('kubectl');
const validate = Bun.which('kubernetes-validate');

function run(command: readonly string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], {
    env: toolEnvironment(),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
}

describe.if(kubectl !== null)('as kubectl renders them', () => {
  test.each([['base'], ['jobs'], ['overlays/single-node'], ['overlays/active-standby']])(
    '%s',
    (folder) => {
      const rendered = run([kubectl ?? '', 'kustomize', join(K3S, folder)]);
      expect([rendered.code, rendered.err]).toEqual([0, '']);
      const documents = documentsIn(rendered.out);
      expect(documents.length).toBeGreaterThan(1);
      const namespaced = documents.filter(({ kind }) => !OF_THE_CLUSTER.has(kind));
      expect(namespaced.map((document) => at(document, 'metadata', 'namespace'))).toEqual(
        namespaced.map(() => 'unrip'),
      );
      const withPods = documents.filter((document) => listOf(at(podOf(document), 'containers')).length > 0);
      expect(withPods.length).toBeGreaterThan(1);
      for (const document of withPods) {
        expect(containerOf(document)['image']).toBe(`unrip:${version}`);
        // Every pod is under the policy of the network.
        expect(at(templateOf(document), 'metadata', 'labels')).toMatchObject({ 'app.kubernetes.io/part-of': 'unrip' });
      }
    },
    LIMIT_MS,
  );

  test.if(validate !== null)(
    'and they are valid by the schemas of Kubernetes',
    () => {
      for (const folder of ['jobs', 'overlays/single-node', 'overlays/active-standby']) {
        using dir = tempDir('k3s');
        const file = join(dir.path, 'rendered.yaml');
        writeFileSync(file, run([kubectl ?? '', 'kustomize', join(K3S, folder)]).out);
        const judged = run([validate ?? '', '--strict', '--quiet', file]);
        expect([folder, judged.code, judged.code === 0 ? '' : judged.out + judged.err]).toEqual([folder, 0, '']);
      }
    },
    LIMIT_MS,
  );
});
