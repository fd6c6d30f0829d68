// What the relay assumes where a request leaves it out (protocols: quote events).

/** How long answers are collected: `max_wait_ms`. */
export const COLLECT_WINDOW_DEFAULT_MS = 3000;
/** How long a quote must be valid: `min_deadline_ms`. */
export const MIN_DEADLINE_DEFAULT_MS = 60_000;
