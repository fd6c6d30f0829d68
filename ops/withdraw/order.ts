// What a withdrawal is to be, from the arguments and the command's own allow-list alone. Pure.

import { parseArgs } from 'node:util';
import { readDestination } from '../../contracts/addresses/address.ts';
import { parseScaled, UNITS_MAX } from '../../contracts/amounts.ts';
import { type Asset, KNOWN_ASSETS } from '../../contracts/assets.ts';
import { hasWallet, type Wallet } from '../../contracts/config/wallets.ts';

export type Arguments = {
  readonly asset: string;
  readonly amount: string;
  readonly to: string;
  readonly maxFee: string | null;
  readonly send: boolean;
  /** Although another one like it is under way. */
  readonly again: boolean;
};

export type Order = {
  readonly asset: Asset;
  readonly amountUnits: bigint;
  /** In the form in which addresses are compared. */
  readonly destination: string;
  readonly maxFeeUnits: bigint;
};

/** Of the amount, rounded down: what the bridge may keep when nothing else is said. */
const FEE_PER_CENT = 5n;

/** The arguments, or what is wrong with them. */
export function readArguments(args: readonly string[]): Arguments | string {
  try {
    const options = {
      asset: { type: 'string' },
      amount: { type: 'string' },
      to: { type: 'string' },
      'max-fee': { type: 'string' },
      send: { type: 'boolean', default: false },
      again: { type: 'boolean', default: false },
    } as const;
    const { asset, amount, to, send, again, 'max-fee': maxFee = null } = parseArgs({ args: [...args], options }).values;
    if (asset === undefined || amount === undefined || to === undefined) return 'give --asset, --amount and --to';
    return { asset, amount, to, maxFee, send, again };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Own = { readonly btcAsset: Asset; readonly eureAsset: Asset; readonly withdrawalAllowlist: readonly Wallet[] };

/** The order, or why it cannot be one. */
export function orderOf({ asset: name, amount, to, maxFee }: Arguments, own: Own): Order | string {
  const asset = assetNamed(name, own);
  if (asset === undefined) {
    return `--asset ${name} is neither BTC, EURe nor a known asset id: ${KNOWN_ASSETS.map(({ id }) => id).join(', ')}`;
  }
  const amountUnits = unitsOf(amount, asset);
  if (amountUnits === null)
    return `--amount takes ${asset.symbol} with at most ${asset.decimals} decimals, such as 0.5; not ${amount}`;
  const maxFeeUnits = maxFee === null ? (amountUnits * FEE_PER_CENT) / 100n : unitsOf(maxFee, asset);
  if (maxFeeUnits === null || maxFeeUnits === 0n)
    return `--max-fee takes ${asset.symbol} above 0 with at most ${asset.decimals} decimals`;
  if (maxFeeUnits >= amountUnits) return 'the fee that is allowed is not below the amount: nothing would arrive';
  const read = readDestination(asset, to);
  if (!read.ok) return `--to ${read.problem}`;
  if (!hasWallet(own.withdrawalAllowlist, asset.chain, read.address))
    return `WITHDRAWAL_ALLOWLIST of this command does not have ${asset.chain}=${read.address}`;
  return { asset, amountUnits, destination: read.address, maxFeeUnits };
}

function assetNamed(name: string, { btcAsset, eureAsset }: Own): Asset | undefined {
  const traded = [btcAsset, eureAsset].find(({ symbol }) => symbol.toLowerCase() === name.toLowerCase());
  return traded ?? KNOWN_ASSETS.find(({ id }) => id === name);
}

/** Above zero; never rounded. */
function unitsOf(text: string, { decimals }: Asset): bigint | null {
  const units = /^[0-9]/.test(text) ? parseScaled(text, decimals) : null;
  return units === null || units <= 0n || units > UNITS_MAX ? null : units;
}
