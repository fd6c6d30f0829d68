import { expect, test } from 'bun:test';
import { leftOut } from './features.ts';

test.each([
  ['gzip,ssl,sasl_scram,sasl_gssapi,oidc', ['zstd (libzstd-dev)']],
  ['gzip,zstd,sasl_gssapi,oidc,sasl_plain', ['TLS (libssl-dev)', 'SCRAM (libssl-dev)']],
  ['gzip,ssl,sasl_scram,zstd,sasl_gssapi,oidc', []],
])('%s lacks %p', (features, lacking) => {
  expect(leftOut(features)).toEqual(lacking);
});
