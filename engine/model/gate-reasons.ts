// What the gates, through which every request goes, have against it because of one part.

export type GateReasons = {
  /** Codes that every request would be rejected with now. */
  now(): readonly string[];
  /** The gates give this code themselves: what a source says of it counts only when they do. */
  covers(code: string): boolean;
};
