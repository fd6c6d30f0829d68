// The POA bridge's JSON-RPC over bridge.ts, on a real HTTP socket. `amount` goes out as a JSON number with all its
// digits, as the real one sends it, errors are bare strings as its client expects them, and
// the documentation's forms of errors and of a withdrawal's status are faults.

import { POA_WITHDRAWALS_NOT_FOUND } from '../../../contracts/wire/poa-bridge.ts';
import { type HttpFaults, httpFaults } from '../esplora/faults.ts';
import { answerRpc, type RpcOutcome, type RpcRequest, rpcResult } from '../gnosis/json-rpc.ts';
import type { Bridge } from './bridge.ts';
import type { Deposit } from './deposits.ts';
import { type TokenFacts, tokenOf } from './tokens.ts';
import type { Withdrawal } from './withdrawals.ts';

export type PoaBridgeSim = {
  readonly url: string;
  readonly bridge: Bridge;
  readonly faults: HttpFaults & {
    /** Errors come as an object, which the production client does not take. */
    objectErrors(on: boolean): void;
    /** `withdrawal_status` comes as one object, as the documentation shows it. */
    singleStatus(on: boolean): void;
    /** Nothing is paid out until it is called with false. */
    holdWithdrawals(on: boolean): void;
  };
  requests(): number;
  close(): Promise<void>;
};

type Params = Readonly<Record<string, unknown>>;
type Reply = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly message: string };

const PAGE = { usual: 20, most: 100 };

const result = (value: unknown): Reply => ({ ok: true, result: value });
const refusal = (message: string): Reply => ({ ok: false, message });
const textOf = (params: Params, name: string): string => {
  const value = params[name];
  return typeof value === 'string' ? value : '';
};
const isoOf = (ms: number): string => new Date(ms).toISOString();

function depositOf(bridge: Bridge, deposit: Deposit, token: TokenFacts): object {
  return {
    tx_hash: bridge.showsTxHash(deposit.chain) ? deposit.txHash : null,
    mint_tx_hash: deposit.mintTxHash,
    chain: deposit.chain,
    defuse_asset_identifier: token.bridgeId,
    near_token_id: token.nearTokenId,
    decimals: token.decimals,
    amount: deposit.units,
    account_id: deposit.accountId,
    address: deposit.address,
    status: deposit.status,
    created_at: isoOf(deposit.createdAtMs),
    from: deposit.from,
  };
}

const statusOf = ({ rejected, transferTxHash }: Withdrawal): string =>
  rejected ? 'REJECTED' : transferTxHash === null ? 'PENDING' : 'COMPLETED';

function factsOf({ token, units, ...withdrawal }: Withdrawal): object {
  return {
    tx_hash: withdrawal.burnTxHash,
    transfer_tx_hash: withdrawal.transferTxHash,
    chain: token.chain,
    defuse_asset_identifier: token.bridgeId,
    near_token_id: token.nearTokenId,
    decimals: token.decimals,
    amount: units,
    account_id: withdrawal.accountId,
    address: withdrawal.address,
  };
}

/** As the production client declares it. */
function withdrawalOf(withdrawal: Withdrawal): object {
  return {
    status: statusOf(withdrawal),
    data: { ...factsOf(withdrawal), created: isoOf(withdrawal.createdAtMs) },
  };
}

/** As the documentation has it: another name of the time, what the fee leaves, and the address of the token. */
function documentedWithdrawalOf(withdrawal: Withdrawal): object {
  const { token, units, createdAtMs } = withdrawal;
  return {
    status: statusOf(withdrawal),
    data: {
      ...factsOf(withdrawal),
      address: token.tokenAddress,
      created_at: isoOf(createdAtMs),
      withdrawal_fee: token.withdrawalFeeUnits.toString(),
      withdraw_amount: (units - token.withdrawalFeeUnits).toString(),
    },
  };
}

function supportedTokens({ tokens }: Bridge, { chains }: Params): Reply {
  const wanted = Array.isArray(chains) ? tokens.filter((token) => chains.includes(token.chain)) : tokens;
  return result({ tokens: wanted.map(tokenOf) });
}

function depositAddress(bridge: Bridge, params: Params): Reply {
  const [accountId, chain] = [textOf(params, 'account_id'), textOf(params, 'chain')];
  if (accountId === '') return refusal('account_id is missing');
  const address = bridge.depositAddress(accountId, chain);
  return address === null ? refusal(`Unsupported chain: ${chain}`) : result({ address, chain });
}

