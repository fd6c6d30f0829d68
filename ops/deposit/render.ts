// The evidence of one deposit as text, for whoever has to find out what became of it: the bridge's support needs the address, the
// transaction, and when what was seen. Pure.

import { renderScaled } from '../../contracts/amounts.ts';
import { KNOWN_ASSETS } from '../../contracts/assets.ts';
import { FUNDING_REASON_TEXT } from '../../contracts/codes/liquidity.ts';
import type { OpsFundingObservation } from '../../contracts/topics/ops-funding-observation.ts';
import type { OpsLiquidityAction } from '../../contracts/topics/ops-liquidity-action.ts';
import { printable } from '../trace/words.ts';
import type { Evidence, Omitted } from './load.ts';

export function renderEvidence(txHash: string, { observations, actions, omitted }: Evidence): string {
  const outputs = [...Map.groupBy(observations, ({ funding_observation_id: id }) => id).values()];
  const deposits = [...Map.groupBy(actions, ({ liquidity_action_id: id }) => id).values()];
  const lines = [
    `transaction ${printable(txHash)}`,
    ...outputs.flatMap((records) => ['', ...outputLines(records)]),
    ...deposits.flatMap((records) => ['', ...depositLines(records)]),
    ...(outputs.length === 0 ? ['', 'no observer of the chain has recorded it'] : []),
    ...(deposits.length === 0 ? ['', 'it is part of no deposit'] : []),
    ...omittedLines(txHash, omitted),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function omittedLines(txHash: string, { observations, actions, deposits, unreadable }: Omitted): string[] {
  const older = [
    [observations, 'older records of its outputs'],
    [deposits, 'further deposits'],
    [actions, 'older records of its deposits'],
  ] as const;
  const lines = older.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what} are not shown`]));
  if (lines.length > 0) lines.push(`everything: ./unrip deposit ${txHash} --all`);
  if (unreadable > 0)
    lines.push(`${unreadable} records cannot be read by this version: see funding_observations and liquidity_actions`);
  return lines.length === 0 ? [] : ['', ...lines];
}

function outputLines(records: readonly OpsFundingObservation[]): string[] {
  const last = records.at(-1);
  if (last === undefined) return [];
  const { asset_id: asset } = last;
  return [
    `on ${last.chain}, seen by ${last.source}: output ${last.output_index}`,
    `  sent       ${amountText(last.amount, asset)} to ${last.funding_handle}${last.handle_active ? '' : ', an older deposit address'}`,
    `  by         ${last.sender ?? 'not known'}`,
    ...(last.minimum_amount === null ? [] : [`  minimum    ${amountText(last.minimum_amount, asset)}`]),
    `  first seen ${last.first_seen_at}, last seen ${last.last_seen_at}`,
    ...(last.replaces_tx_hash === null ? [] : [`  replaces   ${last.replaces_tx_hash}`]),
    ...(last.replaced_by_tx_hash === null ? [] : [`  replaced by ${last.replaced_by_tx_hash}`]),
    ...records.map((record) => `  ${record.at}  ${changeOf(record)}`),
  ];
}

function changeOf(record: OpsFundingObservation): string {
  const { status, confirmations, confirmations_required: required, block_height: height, block_hash: hash } = record;
  const block = height === null ? 'in no block' : `in block ${height}${hash === null ? '' : ` (${hash})`}`;
  const of = required === null ? '' : ` of ${required}`;
  return `${status.padEnd(11)} ${confirmations}${of} confirmations, ${block}${reasonText(record)}`;
}

function depositLines(records: readonly OpsLiquidityAction[]): string[] {
  const last = records.at(-1);
  if (last === undefined) return [];
  const { asset_id: asset } = last;
  const credited = last.credited_amount;
  return [
    `deposit ${last.liquidity_action_id} of ${last.account_id}, over the ${last.bridge} bridge${last.rebalance ? ', part of a move between chains' : ''}`,
    `  address    ${last.funding_handle ?? 'not known'}`,
    `  sent       ${last.amount === null ? 'not known' : amountText(last.amount, asset)}`,
    `  credited   ${credited === null ? 'not yet' : `${amountText(credited, asset)} at ${last.credited_at ?? 'an unknown time'}`}`,
    `  on NEAR    ${last.near_tx_hash ?? 'no transaction is known'}`,
    ...records.map(
      (record) =>
        `  ${record.at}  ${record.status.padEnd(11)} the bridge says ${record.bridge_status ?? 'nothing'}${reasonText(record)}`,
    ),
  ];
}

type Reasoned = { readonly reason_code: string | null; readonly detail: string };

function reasonText({ reason_code: code, detail }: Reasoned): string {
  if (code === null) return '';
  const texts: Readonly<Record<string, string>> = FUNDING_REASON_TEXT;
  const text = Object.hasOwn(texts, code) ? ` (${texts[code]})` : '';
  return `; ${code}${text}${detail === '' ? '' : `: ${detail}`}`;
}

function amountText(units: string, assetId: string | null): string {
  const asset = KNOWN_ASSETS.find(({ id }) => id === assetId);
  const named = asset === undefined ? '' : ` (${renderScaled(BigInt(units), asset.decimals)} ${asset.symbol})`;
  return `${units} of ${assetId ?? 'an unknown asset'}${named}`;
}
