// What is known while nothing can be read: nothing, but for that itself.

import type { Known } from '../known/known.ts';
import { type Condition, condition, type Found, type Rule, type RuleMoment, UNKNOWN } from './rule.ts';

/** Of all rules, what each finds now. A rule that fails finds nothing out. */
export function evaluateRules(
  rules: readonly Rule[],
  known: Known,
  at: RuleMoment,
): ReadonlyMap<Rule, Found | 'failed'> {
  const blindMs = known.sight.blindMs(at.now.nowUs);
  return new Map(rules.map((rule) => [rule, blindMs === null ? evaluate(rule, known, at) : whenBlind(rule, blindMs)]));
}

function evaluate(rule: Rule, known: Known, at: RuleMoment): Found | 'failed' {
  try {
    return rule.find(known, at);
  } catch {
    return 'failed';
  }
}

const whenBlind = ({ code }: Rule, blindMs: number): Found =>
  code === 'service_unhealthy' ? { holds: [blindness(blindMs)], unknown: 'all' } : UNKNOWN;

const blindness = (blindMs: number): Condition =>
  condition({
    ...{ subject: 'ops-sentinel', cause: 'no_data', scope: 'ops-sentinel.reader' },
    details: {
      codes: 'topics_unread: the topics cannot be read, so that no other alert can begin or end',
      blind_ms: blindMs,
    },
  });
