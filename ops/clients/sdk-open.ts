// The SDK as the driver uses it: loaded from the folder where it was installed, pointed at the simulators. Its own types are
// not there to compile against, so what is used of it is declared here.

import type { SdkPlan } from './sdk-plan.ts';

export type Tx = { readonly hash: string; readonly accountId: string };
export type Fee = { readonly amount: bigint };

export type Quote = {
  readonly quote_hash: string;
  readonly amount_in: string;
  readonly amount_out: string;
};

export type WithdrawalParams = {
  readonly assetId: string;
  readonly amount: bigint;
  readonly destinationAddress: string;
  readonly feeInclusive: boolean;
};

type Signed = object;

type IntentBuilder = {
  setDeadline(deadline: Date): IntentBuilder;
  setNonce(nonce: string): IntentBuilder;
  addIntent(intent: object): IntentBuilder;
  buildAndSign(signer: object): Promise<{ readonly signed: Signed; readonly payload: { readonly nonce: string } }>;
};

export type Client = {
  intentBuilder(): IntentBuilder;
  sendSignedIntents(options: { readonly multiPayloads: readonly Signed[] }): Promise<{ readonly tickets: string[] }>;
  signAndSendIntent(options: {
    readonly intents: readonly object[];
    readonly relayParams?: () => Promise<{ readonly quoteHashes: string[] }>;
  }): Promise<{ readonly intentHash: string }>;
  waitForIntentSettlement(options: { readonly intentHash: string }): Promise<Tx>;
  invalidateNonces(options: { readonly nonces: readonly string[] }): Promise<void>;
  estimateWithdrawalFee(options: { readonly withdrawalParams: readonly WithdrawalParams[] }): Promise<readonly Fee[]>;
  signAndSendWithdrawalIntent(options: {
    readonly withdrawalParams: readonly WithdrawalParams[];
    readonly feeEstimation: readonly Fee[];
  }): Promise<{ readonly intentHash: string }>;
  createWithdrawalCompletionPromises(options: {
    readonly withdrawalParams: readonly WithdrawalParams[];
    readonly intentTx: Tx;
    readonly signal: AbortSignal;
  }): readonly Promise<{ readonly hash: string | null }>[];
  processWithdrawal(options: {
    readonly withdrawalParams: WithdrawalParams;
  }): Promise<{ readonly feeEstimation: Fee; readonly destinationTx: { readonly hash: string | null } }>;
};

type WithdrawalStatus = {
  readonly withdrawals: readonly {
    readonly status: string;
    readonly data: Readonly<Record<string, unknown>>;
  }[];
};

export type Sdk = {
  readonly client: Client;
  /** Signs intents; what the client was given. */
  readonly signer: object;
  getQuote(quoteParams: object): Promise<Quote>;
  withdrawalStatus(burnTxHash: string): Promise<WithdrawalStatus>;
  /** A view of the verifier, by the SDK's NEAR client. */
  view<Value>(method: string, args: object): Promise<Value>;
};

type IntentsModule = {
  readonly IntentsSDK: new (options: object) => Client;
  readonly createIntentSignerNearKeyPair: (options: object) => object;
  readonly Chains: Readonly<Record<string, string>>;
};
type UtilsModule = {
  readonly solverRelay: { getQuote(options: object): Promise<Quote> };
  readonly poaBridge: {
    readonly httpClient: { getWithdrawalStatus(params: object, config: object): Promise<WithdrawalStatus> };
  };
};
type NearModule = {
  readonly KeyPair: { fromString(text: string): object };
  readonly providers: {
    readonly JsonRpcProvider: new (
      options: object,
    ) => { query(params: object): Promise<{ readonly result: readonly number[] }> };
  };
};

export async function openSdk(plan: SdkPlan): Promise<Sdk> {
  const load = async (name: string): Promise<unknown> => await import(Bun.resolveSync(name, plan.folder));
  const intents = (await load('@defuse-protocol/intents-sdk')) as IntentsModule;
  const { solverRelay, poaBridge } = (await load('@defuse-protocol/internal-utils')) as UtilsModule;
  const near = (await load('near-api-js')) as NearModule;
  const signer = intents.createIntentSignerNearKeyPair({
    signer: near.KeyPair.fromString(plan.privateKey),
    accountId: plan.accountId,
  });
  const client = new intents.IntentsSDK({
    referral: 'unrip',
    intentSigner: signer,
    rpc: { [intents.Chains['Near'] ?? '']: [plan.nearUrl] },
    env: {
      contractID: 'intents.near',
      poaTokenFactoryContractID: 'omft.near',
      poaBridgeBaseURL: plan.bridgeUrl,
      solverRelayBaseURL: plan.relayUrl,
      // Services that this run has no use for.
      managerConsoleBaseURL: '',
      bridgeIndexerURL: '',
      nearIntentsBaseURL: '',
    },
  });
  const node = new near.providers.JsonRpcProvider({ url: plan.nearUrl });
  return {
    client,
    signer,
    getQuote: (quoteParams) => solverRelay.getQuote({ quoteParams, config: { baseURL: plan.relayUrl } }),
    withdrawalStatus: (hash) =>
      poaBridge.httpClient.getWithdrawalStatus({ withdrawal_hash: hash }, { baseURL: plan.bridgeUrl }),
    async view<Value>(method: string, args: object): Promise<Value> {
      const { result } = await node.query({
        request_type: 'call_function',
        finality: 'optimistic',
        account_id: 'intents.near',
        method_name: method,
        args_base64: Buffer.from(JSON.stringify(args)).toString('base64'),
      });
      return JSON.parse(Buffer.from(result).toString('utf8')) as Value;
    },
  };
}
