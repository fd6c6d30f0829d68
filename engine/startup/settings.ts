// The engine's configuration beyond single variables: checks across two of them, and the key. All problems are reported at once,
// by name and with the fix; the process then ends with 78.

import { eurE18, pctE4, renderScaled } from '../../contracts/amounts.ts';
import type { Pair } from '../../contracts/assets.ts';
import { ENGINE_VARIABLES, type EngineConfig } from '../../contracts/config/engine.ts';
import { type ConfigCheck, loadConfig, type Origin } from '../../contracts/runtime/config/load.ts';
import type { ConfigProblem } from '../../contracts/runtime/config/problem.ts';
import { checkKafkaSettings, type KafkaSettings, kafkaSecrets } from '../../contracts/runtime/kafka/settings.ts';
import { shownValue } from '../../contracts/runtime/log/redact.ts';
import { kafkaProblem } from '../../contracts/runtime/process/kafka-problem.ts';
import { createSigner, type Signer } from '../executor/sign.ts';
import type { Limits } from '../model/values.ts';
import type { BreakerLimits } from '../safety/breaker/breaker.ts';

export type Settings = {
  readonly config: EngineConfig;
  /** The assets that are traded. */
  readonly pair: Pair;
  readonly kafka: KafkaSettings;
  readonly signer: Signer;
  /** Texts that may appear nowhere: the log takes them out of every line. */
  readonly secrets: readonly string[];
};

export type SettingsResult =
  | { readonly ok: true; readonly settings: Settings; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[]; readonly warnings: readonly string[] };

type Env = Readonly<Record<string, string | undefined>>;

const KEY_SHAPE = 'ed25519: and base58 of 64 bytes, or a NEAR credentials JSON in a file';

const edgeCheck: ConfigCheck<typeof ENGINE_VARIABLES> = ({ config }) => {
  const { minEdgePctE4, targetEdgePctE4 } = config;
  if (minEdgePctE4 === undefined || targetEdgePctE4 === undefined || targetEdgePctE4 === null) return [];
  if (targetEdgePctE4 >= minEdgePctE4) return [];
  return [
    {
      variable: 'STRATEGY_TARGET_EDGE_PCT',
      problem: 'is below STRATEGY_MIN_EDGE_PCT: every quote would be rejected with edge_below_min',
      shape: null,
      fix: 'raise it at least to STRATEGY_MIN_EDGE_PCT, or remove it to quote at the minimum edge.',
    },
  ];
};

const inventoryAgeCheck: ConfigCheck<typeof ENGINE_VARIABLES> = ({ config }) => {
  const { inventoryMaxAgeMs, inventoryPollMs } = config;
  if (inventoryMaxAgeMs === undefined || inventoryPollMs === undefined) return [];
  if (inventoryMaxAgeMs >= 2 * inventoryPollMs) return [];
  return [
    {
      variable: 'INVENTORY_MAX_AGE_MS',
      problem: `is ${inventoryMaxAgeMs}, less than twice INVENTORY_POLL_MS (${inventoryPollMs}): the balance would be too old before the next one can be read`,
      shape: 'at least twice INVENTORY_POLL_MS; more where nodes are slow',
      fix: `raise INVENTORY_MAX_AGE_MS to ${2 * inventoryPollMs} or more, or lower INVENTORY_POLL_MS.`,
    },
  ];
};

const keyCheck: ConfigCheck<typeof ENGINE_VARIABLES> = ({ config }) => {
  if (config.privateKey !== null) return [];
  return [
    {
      variable: 'NEAR_KEY_FILE',
      problem: 'and NEAR_PRIVATE_KEY are not set: nothing could be signed',
      shape: KEY_SHAPE,
      fix: 'set NEAR_KEY_FILE to a file that contains the key and that only its owner can read (chmod 600).',
    },
  ];
};

/** A fraction where a percentage is asked for: 0.02 is a fiftieth of a percent. */
const SMALL_EDGE_PCT_E4 = 1000n;

function smallEdge({ minEdgePctE4 }: EngineConfig): string[] {
  if (minEdgePctE4 >= SMALL_EDGE_PCT_E4) return [];
  const text = renderScaled(minEdgePctE4, 4);
  return [`STRATEGY_MIN_EDGE_PCT is ${text} percent: quotes may earn almost nothing; for two percent set 2`];
}

