// Clients that do their worst to the engine's control API while it is measured, as a process of their own: each connection
// sends requests ahead as fast as they are taken (some never read an answer, some are refused), and an operator's call is timed once a second. Prints its figures when it
// gets SIGTERM. Arguments: URL, file of the token, connections.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { median } from '../../percentiles.ts';

const CALL_EVERY_MS = 1000;
const AHEAD = 200;

const [url = '', tokenFile = '', connections = '0'] = process.argv.slice(2);
const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`;
const { hostname, port, host } = new URL(url);

const withToken = `Host: ${host}\r\nAuthorization: ${authorization}\r\n\r\n`;
const wrongToken = `Host: ${host}\r\nAuthorization: Bearer ${'x'.repeat(40)}\r\n\r\n`;

type Client = {
  readonly request: string;
  /** False: answers pile up at the server. */
  readonly reads: boolean;
};

const CLIENTS: readonly Client[] = [
  { request: `GET /livez HTTP/1.1\r\nHost: ${host}\r\n\r\n`, reads: true },
  { request: `GET /state HTTP/1.1\r\n${withToken}`, reads: true },
  { request: `GET /metrics HTTP/1.1\r\n${withToken}`, reads: false },
  { request: `GET /state HTTP/1.1\r\n${wrongToken}`, reads: true },
  { request: `GET /executor/state HTTP/1.1\r\n${withToken}`, reads: true },
  { request: `GET /openapi HTTP/1.1\r\n${withToken}`, reads: false },
  { request: 'GET /livez HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n', reads: true },
  { request: `GET /state HTTP/1.1\r\nHost: ${host}\r\n\r\n`, reads: true },
  { request: `POST /ingest/resume HTTP/1.1\r\n${withToken}`, reads: true },
  { request: `GET /state HTTP/1.1\r\n${withToken}`, reads: false },
];

function flood(client: Client): void {
  const ahead = client.request.repeat(AHEAD);
  const socket = connect(Number(port), hostname);
  const send = (): void => {
    while (!socket.destroyed && socket.write(ahead));
  };
  socket.on('connect', send);
  socket.on('drain', send);
  if (client.reads) socket.on('data', () => {});
  else socket.pause();
  socket.on('error', () => {});
  socket.on('close', () => setTimeout(() => flood(client), 10));
}

const tookMs: number[] = [];
let failed = 0;

async function callAsOperator(): Promise<void> {
  const since = performance.now();
  try {
    const response = await fetch(`${url}/executor/resume`, {
      method: 'POST',
      headers: { authorization },
      keepalive: false,
    });
    await response.text();
    if (response.status !== 200) failed++;
  } catch {
    failed++;
  }
  tookMs.push(performance.now() - since);
}

for (let index = 0; index < Number(connections); index++) {
  const client = CLIENTS[index % CLIENTS.length];
  if (client !== undefined) flood(client);
}
setInterval(() => void callAsOperator(), CALL_EVERY_MS);
process.on('SIGTERM', () => {
  // A run can end before the first call.
  const medianMs = tookMs.length === 0 ? null : median(tookMs);
  const figures = { calls: tookMs.length, failed, medianMs, maxMs: Math.max(0, ...tookMs) };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  process.exit(0);
});
