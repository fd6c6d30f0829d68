// What the engine was asked, and what left it.

import type { Range } from './price/distance.ts';
import type { Answer } from './wire.ts';

/** A request, as it was sent to the engine. */
export type Asked = {
  readonly quoteId: string;
  readonly assetIn: string;
  readonly assetOut: string;
  readonly exactIn: bigint | null;
  readonly exactOut: bigint | null;
  readonly minDeadlineMs: number;
  readonly partnerId: string | null;
};

/** What left. */
export type Sent = Answer & {
  readonly atUs: number;
  /** What it pays, in EUR: a little less than it is, and a little more. */
  readonly eur: number;
  readonly eurMax: number;
  /** EURe per BTC at which it can have been signed; null: no price was known. */
  readonly signedAt: Range | null;
  /** A power cut took its record from the disk: it is not expected any more, and the engine cannot know of it. */
  isLost: boolean;
  /** Its record was lost before, and it was answered again. */
  readonly isSecond: boolean;
  settledAtUs: number | null;
};
