// A story as text for a person: what came in, what was known, what was decided and why, what was answered, how it ended, what
// is missing. Pure. Times are relative to the arrival of the request.

import { DECISION_REASON_TEXT, meaningOf, RESULT_CODE_TEXT } from '../../contracts/reasons.ts';
import type { DecisionTradeDecision } from '../../contracts/topics/decision-trade-decision.ts';
import type { SettlementFacts } from '../../contracts/topics/exec-trade-result.ts';
import { NEXT_STATES } from '../../engine/model/lifecycle.ts';
import { isKnownState, type Missing, SIBLINGS_MAX, type Story } from './story.ts';
import { amount, change, decimal, eur, printable, since, span, tokens } from './words.ts';

/** How headings are set apart; plain when the output is no terminal. */
export type Style = { readonly heading: (text: string) => string; readonly faint: (text: string) => string };

export const PLAIN: Style = { heading: (text) => text, faint: (text) => text };
export const COLOURED: Style = {
  heading: (text) => `\u001b[1m${text}\u001b[0m`,
  faint: (text) => `\u001b[2m${text}\u001b[0m`,
};

const SIBLINGS_SHOWN = 10;
const REPEATS_SHOWN = 10;
const LABEL_WIDTH = 14;

type Line = readonly [label: string, text: string];
type Section = { readonly title: string; readonly lines: readonly Line[] };

export function renderStory(story: Story, style: Style): string {
  const sections = [
    requestOf(story),
    knownOf(story),
    decisionOf(story),
    commandOf(story),
    answerOf(story),
    transitionsOf(story),
    endOf(story),
    siblingsOf(story),
    actionsOf(story),
    missingOf(story),
    doubledOf(story),
  ];
  const text = sections
    .filter((section) => section !== null)
    .map(({ title, lines }) => {
      const width = Math.max(LABEL_WIDTH, ...lines.map(([label]) => label.length + 2));
      const body = lines.map(([label, line]) => `  ${style.faint(label.padEnd(width))}${line}`);
      return [style.heading(title), ...body].join('\n');
    });
  return `${[style.heading(titleOf(story)), ...text].join('\n\n')}\n`;
}

function titleOf(story: Story): string {
  const { decision, quote_id, account_id, arrived_at } = story;
  const direction = decision?.direction ?? story.request?.demand?.direction ?? 'not the traded pair';
  const arrived = arrived_at === null ? 'arrival not recorded' : `arrived ${arrived_at}`;
  return `Quote ${printable(quote_id)}: ${direction}, ${outcomeOf(story)}\naccount ${printable(account_id)}, ${arrived}`;
}

function outcomeOf({ transitions, decision, command }: Story): string {
  const last = transitions.at(-1);
  if (last !== undefined) return last.status;
  if (command !== null || decision?.decision === 'accepted') return 'accepted, no answer on record';
  if (decision === null) return 'no decision on record';
  return `not answered (${decision.decision_reason})`;
}

function requestOf({ request, arrived_at }: Story): Section | null {
  if (request === null) return null;
  const { demand, frame } = request;
  const lines: Line[] = [];
  if (demand !== null) {
    lines.push(
      ['gives', amount(demand.amount_in, demand.asset_in)],
      ['asks for', amount(demand.amount_out, demand.asset_out)],
    );
    const times = [
      demand.ttl_ms === null ? null : `valid for at least ${span(demand.ttl_ms)}`,
      demand.max_wait_ms === null ? null : `answers collected for ${span(demand.max_wait_ms)}`,
    ].filter((time) => time !== null);
    if (times.length > 0) lines.push(['times', times.join(', ')]);
    if (demand.partner_id !== null) lines.push(['partner', printable(demand.partner_id)]);
    if (demand.traceparent !== null) lines.push(['traceparent', printable(demand.traceparent)]);
  }
  if (frame !== null) lines.push(['frame', printable(JSON.stringify(frame))]);
  const repeats = request.repeated_at.slice(0, REPEATS_SHOWN);
  for (const at of repeats) lines.push(['came again', since(at, arrived_at)]);
  if (request.repeated > repeats.length) lines.push(['', `and ${request.repeated - repeats.length} more times`]);
  return { title: 'What came in', lines };
}

