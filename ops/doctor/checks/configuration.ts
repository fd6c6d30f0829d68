// The configuration as the engine would load it: every variable, names that nobody reads, and the key with its file.

import { renderScaled } from '../../../contracts/amounts.ts';
import { type Category, fatal, type Line, pass, warn } from '../check.ts';
import type { Loaded } from '../context.ts';
import { judgeEncryption } from '../judge/reach.ts';

const FIX = 'correct the configuration.';

export function configurationCategory(loaded: Loaded): Category {
  return {
    name: 'configuration',
    checks: [
      { name: 'variables', fix: FIX, run: () => variableLines(loaded) },
      { name: 'key', fix: FIX, run: () => keyLines(loaded) },
      { name: 'limits', fix: FIX, run: () => limitLines(loaded) },
      { name: 'encryption', fix: FIX, run: () => encryptionLines(loaded) },
    ],
  };
}

function variableLines({ problems, warnings }: Loaded): readonly Line[] {
  const bad = problems.map(({ variable, problem, shape, fix }) =>
    fatal(`${variable} ${problem}${shape === null ? '' : `; expected: ${shape}`}`, fix),
  );
  const odd = warnings.map((text) =>
    warn(text, 'correct or remove the variable that is named, if it was not meant so.'),
  );
  const all = [...bad, ...odd];
  return all.length > 0 ? all : [pass('every variable has a usable value, and no name is unknown')];
}

function keyLines({ context }: Loaded): readonly Line[] {
  if (context === null) return [fatal('there is no usable key', FIX)];
  const { signer, config } = context.settings;
  return [pass(`${signer.publicKey} signs for ${config.account}`)];
}

function limitLines({ context }: Loaded): readonly Line[] {
  if (context === null) return [fatal('there are no usable limits', FIX)];
  const { maxNotionalEurE18, breakerMinuteE18, breakerDayE18, minEdgePctE4, executorMode } = context.settings.config;
  const eur = (value: bigint): string => renderScaled(value, 18);
  const text =
    `${executorMode} at the start; at most ${eur(maxNotionalEurE18)} EUR a quote, ${eur(breakerMinuteE18)} EUR a minute and ` +
    `${eur(breakerDayE18)} EUR a day; minimum edge ${renderScaled(minEdgePctE4, 4)} percent`;
  return [pass(text)];
}

function encryptionLines({ context }: Loaded): readonly Line[] {
  if (context === null) return [fatal('there are no usable addresses', FIX)];
  const { doctor, settings } = context;
  const { config } = settings;
  return judgeEncryption({
    RELAY_WS_URL: [config.relayWsUrl],
    RELAY_RPC_URL: [config.relayRpcUrl],
    NEAR_RPC_URL: config.nearRpcUrls,
    KRAKEN_WS_URL: [config.krakenWsUrl],
    COINGECKO_URL: [config.coingeckoUrl],
    POA_BRIDGE_URL: [doctor.poaBridgeUrl],
    BTC_OBSERVER_URL: doctor.btcObserverUrls,
    GNOSIS_RPC_URL: doctor.gnosisRpcUrls,
  });
}
