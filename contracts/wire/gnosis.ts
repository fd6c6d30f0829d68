// Gnosis JSON-RPC, as far as EURe transfers are watched through it: block heads, logs, and one call for the decimals.
// Quantities are hex without leading zeros, data and topics are hex of whole bytes, addresses in lower case. Pure.

import { type Static, Type } from '@sinclair/typebox';

export const GNOSIS_CHAIN_ID = 100;

/** EURe of the second generation; the first is another contract with events of its own. */
export const EURE_CONTRACT = '0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430';

/** First topic of an ERC-20 `Transfer(address,address,uint256)`. */
export const TRANSFER_TOPIC = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';

/** Call data of `decimals()`. */
export const DECIMALS_CALL = '0x313ce567';

const Quantity = Type.String({ pattern: '^0x(0|[1-9a-f][0-9a-f]*)$' });
const Hash = Type.String({ pattern: '^0x[0-9a-f]{64}$' });
const Address = Type.String({ pattern: '^0x[0-9a-fA-F]{40}$' });

export const EthReply = Type.Object({
  jsonrpc: Type.Literal('2.0'),
  id: Type.Union([Type.Number(), Type.String(), Type.Null()]),
  result: Type.Optional(Type.Unknown()),
  error: Type.Optional(
    Type.Object({ code: Type.Integer(), message: Type.String(), data: Type.Optional(Type.Unknown()) }),
  ),
});
export type EthReply = Static<typeof EthReply>;

/** A block as far as it is read; `eth_getBlockByNumber` answers `null` for one that is not there. */
export const EthBlock = Type.Object({ number: Quantity, hash: Hash, parentHash: Hash, timestamp: Quantity });
export type EthBlock = Static<typeof EthBlock>;

/** `data` of a transfer is the amount as uint256; `topics` hold the event, sender and receiver, padded to 32 bytes. */
export const EthLog = Type.Object({
  address: Address,
  topics: Type.Array(Hash),
  data: Type.String({ pattern: '^0x([0-9a-f]{2})*$' }),
  blockNumber: Quantity,
  blockHash: Hash,
  transactionHash: Hash,
  transactionIndex: Quantity,
  logIndex: Quantity,
  removed: Type.Boolean(),
});
export type EthLog = Static<typeof EthLog>;

/** Filter of `eth_getLogs`: both ends inclusive; a `null` topic matches anything, a list any of its items. */
export const EthLogFilter = Type.Object({
  address: Type.Optional(Type.Union([Address, Type.Array(Address)])),
  fromBlock: Type.Optional(Type.String()),
  toBlock: Type.Optional(Type.String()),
  blockHash: Type.Optional(Hash),
  topics: Type.Optional(Type.Array(Type.Union([Hash, Type.Null(), Type.Array(Hash)]))),
});
export type EthLogFilter = Static<typeof EthLogFilter>;
