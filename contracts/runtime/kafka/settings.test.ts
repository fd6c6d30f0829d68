import { describe, expect, test } from 'bun:test';
import { checkKafkaSettings, kafkaSecrets, mergeSettings } from './settings.ts';

describe('checkKafkaSettings', () => {
  test('passes what a user needs for TLS and SASL', () => {
    const settings = {
      'security.protocol': 'sasl_ssl',
      'sasl.username': 'u',
      'enable.ssl.certificate.verification': false,
    };
    expect(checkKafkaSettings(settings)).toEqual({ ok: true, settings });
  });

  test.each([
    ['bootstrap.servers', 'KAFKA_BROKERS'],
    ['message.timeout.ms', 'order'],
    ['enable.auto.commit', 'committed'],
    ['auto.offset.reset', 'passed over'],
    ['rebalance_cb', 'callbacks'],
  ])('refuses %s and says why', (name, why) => {
    const result = checkKafkaSettings({ [name]: 'x' });
    expect(result).toMatchObject({ ok: false });
    expect(result.ok ? '' : result.reason).toContain(name);
    expect(result.ok ? '' : result.reason).toContain(why);
  });

  test.each([[null], ['text'], [[]], [{ 'a.b': {} }], [{ 'a.b': null }]])('refuses %p', (value) => {
    expect(checkKafkaSettings(value)).toMatchObject({ ok: false });
  });
});

describe('mergeSettings', () => {
  test('lets the user win over defaults, and nobody over what is fixed', () => {
    expect(mergeSettings({ 'linger.ms': 1, 'a.b': 2 }, { 'linger.ms': 5 }, { 'client.id': 'x' })).toEqual({
      'linger.ms': '5',
      'a.b': '2',
      'client.id': 'x',
    });
    expect(() => mergeSettings({}, { acks: 0 }, {})).toThrow('acks');
  });
});

test('passwords, keys and what holds them are known as secrets, and nothing else is', () => {
  const secrets = {
    'sasl.password': 'a',
    'ssl.key.password': 'b',
    'ssl.keystore.password': 'c',
    'ssl.key.pem': 'd',
    'sasl.oauthbearer.client.secret': 'e',
    'sasl.oauthbearer.config': 'f',
    'sasl.oauthbearer.assertion.private.key.pem': 'g',
    'sasl.oauthbearer.assertion.private.key.passphrase': 'h',
    'sasl.jaas.config': 'i',
  };
  const others = { 'security.protocol': 'sasl_ssl', 'sasl.username': 'u', 'ssl.ca.location': '/ca', 'linger.ms': 5 };
  expect([...kafkaSecrets({ ...others, ...secrets })].sort()).toEqual(Object.values(secrets));
  expect(kafkaSecrets({ 'sasl.password': '' })).toEqual([]);
});
