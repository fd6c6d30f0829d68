// What a build of librdkafka may lack, and which package would have brought it. Pure.

const OPTIONAL: readonly { readonly feature: string; readonly what: string; readonly from: string }[] = [
  { feature: 'ssl', what: 'TLS', from: 'libssl-dev' },
  { feature: 'sasl_scram', what: 'SCRAM', from: 'libssl-dev' },
  { feature: 'gzip', what: 'gzip', from: 'zlib1g-dev' },
  { feature: 'zstd', what: 'zstd', from: 'libzstd-dev' },
  { feature: 'sasl_gssapi', what: 'Kerberos', from: 'libsasl2-dev' },
  { feature: 'oidc', what: 'OIDC', from: 'libcurl4-openssl-dev' },
];

/** Capabilities that are not in librdkafka's comma separated list of features, each with the Debian package for it. */
export function leftOut(features: string): string[] {
  const present = new Set(features.split(','));
  return OPTIONAL.filter(({ feature }) => !present.has(feature)).map(({ what, from }) => `${what} (${from})`);
}
