// What the venue has to refuse, and to say so in the words by which its SDK tells one ground from another; and a few things
// that it has to take. Each case gives null, or what went otherwise.

import type { Sdk } from './sdk-open.ts';
import type { Withdrawal } from './sdk-plan.ts';

export type VerdictOn = (name: string, run: () => Promise<string | null>) => Promise<void>;

export type CaseOptions = {
  readonly accountId: string;
  /** Of which the account holds some, and not a hundred times as much. */
  readonly asset: string;
  /** A good one: the cases change it. */
  readonly withdrawal: Withdrawal;
};

/** Nobody makes a market for it. */
const FOREIGN = 'nep141:wrap.near';
const NO_TRANSACTION = '1'.repeat(32);
const HUGE = '1000000000000';

/** A failure with this name, and with this code where the SDK gives one. */
async function refusedWith(
  run: () => Promise<unknown>,
  name: string,
  code: string | null = null,
): Promise<string | null> {
  try {
    await run();
    return `taken, where ${code ?? name} was due`;
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    const given = 'code' in error ? String(error.code) : null;
    if (error.name === name && (code === null || given === code)) return null;
    return `${error.name} ${given ?? ''}, where ${code ?? name} was due: ${error.message.slice(0, 200)}`;
  }
}

const rejected = (run: () => Promise<unknown>, code: string) => refusedWith(run, 'RelayPublishRejectedError', code);

/** Publishing again what was published is no second intent. */
async function publishedTwice({ client, signer }: Sdk): Promise<string | null> {
  const { signed } = await client.intentBuilder().buildAndSign(signer);
  const { tickets: first } = await client.sendSignedIntents({ multiPayloads: [signed] });
  const { tickets: again } = await client.sendSignedIntents({ multiPayloads: [signed] });
  return first[0] !== undefined && first[0] === again[0] ? null : `${first[0]} at first, then ${again[0]}`;
}

async function nonceAgain({ client, signer }: Sdk): Promise<string | null> {
  const { signed, payload } = await client.intentBuilder().buildAndSign(signer);
  const { tickets } = await client.sendSignedIntents({ multiPayloads: [signed] });
  await client.waitForIntentSettlement({ intentHash: tickets[0] ?? '' });
  const later = new Date(Date.now() + 50_000);
  const second = await client.intentBuilder().setNonce(payload.nonce).setDeadline(later).buildAndSign(signer);
  return await rejected(() => client.sendSignedIntents({ multiPayloads: [second.signed] }), 'NONCE_USED');
}

async function nonceInvalidated({ client, signer, view }: Sdk, accountId: string): Promise<string | null> {
  const { payload } = await client.intentBuilder().buildAndSign(signer);
  await client.invalidateNonces({ nonces: [payload.nonce] });
  const args = { account_id: accountId, nonce: payload.nonce };
  for (let tries = 0; tries < 20; tries += 1) {
    if (await view<boolean>('is_nonce_used', args)) return null;
    await Bun.sleep(250);
  }
  return 'the nonce is not used';
}

async function overdue({ client, signer }: Sdk): Promise<string | null> {
  const past = new Date(Date.now() - 60_000);
  const { signed } = await client.intentBuilder().setDeadline(past).buildAndSign(signer);
  return await rejected(() => client.sendSignedIntents({ multiPayloads: [signed] }), 'SIGNATURE_EXPIRED');
}

async function unknownWithdrawal({ withdrawalStatus }: Sdk): Promise<string | null> {
  try {
    await withdrawalStatus(NO_TRANSACTION);
    return 'found';
  } catch (error) {
    const details = error instanceof Error && 'details' in error ? error.details : String(error);
    return details === 'Withdrawals not found' ? null : `refused with ${String(details)}`;
  }
}

export async function refusalCases(sdk: Sdk, options: CaseOptions, verdictOn: VerdictOn): Promise<void> {
  const { accountId, asset, withdrawal } = options;
  const { client } = sdk;
  const transfer = { intent: 'transfer', receiver_id: 'somebody.near', tokens: { [asset]: HUGE } };
  const withdrawalParams = {
    assetId: withdrawal.assetId,
    amount: 1n,
    destinationAddress: withdrawal.destination,
    feeInclusive: false,
  };
  const foreign = { defuse_asset_identifier_in: asset, defuse_asset_identifier_out: FOREIGN, exact_amount_in: '1000' };

  await verdictOn('a pair that nobody quotes', () => refusedWith(() => sdk.getQuote(foreign), 'QuoteError'));
  await verdictOn('more than the account holds', () =>
    rejected(() => client.signAndSendIntent({ intents: [transfer] }), 'INSUFFICIENT_BALANCE'),
  );
  await verdictOn('a quote that nobody gave', () =>
    rejected(
      () => client.signAndSendIntent({ intents: [], relayParams: async () => ({ quoteHashes: [NO_TRANSACTION] }) }),
      'SIGNATURE_EXPIRED',
    ),
  );
  await verdictOn('an intent that is published twice', () => publishedTwice(sdk));
  await verdictOn('a nonce that was used', () => nonceAgain(sdk));
  await verdictOn('a nonce that is invalidated', () => nonceInvalidated(sdk, accountId));
  await verdictOn('a deadline that is over', () => overdue(sdk));
  await verdictOn('a withdrawal below the minimum', () =>
    refusedWith(
      () => client.estimateWithdrawalFee({ withdrawalParams: [withdrawalParams] }),
      'MinWithdrawalAmountError',
    ),
  );
  await verdictOn('a withdrawal that the bridge does not know', () => unknownWithdrawal(sdk));
}
