// /events as a program follows it. Never throws; messages of a kind that this version does not know are passed over.

import { Value } from '@sinclair/typebox/value';
import { EventMessage } from '../../../control/events.ts';
import { type JsonBounds, readJson } from '../../../json.ts';
import { type Clock, machineClock } from '../../clock.ts';

export type FollowOptions = {
  /** `http://host:port` */
  readonly url: string;
  readonly token: string;
  readonly onMessage: (message: EventMessage) => void;
  /** The connection ended, was not made, or has fallen silent. Called once. */
  readonly onEnd: (why: string) => void;
  /** `machineClock` but in tests. */
  readonly timers?: Pick<Clock, 'after'>;
};

/** Until the first message says how often one comes. */
const HEARTBEAT_MS = 5000;
/** Where the other side has vanished no end of the connection is seen. */
const HEARTBEATS_MISSED = 3;

const BOUNDS: JsonBounds = { charsMax: 262_144, depthMax: 32, valuesMax: 16_384 };

/** @returns ends it, without `onEnd` */
export function followEvents({ url, token, onMessage, onEnd, timers = machineClock }: FollowOptions): () => void {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/events`, {
    headers: { authorization: `Bearer ${token}` },
  });
  let isOver = false;
  let silentMs = HEARTBEATS_MISSED * HEARTBEAT_MS;
  let stopWatch = (): void => {};
  const close = (): void => {
    isOver = true;
    stopWatch();
    socket.close();
  };
  const end = (why: string): void => {
    if (isOver) return;
    close();
    onEnd(why);
  };
  const watch = (): void => {
    stopWatch();
    stopWatch = timers.after(silentMs, () => end(`silent for ${silentMs / 1000} s`));
  };
  watch();
  socket.onmessage = ({ data }) => {
    if (isOver) return;
    const read = typeof data === 'string' ? readJson(data, BOUNDS) : null;
    const message = read?.ok === true && Value.Check(EventMessage, read.value) ? read.value : null;
    if (message?.type === 'hello') silentMs = HEARTBEATS_MISSED * message.heartbeat_ms;
    watch();
    if (message !== null) onMessage(message);
  };
  socket.onerror = () => end('not connected');
  socket.onclose = ({ code, reason }) => end(reason === '' ? `closed (${code})` : reason);
  return close;
}
