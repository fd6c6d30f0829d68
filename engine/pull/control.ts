// Pulls as operators see them.

import { renderScaled } from '../../contracts/amounts.ts';
import { type Asset, assetNamed, type Pair } from '../../contracts/assets.ts';
import type { PullAnswer, PullsState } from '../../contracts/control/pull.ts';
import { isoTime } from '../../contracts/time.ts';
import type { PullEnded, PullUnderWay, PullView } from './pull.ts';
import type { PullRequested, Pulls } from './pulls.ts';

/** Codes of the executor's health. */
export const pullReasons = (pulls: Pick<Pulls, 'underWay'>): readonly string[] =>
  pulls.underWay().some(({ isFailing }) => isFailing) ? ['pull_failing'] : [];

type Asked = {
  /** null: of both. */
  readonly asset: Asset['symbol'] | null;
  readonly cause: 'operator' | 'disarm';
  readonly by: string;
};

/**
 * Withdraws the quotes that pay the asset of that name, under the id that is traded. null: the part was stopped. Throws when the journal
 * cannot be written.
 */
export function askedPull(pulls: Pick<Pulls, 'request'>, { asset, cause, by }: Asked, pair: Pair): PullAnswer | null {
  const requested = pulls.request({ cause, detail: by, asset: asset === null ? null : assetNamed(pair, asset).id });
  return requested === null ? null : pullAnswer(requested);
}

const pullAnswer = ({ begun, underWay }: PullRequested): PullAnswer => ({
  begun: begun.map(({ asset, lane, nonce, liveQuotes }) => ({ asset, lane, nonce, live_quotes: liveQuotes })),
  under_way: underWay,
});

export function pullsState(
  pulls: Pick<Pulls, 'underWay' | 'recent' | 'counts' | 'via'>,
  distancePctE4: bigint,
): PullsState {
  return {
    via: pulls.via,
    distance_pct: renderScaled(distancePctE4, 4),
    under_way: pulls.underWay().map(underWayView),
    recent: pulls.recent().map(endedView),
    begun_by_cause: { ...pulls.counts().begun },
  };
}

const viewOf = ({ asset, lane, nonce, cause, detail, beganAtMs, sends, lastSend }: PullView) => ({
  asset,
  lane,
  nonce,
  cause,
  detail,
  began_at: isoTime(beganAtMs),
  sends,
  last_send:
    lastSend === null
      ? null
      : { result: lastSend.kind, reason: lastSend.reason, detail: lastSend.detail, at: isoTime(lastSend.atMs) },
});

const underWayView = (pull: PullUnderWay) => ({
  ...viewOf(pull),
  live_quotes: pull.liveQuotes,
  used: pull.used,
  failing: pull.isFailing,
});

const endedView = (pull: PullEnded) => ({
  ...viewOf(pull),
  outcome: pull.outcome,
  pulled_quotes: pull.pulledQuotes,
  ended_at: isoTime(pull.endedAtMs),
});
