// For tests: makes fronts of the control API break at the moment that a test chooses, whatever else the machine does.

const CHANNEL = 'unrip-test-break-front';

/** In a Worker: does this once `breakFronts` is called. */
export function onBreak(how: () => void): void {
  const channel = new BroadcastChannel(CHANNEL);
  // Outside of the channel's own handling, as a fault of the front would be.
  channel.onmessage = () => void setTimeout(how, 0);
}

/** Breaks every front that listens now. */
export function breakFronts(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage('now');
  channel.close();
}
