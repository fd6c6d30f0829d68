// Clients that do their worst to the engine's control API while it is measured, as a process of their own: each connection
// sends requests ahead as fast as they are taken, and an operator's call is timed once a second. Prints its figures when it
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
const REQUESTS = [
  `GET /livez HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  `GET /state HTTP/1.1\r\n${withToken}`,
  `GET /metrics HTTP/1.1\r\n${withToken}`,
  `GET /executor/state HTTP/1.1\r\n${withToken}`,
  `GET /openapi HTTP/1.1\r\n${withToken}`,
  'GET /livez HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n',
  `GET /state HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  `POST /ingest/resume HTTP/1.1\r\n${withToken}`,
];

function flood(text: string): void {
  const ahead = text.repeat(AHEAD);
  const socket = connect(Number(port), hostname);
  const send = (): void => {
    while (!socket.destroyed && socket.write(ahead));
  };
  socket.on('connect', send);
  socket.on('drain', send);
  socket.on('data', () => {});
  socket.on('error', () => {});
  socket.on('close', () => setTimeout(() => flood(text), 10));
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

for (let index = 0; index < Number(connections); index++) flood(REQUESTS[index % REQUESTS.length] ?? '');
setInterval(() => void callAsOperator(), CALL_EVERY_MS);
process.on('SIGTERM', () => {
  // A run can end before the first call.
  const medianMs = tookMs.length === 0 ? null : median(tookMs);
  const figures = { calls: tookMs.length, failed, medianMs, maxMs: Math.max(0, ...tookMs) };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  process.exit(0);
});
