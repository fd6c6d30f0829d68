// The secrets that this process was given in its environment, to be taken out of what it writes on the screen.

import { SECRET_NAMES } from '../../contracts/config/declared.ts';
import { parseDatabaseUrl } from '../../contracts/database-url.ts';
import { readJson, SMALL_JSON } from '../../contracts/json.ts';
import { checkKafkaSettings, kafkaSecrets } from '../../contracts/runtime/kafka/settings.ts';

/** The values themselves, and what is secret inside of database URLs and Kafka settings. Total. */
export function knownSecrets(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const values = [...SECRET_NAMES].map((name) => env[name]?.trim() ?? '').filter((value) => value !== '');
  return [...values, ...values.flatMap(passwordsOf), ...values.flatMap(kafkaSecretsOf)];
}

function passwordsOf(value: string): readonly string[] {
  const url = parseDatabaseUrl(value);
  const password = url.ok ? url.value.password : null;
  return password === null || password === '' ? [] : [password, encodeURIComponent(password)];
}

function kafkaSecretsOf(value: string): readonly string[] {
  const read = readJson(value, SMALL_JSON);
  const settings = read.ok ? checkKafkaSettings(read.value) : null;
  return settings?.ok === true ? kafkaSecrets(settings.settings) : [];
}
