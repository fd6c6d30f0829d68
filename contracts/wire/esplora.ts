// Esplora's HTTP interface to Bitcoin, as far as deposits are watched through it. Amounts are satoshi as JSON integers,
// always below 2^53. Tip height, tip hash and the hash at a height come as plain text; so do errors. Pure.

import { type Static, Type } from '@sinclair/typebox';

/** Transactions that a page of confirmed ones, and the list of unconfirmed ones, holds at most. */
export const ESPLORA_PAGE = { confirmed: 25, mempool: 50 } as const;

const Satoshi = Type.Integer({ minimum: 0 });

export const EsploraStatus = Type.Union([
  Type.Object({
    confirmed: Type.Literal(true),
    block_height: Type.Integer({ minimum: 0 }),
    block_hash: Type.String(),
    block_time: Type.Integer({ minimum: 0 }),
  }),
  Type.Object({ confirmed: Type.Literal(false) }),
]);
export type EsploraStatus = Static<typeof EsploraStatus>;

/** `scriptpubkey_address` is absent where a script has no address. */
export const EsploraOutput = Type.Object({
  scriptpubkey: Type.String(),
  scriptpubkey_asm: Type.Optional(Type.String()),
  scriptpubkey_type: Type.String(),
  scriptpubkey_address: Type.Optional(Type.String()),
  value: Satoshi,
});
export type EsploraOutput = Static<typeof EsploraOutput>;

const EsploraInput = Type.Object({
  txid: Type.String(),
  vout: Type.Integer({ minimum: 0 }),
  is_coinbase: Type.Boolean(),
  scriptsig: Type.String(),
  scriptsig_asm: Type.Optional(Type.String()),
  sequence: Type.Integer({ minimum: 0 }),
  witness: Type.Optional(Type.Array(Type.String())),
  prevout: Type.Union([EsploraOutput, Type.Null()]),
});

export const EsploraTx = Type.Object({
  txid: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  version: Type.Integer(),
  locktime: Type.Integer(),
  size: Type.Integer(),
  weight: Type.Integer(),
  fee: Satoshi,
  vin: Type.Array(EsploraInput),
  vout: Type.Array(EsploraOutput),
  status: EsploraStatus,
});
export type EsploraTx = Static<typeof EsploraTx>;

const AddressStats = Type.Object({
  tx_count: Type.Integer(),
  funded_txo_count: Type.Integer(),
  funded_txo_sum: Satoshi,
  spent_txo_count: Type.Integer(),
  spent_txo_sum: Satoshi,
});

export const EsploraAddress = Type.Object({
  address: Type.String(),
  chain_stats: AddressStats,
  mempool_stats: AddressStats,
});
export type EsploraAddress = Static<typeof EsploraAddress>;

export const EsploraOutspend = Type.Union([
  Type.Object({
    spent: Type.Literal(true),
    txid: Type.String(),
    vin: Type.Integer({ minimum: 0 }),
    status: EsploraStatus,
  }),
  Type.Object({ spent: Type.Literal(false) }),
]);
export type EsploraOutspend = Static<typeof EsploraOutspend>;

export const EsploraUtxo = Type.Object({
  txid: Type.String(),
  vout: Type.Integer({ minimum: 0 }),
  value: Satoshi,
  status: EsploraStatus,
});
export type EsploraUtxo = Static<typeof EsploraUtxo>;

export const EsploraBlockStatus = Type.Object({
  in_best_chain: Type.Boolean(),
  height: Type.Optional(Type.Integer()),
  next_best: Type.Optional(Type.String()),
});
export type EsploraBlockStatus = Static<typeof EsploraBlockStatus>;