function knownOf(story: Story): Section | null {
  const { decision, market_sample: sample, inventory, arrived_at } = story;
  if (decision === null) return null;
  const lines: Line[] = [];
  const { price_snapshot: used, inventory_snapshot: stock, limits } = decision;
  if (used === null) lines.push(['price', 'none was known']);
  else {
    const age = decision.price_freshness_ms === null ? 'age unknown' : `${span(decision.price_freshness_ms)} old`;
    const fallback = used.fallback_used ? ', fallback' : '';
    lines.push(
      ['price', `bid ${decimal(used.bid_rate)}, ask ${decimal(used.ask_rate)} EURe per BTC`],
      ['', `from ${used.source}${fallback}, ${age} (at most ${span(limits.price_max_age_ms)})`],
      ['', `basis ${used.basis_kind}: 1 EURe = ${decimal(used.eur_per_eure)} EUR; ${divergence(used.divergence_pct)}`],
    );
  }
  if (sample !== null) {
    const { kraken, coingecko, price_id } = sample;
    lines.push([
      'market sample',
      `recorded nearby: Kraken ${decimal(kraken.bid)} / ${decimal(kraken.ask)}, CoinGecko ${decimal(coingecko.price)} EUR per BTC (${price_id})`,
    ]);
  }
  if (stock === null) lines.push(['inventory', 'none was known']);
  else {
    lines.push(
      [
        'inventory',
        `${tokens(stock.credited, stock.asset_out)} credited, ${tokens(stock.spendable, stock.asset_out)} spendable`,
      ],
      [
        '',
        `promised to quotes ${tokens(stock.reserved_for_orders, stock.asset_out)}, to settlements under way ${tokens(stock.reserved_for_positions, stock.asset_out)}`,
      ],
      ['', `block ${stock.block_height}, ${span(stock.age_ms)} old (at most ${span(limits.inventory_max_age_ms)})`],
    );
  }
  if (inventory !== null) {
    const held = Object.entries(inventory.assets).map(([asset, { credited }]) => tokens(credited, asset));
    lines.push([
      'account',
      `${held.join(', ')} at block ${inventory.block_height} (${since(inventory.last_sync_at, arrived_at)}), reconciliation ${inventory.reconciliation_status}`,
    ]);
  }
  return { title: 'What was known', lines };
}

const divergence = (pct: string | null): string =>
  pct === null ? 'no second source' : `sources ${decimal(pct)} % apart`;

function decisionOf({ decision }: Story): Section | null {
  if (decision === null) return null;
  const { limits } = decision;
  const lines: Line[] = [
    ['decision', `${verdictOf(decision)}, ${span(decision.decide_us / 1000)} after the arrival`],
    ['why', printable(decision.detail || meaningOf(DECISION_REASON_TEXT, decision.decision_reason))],
  ];
  if (decision.amount_in !== null && decision.amount_out !== null) {
    lines.push(
      ['receives', amount(decision.amount_in, decision.asset_in)],
      ['pays', amount(decision.amount_out, decision.asset_out)],
    );
  }
  if (decision.implied_rate !== null) {
    lines.push([
      'rate',
      `${decimal(decision.implied_rate)} EURe per BTC, reference ${decimal(decision.reference_rate)}`,
    ]);
  }
  if (decision.gross_edge_pct !== null) {
    const { min_edge_pct, target_edge_pct } = limits;
    const edge = `${decimal(decision.gross_edge_pct)} % gross`;
    lines.push(['edge', `${edge} (at least ${decimal(min_edge_pct)} %, target ${decimal(target_edge_pct)} %)`]);
  }
  if (decision.notional_eur !== null) {
    lines.push(['value', `${eur(decision.notional_eur)} (at most ${eur(limits.max_notional_eur)})`]);
  }
  lines.push(['limits', `at most: ${otherLimits(limits).join(', ')}`]);
  lines.push(['strategy', decision.strategy_armed ? 'armed' : 'disarmed']);
  return { title: 'What was decided, and why', lines };
}

