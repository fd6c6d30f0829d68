// The manifests of k3s and the compose file, as the tests of the deployment read them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';

export const K3S = join(import.meta.dir, 'k3s');

export type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
export const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);
/** What lies at a path of names. */
export const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inside, name) => fieldsOf(inside)[name], value);

export const documentsIn = (text: string): readonly Fields[] =>
  text
    .split(/^---$/m)
    .map((part) => fieldsOf(Bun.YAML.parse(part)))
    .filter(({ kind }) => kind !== undefined);

/** Every manifest; the files of kustomize itself aside. */
export const MANIFESTS: readonly { readonly file: string; readonly document: Fields }[] = [
  ...new Bun.Glob('**/*.yaml').scanSync({ cwd: K3S }),
]
  .filter((file) => !file.endsWith('kustomization.yaml'))
  .sort()
  .flatMap((file) => documentsIn(readFileSync(join(K3S, file), 'utf8')).map((document) => ({ file, document })));

export const nameOf = (document: Fields): string => String(at(document, 'metadata', 'name'));

const WITH_PODS: ReadonlySet<unknown> = new Set(['Deployment', 'Job', 'CronJob']);
export const WORKLOADS: readonly { readonly name: string; readonly document: Fields }[] = MANIFESTS.filter(
  ({ document }) => WITH_PODS.has(document['kind']),
).map(({ document }) => ({ name: nameOf(document), document }));
export const workload = (name: string): Fields => WORKLOADS.find((each) => each.name === name)?.document ?? {};

export const templateOf = (document: Fields): unknown =>
  at(document['kind'] === 'CronJob' ? at(document, 'spec', 'jobTemplate') : document, 'spec', 'template');
export const podOf = (document: Fields): unknown => at(templateOf(document), 'spec');
export const containerOf = (document: Fields): Fields => listOf(at(podOf(document), 'containers'))[0] ?? {};

/** Variables that a workload sets by itself, with their values. */
export const variablesOf = (document: Fields): ReadonlyMap<string, string> =>
  new Map(listOf(containerOf(document)['env']).map(({ name, value }) => [String(name), String(value)]));

/** Secrets that a pod mounts, each with the keys that it takes of it; null: all. */
export const secretsOf = (
  document: Fields,
): readonly { readonly name: string; readonly keys: readonly string[] | null }[] =>
  listOf(at(podOf(document), 'volumes'))
    .flatMap((volume) => [volume, ...listOf(at(volume, 'projected', 'sources'))])
    .flatMap(({ secret }) => {
      if (secret === undefined) return [];
      const items = at(secret, 'items');
      const name = String(at(secret, 'secretName') ?? at(secret, 'name'));
      return [{ name, keys: items === undefined ? null : listOf(items).map(({ key }) => String(key)) }];
    });

/** What a container of the compose file is. */
type ComposeService = {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  /** null: as where compose is called. */
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly secrets?: readonly string[];
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly cpu_shares?: number;
  readonly ulimits?: Readonly<Record<string, number>>;
  readonly mem_limit?: string;
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly volumes?: readonly string[];
};

export const COMPOSE = Bun.YAML.parse(readFileSync(join(CHECKOUT, 'ops/compose.yaml'), 'utf8')) as {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, null>>;
};
