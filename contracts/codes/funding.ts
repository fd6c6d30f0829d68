// The closed lists of ops.funding_observation: how far a transfer to a deposit address is, and who saw it. One sentence each; they
// are published with the schema. Whatever the status, an observation never makes anything spendable: the verifier's balance does.

export const FUNDING_STATUS_TEXT = {
  seen: 'the transaction is known, and no block contains it yet',
  confirming: 'a block contains it, with fewer confirmations than required',
  confirmed: 'it has the required confirmations, and the bridge has not credited it',
  delayed: 'confirmation or credit takes longer than its usual time; `reason_code` says which',
  stuck: 'confirmation or credit takes so long that a person has to look into it; `reason_code` says which',
  reorganised: 'its block is no longer part of the chain; its confirmations count from 0 again',
  dropped: 'the observer no longer knows it, and no replacement is known; it can be seen again',
  replaced: 'another transaction, `replaced_by_tx_hash`, spends the same inputs',
  credited: 'the bridge has credited it',
  failed: 'the bridge reports it as failed; `credited` can still follow',
} as const;

export const FUNDING_SOURCE_TEXT = {
  btc_observer: 'the API at BTC_OBSERVER_URL',
  gnosis_rpc: 'the nodes at GNOSIS_RPC_URL',
  poa_bridge: 'the bridge at POA_BRIDGE_URL, which saw the transfer before an observer did',
  omni_bridge: 'the Omni bridge, which saw the transfer before an observer did',
} as const;

/** The bridges into the verifier. */
export const BRIDGE_TEXT = {
  poa: 'the POA bridge, which credits `*.omft.near`',
  omni: 'the Omni bridge, which credits `nbtc.bridge.near`',
} as const;
