// Why a request would not be answered if it came now, by the very gates that a request goes through.

import type { DecisionReason } from '../../contracts/reasons.ts';
import { type ExecutorObstacle, obstaclesOf } from '../executor/gate.ts';
import { momentOf } from '../lib/moment.ts';
import type { Demand, PriceView } from '../model/values.ts';
import { reasonsAgainst } from '../strategy/decide.ts';
import type { TurnContext } from './context.ts';
import { situationOf } from './quote.ts';

/** What keeps a request from being answered, gate by gate. */
export type Obstacle = 'pair_filtered' | 'ingest_paused' | DecisionReason | ExecutorObstacle;

/** A request, made for a price and a time. */
export type DemandAt = (price: PriceView, nowMs: number) => Demand;

/** Empty: it would be answered. Has no effect. */
export function obstaclesTo(context: TurnContext, demandAt: DemandAt): readonly Obstacle[] {
  const { pairFilter, steering } = context;
  const now = momentOf(context.clock);
  const demand = demandAt(context.price(now), now.nowMs);
  const list: Obstacle[] = [];
  if (!pairFilter.passes(demand.assetIn, demand.assetOut)) list.push('pair_filtered');
  if (steering.ingestPaused()) list.push('ingest_paused');
  const situation = situationOf(context, { demand, malformed: null, arrivedUs: now.nowUs }, now);
  list.push(...reasonsAgainst(situation), ...obstaclesOf(steering.executor(now)));
  return list;
}
