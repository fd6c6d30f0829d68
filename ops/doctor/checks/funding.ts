// The chains on which deposits are observed, over the endpoints that the liquidity-manager asks.

import { isFields, readJson, SMALL_JSON } from '../../../contracts/json.ts';
import { boundedFetch, type HttpAnswer } from '../../../contracts/runtime/bounded-fetch.ts';
import { GNOSIS_CHAIN_ID } from '../../../contracts/wire/gnosis.ts';
import type { Category } from '../check.ts';
import type { Context } from '../context.ts';
import { judgeObservers, type ObserverAnswer } from '../judge/funding.ts';

const REQUEST_LIMIT_MS = 3000;
const HEIGHT = /^[1-9][0-9]{0,9}$/;

export function fundingCategory({ doctor, clock }: Context): Category {
  const ask = async (
    url: string,
    body: string | null,
    problemIn: (answer: HttpAnswer) => string | null,
  ): Promise<ObserverAnswer> => {
    const beganUs = clock.elapsedUs();
    const answer = await boundedFetch({
      url,
      timers: clock,
      timeLimitMs: REQUEST_LIMIT_MS,
      ...(body === null ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
    const latencyMs = (clock.elapsedUs() - beganUs) / 1000;
    return { host: new URL(url).host, latencyMs, problem: answer.ok ? problemIn(answer) : answer.detail };
  };
  const chainId = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] });
  return {
    name: 'funding',
    checks: [
      {
        name: 'Bitcoin',
        fix: 'check BTC_OBSERVER_URL.',
        run: async () => {
          const urls = doctor.btcObserverUrls.map((base) => `${base}/blocks/tip/height`);
          return judgeObservers(
            await Promise.all(urls.map((url) => ask(url, null, bitcoinProblem))),
            'BTC_OBSERVER_URL',
          );
        },
      },
      {
        name: 'Gnosis',
        fix: 'check GNOSIS_RPC_URL.',
        run: async () => {
          const answers = doctor.gnosisRpcUrls.map((url) => ask(url, chainId, gnosisProblem));
          return judgeObservers(await Promise.all(answers), 'GNOSIS_RPC_URL');
        },
      },
    ],
  };
}

const bitcoinProblem = ({ status, body }: HttpAnswer): string | null =>
  status === 200 && HEIGHT.test(body.trim()) ? null : `answers ${status}, and not with the height of a block`;

function gnosisProblem({ status, body }: HttpAnswer): string | null {
  const read = readJson(body, SMALL_JSON);
  const result = read.ok && isFields(read.value) ? read.value['result'] : null;
  if (typeof result !== 'string' || !/^0x[0-9a-f]{1,16}$/.test(result))
    return `answers ${status}, and not with the id of a chain`;
  const id = Number(result);
  return id === GNOSIS_CHAIN_ID ? null : `is of the chain ${id}, not of Gnosis (${GNOSIS_CHAIN_ID})`;
}