function count(value: unknown, usual: number, most: number): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? Math.min(value, most) : usual;
}

function recentDeposits(bridge: Bridge, params: Params): Reply {
  const [chain, status] = [textOf(params, 'chain'), textOf(params, 'status')];
  const limit = count(params['limit'], PAGE.usual, PAGE.most);
  const offset = count(params['offset'], 0, Number.MAX_SAFE_INTEGER);
  const all = bridge
    .deposits()
    .filter(
      (deposit) =>
        deposit.accountId === textOf(params, 'account_id') &&
        (chain === '' || deposit.chain === chain) &&
        (status === '' || deposit.status === status),
    );
  const deposits = all.slice(offset, offset + limit).flatMap((deposit) => {
    const token = bridge.tokenOn(deposit.chain);
    return token === undefined ? [] : [depositOf(bridge, deposit, token)];
  });
  return result({ deposits, total: all.length, limit, offset });
}

function withdrawalEstimate({ tokens }: Bridge, params: Params): Reply {
  const token = tokens.find(
    (each) => each.chain === textOf(params, 'chain') && each.nearTokenId === textOf(params, 'token'),
  );
  if (token === undefined) return refusal(`Unsupported token: ${textOf(params, 'token')}`);
  return result({
    tokenAddress: token.tokenAddress,
    userAddress: textOf(params, 'address'),
    withdrawalFee: token.withdrawalFeeUnits.toString(),
    withdrawalFeeDecimals: token.decimals,
    token: tokenOf(token),
  });
}

function withdrawalStatus(bridge: Bridge, params: Params, isSingle: boolean): Reply {
  const found = bridge.withdrawalsOf(textOf(params, 'withdrawal_hash'));
  const [first] = found;
  if (first === undefined) return refusal(POA_WITHDRAWALS_NOT_FOUND);
  return result(isSingle ? documentedWithdrawalOf(first) : { withdrawals: found.map(withdrawalOf) });
}

function recentWithdrawals(bridge: Bridge, params: Params): Reply {
  const chain = textOf(params, 'chain');
  const own = bridge
    .withdrawals()
    .filter((each) => each.accountId === textOf(params, 'account_id') && (chain === '' || each.token.chain === chain));
  return result({ withdrawals: own.map(documentedWithdrawalOf) });
}

export function startPoaBridgeSim(options: { readonly bridge: Bridge; readonly port?: number }): PoaBridgeSim {
  const { bridge } = options;
  const faults = httpFaults();
  let isObjectError = false;
  let isSingleStatus = false;
  let requests = 0;

  function replyTo(method: string, params: Params): Reply {
    switch (method) {
      case 'supported_tokens':
        return supportedTokens(bridge, params);
      case 'deposit_address':
        return depositAddress(bridge, params);
      case 'recent_deposits':
        return recentDeposits(bridge, params);
      case 'withdrawal_estimate':
        return withdrawalEstimate(bridge, params);
      case 'withdrawal_status':
        return withdrawalStatus(bridge, params, isSingleStatus);
      case 'recent_withdrawals':
        return recentWithdrawals(bridge, params);
      case 'notify_deposit':
        bridge.lookAround();
        return result({});
      default:
        return refusal(`Method not found: ${method}`);
    }
  }

  function call({ method, params }: RpcRequest): RpcOutcome {
    const first = params[0];
    const named = typeof first === 'object' && first !== null ? (first as Params) : {};
    const reply = replyTo(method, named);
    if (reply.ok) return rpcResult(reply.result);
    return { ok: false, error: isObjectError ? { code: 0, message: reply.message } : reply.message };
  }

  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: options.port ?? 0,
    fetch(request) {
      requests += 1;
      if (new URL(request.url).pathname !== '/rpc') return new Response('Not Found', { status: 404 });
      return faults.take() ?? answerRpc(request, call);
    },
  });

  return {
    url: `http://127.0.0.1:${server.port}/rpc`,
    bridge,
    faults: {
      ...faults,
      objectErrors(on) {
        isObjectError = on;
      },
      singleStatus(on) {
        isSingleStatus = on;
      },
      holdWithdrawals: bridge.holdWithdrawals,
    },
    requests: () => requests,
    async close() {
      bridge.close();
      await server.stop(true);
    },
  };
}
