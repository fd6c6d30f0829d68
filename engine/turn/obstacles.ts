// Why a request would not be answered if it came now, by the very gates that a request goes through.

import type { DecisionReason } from '../../contracts/reasons.ts';
import { type ExecutorObstacle, obstaclesOf } from '../executor/gate.ts';
import { momentOf } from '../lib/moment.ts';
import type { Demand, PriceView } from '../model/values.ts';
import { reasonsAgainst } from '../strategy/decide.ts';
import type { TurnContext } from './context.ts';
import { situationOf } from './quote.ts';
import { shadowSources } from './shadow-quote.ts';

/** What keeps a request from being answered, gate by gate. */
export type Obstacle = 'pair_filtered' | 'ingest_paused' | 'shadow_mode' | DecisionReason | ExecutorObstacle;

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
  const isShadow = steering.isShadow();
  const sources = isShadow ? shadowSources(context) : context;
  const situation = situationOf(sources, { demand, malformed: null, arrivedUs: now.nowUs }, now);
  list.push(...reasonsAgainst(situation), ...obstaclesOf(steering.executor(now)));
  // Last, as that which is in the way of the signature alone.
  if (isShadow) list.push('shadow_mode');
  return list;
}