/** The limits that no line above names; records of earlier versions lack some. */
function otherLimits(limits: DecisionTradeDecision['limits']): string[] {
  const { max_divergence_pct, max_basis_deviation_pct, journal_max_sync_lag_ms, quotes_live_max } = limits;
  const { skew_pct, max_filled_eur_per_min, max_filled_eur_per_day, max_consecutive_failures } = limits;
  return [
    max_divergence_pct === undefined ? null : `sources ${decimal(max_divergence_pct)} % apart`,
    max_basis_deviation_pct === undefined ? null : `basis ${decimal(max_basis_deviation_pct)} % from par`,
    `quotes valid for ${span(limits.quote_lifetime_max_ms)}`,
    quotes_live_max === undefined ? null : `${quotes_live_max} live quotes`,
    journal_max_sync_lag_ms === undefined ? null : `journal ${span(journal_max_sync_lag_ms)} behind the disk`,
    skew_pct === undefined ? null : `target moved by ${decimal(skew_pct)} %`,
    max_filled_eur_per_min === undefined ? null : `${eur(max_filled_eur_per_min)} filled in a minute`,
    max_filled_eur_per_day === undefined ? null : `${eur(max_filled_eur_per_day)} in a day`,
    max_consecutive_failures === undefined ? null : `${max_consecutive_failures - 1} failures in a row`,
  ].filter((part) => part !== null);
}

const verdictOf = ({ decision, decision_reason }: DecisionTradeDecision): string =>
  decision === 'accepted' ? decision : `${decision}: ${decision_reason}`;

function commandOf({ command, arrived_at }: Story): Section | null {
  if (command === null) return null;
  return {
    title: 'The command',
    lines: [
      ['command', `${printable(command.command_id)}, ${since(command.issued_at, arrived_at)}`],
      [
        'trade',
        `receive ${tokens(command.amount_in, command.asset_in)}, pay ${tokens(command.amount_out, command.asset_out)}`,
      ],
      ['keys', `${printable(command.idempotency_key)}; ${printable(command.execution_key)}`],
    ],
  };
}

function answerOf({ answer, arrived_at }: Story): Section | null {
  if (answer === null) return null;
  const lines: Line[] = [];
  if (answer.since_received_us !== null)
    lines.push(['left', `${span(answer.since_received_us / 1000)} after the arrival`]);
  if (answer.signed_message !== null) lines.push(['message', printable(answer.signed_message)]);
  if (answer.quote_hash !== null) lines.push(['quote hash', answer.quote_hash]);
  if (answer.nonce !== null) lines.push(['nonce', `${answer.nonce}, lane ${answer.lane ?? 'unknown'}`]);
  if (answer.deadline !== null) lines.push(['deadline', `${answer.deadline}, ${since(answer.deadline, arrived_at)}`]);
  if (answer.public_key !== null) lines.push(['key', answer.public_key]);
  return { title: 'What was signed', lines };
}

function transitionsOf({ transitions, transition_count: total, arrived_at }: Story): Section | null {
  if (transitions.length === 0) return null;
  const lines = transitions.flatMap((step): Line[] => {
    const when =
      step.since_received_us === null ? since(step.at, arrived_at) : `+${span(step.since_received_us / 1000)}`;
    const reply = step.reply_after_ms === null ? '' : `, reply after ${span(step.reply_after_ms)}`;
    const recovered = step.recovered ? ', recovered after a restart' : '';
    const note = step.note === '' ? '' : ` (${printable(step.note)})`;
    const text = meaningOf(RESULT_CODE_TEXT, step.result_code);
    const sentence = text.startsWith(`${step.status}:`) ? text : `${step.status}: ${text}`;
    const said = `${sentence}${note}${reply}${recovered}`;
    const replyLine: Line[] = step.venue_reply === null ? [] : [['', `venue: ${printable(step.venue_reply)}`]];
    return [[`${step.transition_seq}. ${when}`, said], ...replyLine];
  });
  const left = total - transitions.length;
  if (left > 0) lines.push(['', `and ${left} more records: more than a quote has; see trade_execution_results`]);
  return { title: 'What followed', lines };
}

function endOf({ settlement, transitions, arrived_at }: Story): Section | null {
  const last = transitions.at(-1);
  if (settlement === null || last === undefined) return null;
  const lines: Line[] = [
    ['transaction', settlement.tx_hash ?? 'not named by the venue'],
    ['block', `${settlement.block_height}, ${settlement.block_time} (${since(settlement.block_time, arrived_at)})`],
    ['balances', balancesOf(settlement)],
  ];
  if (settlement.intent_hash !== null)
    lines.push(['met by', `intent ${printable(settlement.intent_hash)} of the requester`]);
  if (settlement.candidates.length > 1) {
    lines.push(['candidates', settlement.candidates.map(printable).join(', ')]);
  }
  return { title: 'How it ended', lines };
}

