// The views of the Omni bridge's Bitcoin connector. Pure.

import { OMNI_CONNECTOR } from '../../../contracts/wire/omni-bridge.ts';
import { addressOf, orderOf } from '../omni-bridge/address.ts';
import { MIN_DEPOSIT_SATS } from '../omni-bridge/deposits.ts';
import { accepted, type Parsed, refused } from '../verifier/text/parsed.ts';
import { METHOD_NOT_FOUND } from './views.ts';

export const isConnector = (accountId: string): boolean => accountId === OMNI_CONNECTOR;

export function callConnector(method: string, args: unknown): Parsed<unknown> {
  switch (method) {
    case 'get_config':
      return accepted({ min_deposit_amount: String(MIN_DEPOSIT_SATS), confirmations_strategy: {} });
    case 'get_user_deposit_address': {
      const message: unknown = typeof args === 'object' && args !== null ? Reflect.get(args, 'deposit_msg') : undefined;
      const order = orderOf(message);
      return order === null
        ? refused('Failed to deserialize input from JSON.: missing field `deposit_msg`')
        : accepted(addressOf(order));
    }
    default:
      return refused(METHOD_NOT_FOUND);
  }
}
