// For tests: the client's side of /events, byte by byte or as a browser does it, and a front on a port to call.

import { waitFor } from '../../../../ops/testing/wait.ts';
import { ManualClock } from '../../manual-clock.fixture.ts';
import { controlToken } from '../auth.ts';
import { TEST_TOKEN } from '../control.fixture.ts';
import { createControlFront } from '../front/front.ts';
import { listenControl } from '../front/listen.ts';
import { openRaw, type RawConnection, sendRaw } from '../front/raw-http.fixture.ts';
import type { LogLine, RouteView } from '../message.ts';
import { jsonAnswer } from '../problem.ts';

export const VIEWER_TOKEN = 'viewer-token-of-32-characters-xxx';
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const base = { open: false, bodyOptional: true, urgent: false, role: 'viewer' } as const;
const ROUTES: RouteView[] = [
  { ...base, method: 'GET', path: '/state' },
  { ...base, method: 'GET', path: '/events', ofFront: 'events' },
  { ...base, method: 'POST', path: '/events/ticket', ofFront: 'ticket' },
];

/** A frame of a client. */
export function masked(opcode: number, payload: Buffer): Buffer {
  const mask = Buffer.from([1, 2, 3, 4]);
  const body = Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, body]);
}

type Headers = Readonly<Record<string, string>>;
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
const linesOf = (headers: Headers): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');

/** A front on a port; its time goes on by hand. */
export function serveEvents() {
  const timers = new ManualClock();
  const wanted: boolean[] = [];
  const lines: LogLine[] = [];
  let counts: Readonly<Record<string, number>> = {};
  const front = createControlFront({
    ...{ service: 'engine', routes: ROUTES, host: '127.0.0.1', timers },
    tokens: [controlToken('operator', TEST_TOKEN), controlToken('anna', VIEWER_TOKEN, 'viewer')],
    onEventsWanted: (is) => void wanted.push(is),
    backend: {
      async read(_path, given) {
        counts = given;
        return jsonAnswer({});
      },
      act: async () => jsonAnswer({}),
      refused() {},
      log: (line) => void lines.push(line),
    },
  });
  const listening = listenControl(front, { host: '127.0.0.1', port: 0, timers });
  if (!listening.ok) throw new Error(listening.problem.problem);
  const { port } = listening;
  const host = `127.0.0.1:${port}`;
  const request = (method: string, target: string, headers: Headers): string =>
    `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n${linesOf(headers)}\r\n`;
  const upgrade = { upgrade: 'websocket', connection: 'keep-alive, Upgrade' };
  const versioned = { ...upgrade, 'sec-websocket-key': KEY, 'sec-websocket-version': '13' };

  return {
    ...{ front, timers, wanted, lines, port, host, listening },
    /** Resolves when the head of the answer is there. */
    async open(target = '/events', headers: Headers = bearer(TEST_TOKEN), ask: Headers = versioned) {
      const raw = await openRaw(port);
      raw.socket.write(request('GET', target, { ...ask, ...headers }));
      // A wrong token is answered late; the time goes on by hand.
      const isAnswered = (): boolean => {
        timers.advance(10);
        return raw.received().includes('\r\n\r\n');
      };
      await waitFor(isAnswered, { what: 'the head of the answer' });
      return { raw, status: Number(raw.received().split(' ')[1]) };
    },
    async ticket(headers: Headers = bearer(TEST_TOKEN)): Promise<string> {
      const answer = await sendRaw(port, request('POST', '/events/ticket', { ...headers, ...close }));
      return String(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))).ticket);
    },
    async counts() {
      await sendRaw(port, request('GET', '/state', { ...bearer(TEST_TOKEN), ...close }));
      return counts;
    },
    async stop() {
      front.stop();
      const stopped = listening.stop();
      timers.advance(1000);
      await stopped;
    },
  };
}

const close: Headers = { connection: 'close' };

/** The texts of the frames that came after the head. */
export function textsOf(raw: RawConnection): string[] {
  const all = Buffer.from(raw.received(), 'latin1');
  let at = all.indexOf('\r\n\r\n') + 4;
  const texts: string[] = [];
  while (at + 2 <= all.length) {
    const short = (all[at + 1] ?? 0) & 0x7f;
    const [from, length] =
      short === 126
        ? [at + 4, all.readUInt16BE(at + 2)]
        : short === 127
          ? [at + 10, Number(all.readBigUInt64BE(at + 2))]
          : [at + 2, short];
    if (from + length > all.length) break;
    if (all[at] === 0x81) texts.push(all.toString('utf8', from, from + length));
    at = from + length;
  }
  return texts;
}
