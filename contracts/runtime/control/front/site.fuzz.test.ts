import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { longRuns } from '../../../../ops/testing/bounded.ts';
import { FUZZ, mutatedText } from '../../../../ops/testing/mutated.ts';
import { createSitePolicy, isLoopback, parseAuthority } from './site.ts';

const HOSTS = ['localhost:7070', '127.0.0.1', '[::1]:7070', '[::ffff:127.0.0.1]', 'engine.example.:443', 'EXAMPLE'];
const ORIGINS = HOSTS.flatMap((host) => [`http://${host}`, `https://${host}`]);
const VERDICTS = ['ours', 'host_malformed', 'foreign_host', 'foreign_origin'];

test('any host and origin get a verdict, and a foreign origin is never ours', () => {
  const policies = ['127.0.0.1', '0.0.0.0', '::', 'engine.example'].map(createSitePolicy);
  fc.assert(
    fc.property(fc.option(mutatedText(HOSTS)), fc.option(mutatedText(ORIGINS)), (host, origin) => {
      const authority = host === null ? null : parseAuthority(host);
      if (authority !== null) {
        expect(authority.host).not.toMatch(/[\s/?#@[\]]/);
        expect(authority.port === null || (authority.port >= 0 && authority.port <= 65_535)).toBe(true);
      }
      for (const policy of policies) {
        expect(VERDICTS).toContain(policy.judge(host, origin));
        if (origin !== null) expect(policy.judge(host, `${origin}.evil.example`)).not.toBe('ours');
      }
      if (host !== null) expect(typeof isLoopback(host)).toBe('boolean');
    }),
    FUZZ,
  );
});

test('long texts take little time, whatever they repeat', () => {
  const policy = createSitePolicy('engine.example');
  for (const text of longRuns(16_000, ['', '[', 'http://', 'https://a'], ['', ']', ':1', '\0'])) {
    expect(VERDICTS).toContain(policy.judge(text, text));
  }
});
