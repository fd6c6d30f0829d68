// Which withdrawals to an outside chain a transaction asks the bridge for: the token contract burns what is withdrawn to
// itself with the address in the memo. Any other receiver or memo is a plain transfer on NEAR. Pure.

export type Burn = {
  readonly accountId: string;
  /** Contract of the token on NEAR. */
  readonly nearToken: string;
  readonly units: bigint;
  readonly address: string;
};

const EVENT_PREFIX = 'EVENT_JSON:';
const MEMO_PREFIX = 'WITHDRAW_TO:';

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function withdrawalsOf(line: string): readonly unknown[] {
  if (!line.startsWith(EVENT_PREFIX)) return [];
  // The chain's own log lines are always JSON.
  const event = fieldsOf(JSON.parse(line.slice(EVENT_PREFIX.length)));
  const { data } = event;
  return event['standard'] === 'dip4' && event['event'] === 'ft_withdraw' && Array.isArray(data) ? data : [];
}

/** The burns in the logs of a transaction, in their order. */
export function burnsIn(logs: readonly string[]): readonly Burn[] {
  return logs.flatMap(withdrawalsOf).flatMap((value) => {
    const { account_id: accountId, token, receiver_id: receiverId, amount, memo } = fieldsOf(value);
    if (receiverId !== token || !textOf(memo).startsWith(MEMO_PREFIX)) return [];
    const address = textOf(memo).slice(MEMO_PREFIX.length);
    return [{ accountId: textOf(accountId), nearToken: textOf(token), units: BigInt(textOf(amount)), address }];
  });
}
