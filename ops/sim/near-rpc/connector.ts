// The views of the Omni bridge on NEAR: of its Bitcoin connector, and of its own account. Pure but for the chain that they read.

import { OMNI_ACCOUNT, OMNI_CONNECTOR } from '../../../contracts/wire/omni-bridge.ts';
import type { SimChain } from '../chain/chain.ts';
import { addressOf, orderOf } from '../omni-bridge/address.ts';
import { MIN_DEPOSIT_SATS } from '../omni-bridge/deposits.ts';
import { accepted, type Parsed, refused } from '../verifier/text/parsed.ts';
import { METHOD_NOT_FOUND } from './views.ts';

export const isOfOmni = (accountId: string): boolean => accountId === OMNI_CONNECTOR || accountId === OMNI_ACCOUNT;

type View = { readonly accountId: string; readonly method: string; readonly args: unknown };

/** A view of either account. */
export const callOmni = (chain: SimChain, { accountId, method, args }: View): Parsed<unknown> =>
  accountId === OMNI_CONNECTOR ? callConnector(method, args) : callAccount(chain, method, args);

const missing = (field: string): Parsed<unknown> =>
  refused(`Failed to deserialize input from JSON.: missing field \`${field}\``);

const fieldOf = (args: unknown, name: string): unknown =>
  typeof args === 'object' && args !== null ? Reflect.get(args, name) : undefined;

function callConnector(method: string, args: unknown): Parsed<unknown> {
  switch (method) {
    case 'get_config':
      return accepted({ min_deposit_amount: String(MIN_DEPOSIT_SATS), confirmations_strategy: {} });
    case 'get_user_deposit_address': {
      const order = orderOf(fieldOf(args, 'deposit_msg'));
      return order === null ? missing('deposit_msg') : accepted(addressOf(order));
    }
    default:
      return refused(METHOD_NOT_FOUND);
  }
}

/** The verifier alone has paid for storage there. */
function callAccount(chain: SimChain, method: string, args: unknown): Parsed<unknown> {
  if (method !== 'storage_balance_of') return refused(METHOD_NOT_FOUND);
  const accountId = fieldOf(args, 'account_id');
  if (typeof accountId !== 'string') return missing('account_id');
  if (accountId !== chain.state().contractId) return accepted(null);
  const available = String(chain.omniStorage.availableYocto);
  return accepted({ total: available, available });
}
