// Full bodies of blocks and transactions as a NEAR node gives them. Roots, signatures and gas are placeholders: nothing is
// proved or charged here, and a block has one chunk. Pure but for the chain it reads.
import type { Block } from '../chain/blocks.ts';
import type { SimChain } from '../chain/chain.ts';
import type { Transaction } from '../chain/transaction.ts';

export const PROTOCOL_VERSION = 80;
export const GAS_PRICE = '100000000';
const NO_HASH = '1'.repeat(32);
const NO_SIGNATURE = `ed25519:${'1'.repeat(64)}`;
const NO_KEY = `ed25519:${NO_HASH}`;
const GAS_LIMIT = 1_000_000_000_000_000;
const GAS_OF_CALL = 30_000_000_000_000;
const NO_ARGUMENTS = Buffer.from('{}').toString('base64');

function chunkBody({ hash, height, previousHash }: Block): object {
  return {
    chunk_hash: hash,
    prev_block_hash: previousHash,
    outcome_root: NO_HASH,
    prev_state_root: previousHash,
    encoded_merkle_root: NO_HASH,
    encoded_length: 8,
    height_created: height,
    height_included: height,
    shard_id: 0,
    gas_used: 0,
    gas_limit: GAS_LIMIT,
    rent_paid: '0',
    validator_reward: '0',
    balance_burnt: '0',
    outgoing_receipts_root: NO_HASH,
    tx_root: NO_HASH,
    validator_proposals: [],
    signature: NO_SIGNATURE,
  };
}

export function blockBody(block: Block, final: Block): object {
  const { height, hash, previousHash, timestampNs } = block;
  const header = {
    height,
    prev_height: height - 1,
    hash,
    prev_hash: previousHash,
    // Above 2^53, so this field loses digits wherever it is read as a number: the text next to it does not.
    timestamp: Number(timestampNs),
    timestamp_nanosec: String(timestampNs),
    epoch_id: NO_HASH,
    next_epoch_id: NO_HASH,
    next_bp_hash: NO_HASH,
    last_final_block: final.hash,
    last_ds_final_block: final.hash,
    block_ordinal: height,
    prev_state_root: previousHash,
    block_body_hash: NO_HASH,
    block_merkle_root: NO_HASH,
    challenges_root: NO_HASH,
    challenges_result: [],
    chunk_headers_root: NO_HASH,
    chunk_mask: [true],
    chunk_receipts_root: NO_HASH,
    chunk_tx_root: NO_HASH,
    chunks_included: 1,
    outcome_root: NO_HASH,
    random_value: hash,
    gas_price: GAS_PRICE,
    rent_paid: '0',
    validator_reward: '0',
    validator_proposals: [],
    total_supply: '1000000000000000000000000000000000',
    approvals: [NO_SIGNATURE],
    signature: NO_SIGNATURE,
    latest_protocol_version: PROTOCOL_VERSION,
  };
  return { author: 'sim.poolv1.near', header, chunks: [chunkBody(block)] };
}

/** The call without its arguments, which the chain does not keep. */
const actionsOf = ({ methodName }: Transaction) => [
  { FunctionCall: { method_name: methodName, args: NO_ARGUMENTS, gas: GAS_OF_CALL, deposit: '0' } },
];

function statusOf(error: string | undefined): object {
  if (error === undefined) return { SuccessValue: '' };
  const kind = { FunctionCallError: { ExecutionError: `Smart contract panicked: ${error}` } };
  return { Failure: { ActionError: { index: 0, kind } } };
}

/** What `tx` gives of a transaction that is in a block. */
export function transactionBody(chain: SimChain, transaction: Transaction) {
  const { hash, receiptId, signerId, receiverId, error, logs, height } = transaction;
  const common = { block_hash: chain.block(height)?.hash ?? NO_HASH, proof: [] };
  const cost = { gas_burnt: 0, tokens_burnt: '0', metadata: { version: 3, gas_profile: null } };
  const sent = { executor_id: signerId, logs: [], receipt_ids: [receiptId], status: { SuccessReceiptId: receiptId } };
  const ran = { executor_id: receiverId, logs, receipt_ids: [], status: statusOf(error) };
  return {
    final_execution_status: chain.blockAt('final').height >= height ? 'FINAL' : 'EXECUTED_OPTIMISTIC',
    status: statusOf(error),
    transaction: {
      hash,
      signer_id: signerId,
      public_key: NO_KEY,
      nonce: height,
      receiver_id: receiverId,
      actions: actionsOf(transaction),
      priority_fee: 0,
      signature: NO_SIGNATURE,
    },
    transaction_outcome: { id: hash, ...common, outcome: { ...sent, ...cost } },
    receipts_outcome: [{ id: receiptId, ...common, outcome: { ...ran, ...cost } }],
  };
}

/** What `EXPERIMENTAL_tx_status` gives: its receipts, too. */
export function transactionWithReceipts(chain: SimChain, transaction: Transaction) {
  const { receiptId, signerId, receiverId } = transaction;
  const action = {
    signer_id: signerId,
    signer_public_key: NO_KEY,
    gas_price: GAS_PRICE,
    output_data_receivers: [],
    input_data_ids: [],
    actions: actionsOf(transaction),
    is_promise_yield: false,
  };
  const receipt = {
    predecessor_id: signerId,
    receiver_id: receiverId,
    receipt_id: receiptId,
    receipt: { Action: action },
    priority: 0,
  };
  return { ...transactionBody(chain, transaction), receipts: [receipt] };
}