/** A change that several quotes may have made together is in the record of one of them. */
function balancesOf({ balance_change, shared_with = [] }: SettlementFacts): string {
  const own = Object.entries(balance_change).map(([asset, units]) => change(units, asset));
  const others = shared_with.map(printable).join(', ');
  if (own.length === 0) return others === '' ? 'no change' : `the change is in the record of ${others}`;
  return others === '' ? own.join(', ') : `${own.join(', ')}, shared with ${others}`;
}

function siblingsOf({ siblings, sibling_counts, answer }: Story): Section | null {
  const counts = Object.entries(sibling_counts);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  const summary = counts.map(([status, count]) => `${count} ${status}`).join(', ');
  const shown = siblings
    .slice(0, SIBLINGS_SHOWN)
    .map(({ quote_id, status, result_code, asset_out, amount_out }): Line => {
      const paid = status === 'settled' ? 'paid' : 'would have paid';
      return ['', `${printable(quote_id)} ${status} (${result_code}), ${paid} ${tokens(amount_out, asset_out)}`];
    });
  const rest = total - shown.length;
  return {
    title: `Other quotes under nonce ${answer?.nonce ?? ''}`.trimEnd(),
    lines: [
      ['together', `${total}: ${summary}; at most one under a nonce can settle`],
      ...shown,
      ...(rest > 0 ? [['', `and ${rest} more (--json lists up to ${SIBLINGS_MAX})`] as const] : []),
    ],
  };
}

function actionsOf({ control_actions, control_action_count, arrived_at }: Story): Section | null {
  if (control_actions.length === 0) return null;
  const lines = control_actions.map(({ part, action, actor, outcome, at, note }): Line => {
    const refused = outcome === 'refused' ? ', refused' : '';
    const said = note === '' ? '' : ` (${printable(note)})`;
    return [since(at, arrived_at), `${part} ${action} by ${printable(actor)}${refused}${said}`];
  });
  const earlier = control_action_count - control_actions.length;
  const before: Line[] = earlier > 0 ? [['', `${earlier} earlier ones: see control_actions`]] : [];
  return { title: 'Control actions around it', lines: [...before, ...lines] };
}

const MISSING_TEXT: Readonly<Record<Exclude<Missing, `transition ${number}`>, string>> = {
  request: 'the frame of the venue is not on record',
  demand: 'the normalised request is not on record',
  decision: 'no decision is on record',
  command: 'no command is on record',
  answer: 'whether an answer was signed is not on record',
  reply: 'the relay has not replied to the answer',
  end: 'the outcome is not on record yet',
  settlement: 'it settled, but block and balances of the settlement are not on record',
};

function missingOf({ missing, transitions }: Story): Section | null {
  if (missing.length === 0) return null;
  const last = transitions.at(-1);
  const lines = missing.map((one): Line => {
    if (!(one in MISSING_TEXT)) return [one, 'an intermediate step is not on record'];
    const text = MISSING_TEXT[one as keyof typeof MISSING_TEXT];
    const next =
      one === 'end' && last !== undefined && isKnownState(last.status)
        ? `; from ${last.status} it can become ${NEXT_STATES[last.status].join(', ')}`
        : '';
    return [one, `${text}${next}`];
  });
  return { title: 'What is missing (records may still be on their way)', lines };
}

function doubledOf({ quote_id, decision_count, command_count }: Story): Section | null {
  const kinds: [string, number, string][] = [
    ['decisions', decision_count, 'trade_decisions'],
    ['commands', command_count, 'execute_trade_commands'],
  ];
  const lines = kinds
    .filter(([, count]) => count > 1)
    .map(([kind, count, table]): Line => {
      const where = `quote_id ${printable(quote_id)} in ${table}`;
      return [kind, `${count} are on record, and a quote has one: the first is shown; all: ${where}`];
    });
  return lines.length === 0 ? null : { title: 'What is there more than once', lines };
}
