// A consumer of the venue, by its own SDK: swaps at the best quote, withdraws to both outside chains, and tries what the venue
// has to refuse. Runs as a process of its own, which reaches nothing beyond this machine; prints events as lines of JSON.

import { readFileSync } from 'node:fs';
import { Value } from '@sinclair/typebox/value';
import { BTC } from '../../contracts/assets.ts';
import { refusalCases, type VerdictOn } from './sdk-cases.ts';
import { type Fee, openSdk, type Sdk, type Tx } from './sdk-open.ts';
import { type Paid, type SdkEvent, SdkPlan, type Swap, type Withdrawal } from './sdk-plan.ts';

/** An engine may have no quote for a moment: its price was being replaced, or its lanes were. */
const QUOTES_MAX = 5;
const STATUS_EVERY_MS = 250;
/** Blocks of the simulated chains come much sooner. */
const PAY_LIMIT_MS = 120_000;

const say = (event: SdkEvent): void => void process.stdout.write(`${JSON.stringify(event)}\n`);

async function quoteFor(sdk: Sdk, { tokenIn, tokenOut, exactIn, exactOut }: Swap) {
  const pair = { defuse_asset_identifier_in: tokenIn, defuse_asset_identifier_out: tokenOut, min_deadline_ms: 60_000 };
  const amount = exactIn === null ? { exact_amount_out: exactOut } : { exact_amount_in: exactIn };
  for (let asked = 1; ; asked += 1) {
    try {
      return { quote: await sdk.getQuote({ ...pair, ...amount }), asked };
    } catch (error) {
      if (asked >= QUOTES_MAX || !(error instanceof Error) || error.name !== 'QuoteError') throw error;
      await Bun.sleep(1_000);
    }
  }
}

async function swap(sdk: Sdk, wanted: Swap): Promise<void> {
  const startedMs = performance.now();
  const { quote, asked } = await quoteFor(sdk, wanted);
  const quoteMs = performance.now() - startedMs;
  const diff = { [wanted.tokenIn]: `-${quote.amount_in}`, [wanted.tokenOut]: quote.amount_out };
  const { intentHash } = await sdk.client.signAndSendIntent({
    intents: [{ intent: 'token_diff', diff }],
    relayParams: async () => ({ quoteHashes: [quote.quote_hash] }),
  });
  const { hash } = await sdk.client.waitForIntentSettlement({ intentHash });
  say({
    kind: 'swap',
    tokenIn: wanted.tokenIn,
    tokenOut: wanted.tokenOut,
    amountIn: quote.amount_in,
    amountOut: quote.amount_out,
    quoteHash: quote.quote_hash,
    intentHash,
    txHash: hash,
    asked,
    quoteMs,
    settleMs: performance.now() - startedMs - quoteMs,
  });
}

const paramsOf = ({ assetId, amount, destination, feeInclusive }: Withdrawal) => ({
  assetId,
  amount: BigInt(amount),
  destinationAddress: destination,
  feeInclusive,
});

function paidOf(withdrawal: Withdrawal, fee: Fee, statuses: readonly string[], transferTxHash: string | null): Paid {
  const { assetId, destination, feeInclusive } = withdrawal;
  const arrives = BigInt(withdrawal.amount) - (feeInclusive ? fee.amount : 0n);
  const burnt = arrives + fee.amount;
  return { assetId, destination, burnt: `${burnt}`, arrives: `${arrives}`, statuses: [...statuses], transferTxHash };
}

async function statusOf(sdk: Sdk, tx: Tx, assetId: string): Promise<string> {
  const { withdrawals } = await sdk.withdrawalStatus(tx.hash);
  return withdrawals.find(({ data }) => `nep141:${data['near_token_id']}` === assetId)?.status ?? 'absent';
}

/** What the bridge says of one withdrawal until it is over, each new status once. */
async function followStatus(read: () => Promise<string>, first: string, signal: AbortSignal): Promise<string[]> {
  const statuses = [first];
  while (!signal.aborted && statuses.at(-1) !== 'COMPLETED') {
    const status = await read();
    if (status !== statuses.at(-1)) statuses.push(status);
    await Bun.sleep(STATUS_EVERY_MS);
  }
  return statuses;
}

