// The two tokens that the bridge stand-in serves, with minima and fees. Pure. The figures for BTC are those of a public
// test fixture, those for EURe are made up; a client has to ask for them either way.

import { BTC, EURE } from '../../../contracts/assets.ts';
import { EURE_CONTRACT } from '../../../contracts/wire/gnosis.ts';
import { POA_CHAINS, type PoaToken } from '../../../contracts/wire/poa-bridge.ts';

export type TokenFacts = {
  readonly chain: string;
  readonly bridgeId: string;
  readonly nearTokenId: string;
  readonly intentsTokenId: string;
  readonly name: string;
  readonly decimals: number;
  /** What a withdrawal calls the token on its own chain. */
  readonly tokenAddress: string;
  readonly minDepositUnits: bigint;
  readonly minWithdrawalUnits: bigint;
  readonly withdrawalFeeUnits: bigint;
};

export const BRIDGE_TOKENS: readonly TokenFacts[] = [
  {
    chain: POA_CHAINS.btc,
    bridgeId: 'btc:mainnet:native',
    nearTokenId: BTC.nearToken,
    intentsTokenId: BTC.id,
    name: 'BTC',
    decimals: BTC.decimals,
    tokenAddress: 'native',
    minDepositUnits: 10_000n,
    minWithdrawalUnits: 700n,
    withdrawalFeeUnits: 1_500n,
  },
  {
    chain: POA_CHAINS.gnosis,
    bridgeId: `${POA_CHAINS.gnosis}:${EURE_CONTRACT}`,
    nearTokenId: EURE.nearToken,
    intentsTokenId: EURE.id,
    name: 'EURe',
    decimals: EURE.decimals,
    tokenAddress: EURE_CONTRACT,
    minDepositUnits: 10n ** 18n,
    minWithdrawalUnits: 2n * 10n ** 18n,
    withdrawalFeeUnits: 10n ** 17n,
  },
];

export const tokenOf = (facts: TokenFacts): PoaToken => ({
  defuse_asset_identifier: facts.bridgeId,
  near_token_id: facts.nearTokenId,
  decimals: facts.decimals,
  asset_name: facts.name,
  min_deposit_amount: facts.minDepositUnits.toString(),
  min_withdrawal_amount: facts.minWithdrawalUnits.toString(),
  withdrawal_fee: facts.withdrawalFeeUnits.toString(),
  standard: 'nep141',
  intents_token_id: facts.intentsTokenId,
});
