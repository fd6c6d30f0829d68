// /events as a program follows it. Never throws; messages of a kind that this version does not know are passed over.

import { Value } from '@sinclair/typebox/value';
import { EventMessage } from '../../../control/events.ts';
import { type JsonBounds, readJson } from '../../../json.ts';

export type FollowOptions = {
  /** `http://host:port` */
  readonly url: string;
  readonly token: string;
  readonly onMessage: (message: EventMessage) => void;
  /** The connection ended, or was not made. Called once. */
  readonly onEnd: (why: string) => void;
};

const BOUNDS: JsonBounds = { charsMax: 262_144, depthMax: 32, valuesMax: 16_384 };

/** @returns ends it, without `onEnd` */
export function followEvents({ url, token, onMessage, onEnd }: FollowOptions): () => void {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/events`, {
    headers: { authorization: `Bearer ${token}` },
  });
  let isOver = false;
  const end = (why: string): void => {
    if (isOver) return;
    isOver = true;
    socket.close();
    onEnd(why);
  };
  socket.onmessage = ({ data }) => {
    const read = isOver || typeof data !== 'string' ? null : readJson(data, BOUNDS);
    if (read?.ok === true && Value.Check(EventMessage, read.value)) onMessage(read.value);
  };
  socket.onerror = () => end('not connected');
  socket.onclose = ({ code, reason }) => end(reason === '' ? `closed (${code})` : reason);
  return () => {
    isOver = true;
    socket.close();
  };
}