const control = async (controlUrl: string, path: string, body: object): Promise<Response> =>
  await fetch(`${controlUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** The bridge pays nothing out until the first status of each is read, so that none is over before anybody asks. */
async function withdrawTogether(sdk: Sdk, { withdrawals, controlUrl }: SdkPlan): Promise<void> {
  const hold = (on: boolean) =>
    control(controlUrl, '/faults', { part: 'bridge', fault: 'holdWithdrawals', args: [on] });
  const startedMs = performance.now();
  const withdrawalParams = withdrawals.map(paramsOf);
  const feeEstimation = await sdk.client.estimateWithdrawalFee({ withdrawalParams });
  await hold(true);
  const { intentHash } = await sdk.client.signAndSendWithdrawalIntent({ withdrawalParams, feeEstimation });
  const intentTx = await sdk.client.waitForIntentSettlement({ intentHash });
  const signal = AbortSignal.timeout(PAY_LIMIT_MS);
  const completions = sdk.client.createWithdrawalCompletionPromises({ withdrawalParams, intentTx, signal });
  const read = (assetId: string) => statusOf(sdk, intentTx, assetId);
  const firsts = await Promise.all(withdrawals.map(({ assetId }) => read(assetId)));
  await hold(false);
  const paying = withdrawals.map(async (withdrawal, index) => {
    const [completion, fee, first = 'absent'] = [completions[index], feeEstimation[index], firsts[index]];
    if (completion === undefined || fee === undefined) throw new Error('fewer completions or fees than withdrawals');
    const following = followStatus(() => read(withdrawal.assetId), first, signal);
    const [done, statuses] = await Promise.all([completion, following]);
    say({ kind: 'paid', paid: paidOf(withdrawal, fee, statuses, done.hash), ms: performance.now() - startedMs });
  });
  await Promise.all(paying);
}

async function withdrawOne(sdk: Sdk, withdrawal: Withdrawal): Promise<void> {
  const startedMs = performance.now();
  const done = await sdk.client.processWithdrawal({ withdrawalParams: paramsOf(withdrawal) });
  const paid = paidOf(withdrawal, done.feeEstimation, [], done.destinationTx.hash);
  say({ kind: 'paid', paid, ms: performance.now() - startedMs });
}

/** A salt that the SDK has in its cache is invalidated: it has to learn of it by the refusal, and to try again. */
async function underInvalidSalt(sdk: Sdk, { controlUrl }: SdkPlan): Promise<string | null> {
  const old = await sdk.view<string>('current_salt', {});
  await control(controlUrl, '/salt/rotate', {});
  const { ok } = await control(controlUrl, '/salt/invalidate', { salt: old });
  if (!ok) return 'the simulator did not invalidate the salt';
  // With the next block the verifier refuses it.
  while ((await sdk.view<string>('current_salt', {})) === old) await Bun.sleep(STATUS_EVERY_MS);
  const { intentHash } = await sdk.client.signAndSendIntent({ intents: [] });
  await sdk.client.waitForIntentSettlement({ intentHash });
  return null;
}

const verdictOn: VerdictOn = async (name, run) => {
  const fault = await run().catch((error: unknown) =>
    error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  );
  say({ kind: 'case', name, fault });
};

const path = process.argv[2] ?? '';
const plan: unknown = JSON.parse(readFileSync(path, 'utf8'));
if (!Value.Check(SdkPlan, plan)) throw new Error(`${path} is no plan`);
const sdk = await openSdk(plan);
for (const wanted of plan.swaps) await swap(sdk, wanted);
await refusalCases(sdk, { accountId: plan.accountId, asset: BTC.id, withdrawal: plan.single }, verdictOn);
await withdrawTogether(sdk, plan);
await withdrawOne(sdk, plan.single);
await verdictOn('a salt that was invalidated is replaced', () => underInvalidSalt(sdk, plan));
say({ kind: 'done' });
