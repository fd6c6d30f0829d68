// What went wrong with a connection, for people: Bun's own words for it name neither the host nor a remedy.

/** By the code of the system or the resolver: what it means, and what to do. */
const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; start it, or correct the address',
  ENOTFOUND: 'no such host name; check its spelling and the DNS',
  EAI_AGAIN: 'the name could not be resolved now; check the DNS',
  ECONNRESET: 'it closed the connection; see its log',
  EHOSTUNREACH: 'no route to it; check the address and the network',
  ENETUNREACH: 'no route to it; check the address and the network',
  ETIMEDOUT: 'it does not answer; check the address, the network and firewalls',
  CERT_HAS_EXPIRED: 'its certificate has expired; renew it there, or set the clock of this machine',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; set the clock of this machine',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is signed by nobody that this machine trusts; name its CA in NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN:
    'a proxy or an unknown CA signed its certificate; name that CA in NODE_EXTRA_CA_CERTS if it is yours',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the CA of its certificate is not known here; install ca-certificates',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it does not send the certificate of its CA; correct the server',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host; correct the address',
};

/** `cannot reach HOST: CODE (what it means, and what to do)`. */
export function cannotReach(host: string, code: string): string {
  const cause = CAUSES[code];
  return `cannot reach ${host}: ${code}${cause === undefined ? '' : ` (${cause})`}`;
}

/** The sentence for an error of `fetch`; null for other errors. Names the host, never a path or a query. */
export function connectionProblem(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || !('path' in error)) return null;
  const { code, path } = error;
  if (typeof code !== 'string' || typeof path !== 'string' || !URL.canParse(path)) return null;
  return cannotReach(new URL(path).host, code);
}