/** A quote larger than what may be filled in a minute is never signed. */
function smallBreaker({ maxNotionalEurE18, breakerMinuteE18 }: EngineConfig): string[] {
  if (maxNotionalEurE18 <= breakerMinuteE18) return [];
  const [notional, minute] = [maxNotionalEurE18, breakerMinuteE18].map((value) => renderScaled(value, 18, 2));
  return [
    `STRATEGY_MAX_NOTIONAL_EUR is ${notional}, but MAX_FILLED_EUR_PER_MIN is ${minute}: larger quotes are refused with breaker_minute`,
  ];
}

/** Allowed, since the verifier knows keys and not who made them; most often a file or an account was mixed up. */
function otherAccount(ofKey: string | null, account: string, variable: string): string[] {
  if (ofKey === null || ofKey === account) return [];
  return [
    `${variable} has a key of the account ${shownValue(ofKey)}, but NEAR_ACCOUNT_ID is ${shownValue(account)}: nothing is signed unless the verifier lists the key for that account`,
  ];
}

/** @param directory where `.env` is looked for; null: nowhere */
export function loadSettings(env: Env, directory: string | null): SettingsResult {
  const loaded = loadConfig(ENGINE_VARIABLES, {
    env,
    directory,
    checks: [edgeCheck, inventoryAgeCheck, keyCheck],
  });
  if (!loaded.ok) return loaded;
  const { config } = loaded;
  const warnings = [...loaded.warnings, ...smallEdge(config), ...smallBreaker(config)];
  const problems: ConfigProblem[] = [];

  const kafka = checkKafkaSettings(config.kafkaConfig);
  if (!kafka.ok) {
    problems.push(kafkaProblem(kafka.reason));
  }
  const key = keyOf(config.privateKey ?? '', loaded.originOf('privateKey'));
  if ('problem' in key) problems.push(key.problem);
  if (!kafka.ok || 'problem' in key) return { ok: false, problems, warnings };
  warnings.push(...otherAccount(key.accountId, config.account, loaded.originOf('privateKey').name));

  const given = [config.relayApiKey, config.coingeckoApiKey, config.controlToken];
  const secrets = [...keysIn(key.text), ...given, ...kafkaSecrets(kafka.settings)].filter(
    (secret): secret is string => secret !== null && secret !== '',
  );
  const pair = { btc: config.btcAsset, eure: config.eureAsset };
  return { ok: true, settings: { config, pair, kafka: kafka.settings, signer: key.signer, secrets }, warnings };
}

/** A credentials JSON as a whole is in no log line; the keys in it might be. */
function keysIn(text: string): readonly string[] {
  return text.match(/(?:ed25519:)?[1-9A-HJ-NP-Za-km-z]{64,}/g) ?? [];
}

type Key = { readonly signer: Signer; readonly accountId: string | null; readonly text: string };

function keyOf(text: string, origin: Origin): Key | { readonly problem: ConfigProblem } {
  const made = createSigner(text);
  if (made.ok) return { signer: made.signer, accountId: made.accountId, text };
  return {
    problem: {
      variable: origin.name,
      problem: `${origin.fromFile ? 'names a file whose content ' : ''}${made.problem}`,
      shape: KEY_SHAPE,
      fix: 'use the key that is registered in the verifier for NEAR_ACCOUNT_ID.',
    },
  };
}

/** Of the circuit breaker: only a start changes them. */
export const breakerLimits = (config: EngineConfig): BreakerLimits => ({
  minuteE18: config.breakerMinuteE18,
  dayE18: config.breakerDayE18,
  failuresInRow: config.breakerFailures,
});

/** The limits that the process starts with; the minimum edge and the maximum notional can be changed while it runs. */
export function startingLimits(config: EngineConfig): Limits {
  return {
    minEdgePctE4: pctE4(config.minEdgePctE4),
    targetEdgePctE4: pctE4(config.targetEdgePctE4 ?? config.minEdgePctE4),
    skewPctE4: pctE4(config.skewPctE4),
    maxNotionalEurE18: eurE18(config.maxNotionalEurE18),
    maxDivergencePctE4: pctE4(config.maxDivergencePctE4),
    maxBasisDeviationPctE4: pctE4(config.maxBasisDeviationPctE4),
    journalMaxSyncLagMs: config.journalMaxSyncLagMs,
    quotesLiveMax: config.quotesLiveMax,
    maxFilledMinuteEurE18: eurE18(config.breakerMinuteE18),
    maxFilledDayEurE18: eurE18(config.breakerDayE18),
    maxConsecutiveFailures: config.breakerFailures,
    inventoryMaxAgeMs: config.inventoryMaxAgeMs,
    quoteLifetimeMaxMs: config.quoteLifetimeMaxMs,
    partners: config.relayPartners,
  };
}
