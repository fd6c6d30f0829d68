// What a rule is, and what it finds.

import type { AlertCode } from '../../../contracts/codes/alerts.ts';
import type { OpsSentinelConfig, WINDOW_VARIABLES } from '../../../contracts/config/ops-sentinel.ts';
import type { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import type { Known } from '../known/known.ts';
import type { ReadTopic } from '../known/record.ts';
import type { Moment } from '../moment.ts';

export type Windows = Pick<OpsSentinelConfig, keyof typeof WINDOW_VARIABLES | 'historyMaxLagMs' | 'alertServices'>;

export type Details = OpsAlert['details'];

/** That something holds now of a subject. */
export type Condition = {
  /** Which of several it is about; empty: there is one. */
  readonly subject: string;
  readonly cause: OpsAlert['cause'];
  /** Which of the reasons that a rule may have: another one is worth a further record, other numbers are not. */
  readonly variant: string;
  /** Process it is about, with its part. */
  readonly scope: string;
  readonly pair: string | null;
  readonly assetId: string | null;
  readonly txHash: string | null;
  readonly correlation: Readonly<Record<string, string>>;
  /** What was evaluated, for the sentence and the record. */
  readonly details: Details;
};

export type Found = {
  readonly holds: readonly Condition[];
  /** Subjects of which nothing is known now: their alerts neither begin nor end. */
  readonly unknown: 'none' | 'all' | ReadonlySet<string>;
};

export type RuleMoment = { readonly now: Moment; readonly windows: Windows };

export type Rule = {
  readonly code: AlertCode;
  /** What its alerts are about, in words; empty: there is one of an account. */
  readonly subject: string;
  readonly reads: readonly ReadTopic[];
  /** How long the condition has to hold. */
  readonly pendingMs: (windows: Windows) => number;
  /** How long it has to be absent. */
  readonly keepMs: (windows: Windows) => number;
  readonly find: (known: Known, at: RuleMoment) => Found;
  /** The sentence of what was found. */
  readonly reason: (details: Details) => string;
};

/** Nothing can be said of any subject. */
export const UNKNOWN: Found = { holds: [], unknown: 'all' };

export const found = (holds: readonly Condition[]): Found => ({ holds, unknown: 'none' });

type Given = Partial<Condition> & Pick<Condition, 'scope' | 'details'>;

export const condition = (given: Given): Condition => ({
  ...{ subject: '', cause: 'condition', variant: '', pair: null, assetId: null, txHash: null, correlation: {} },
  ...given,
});
