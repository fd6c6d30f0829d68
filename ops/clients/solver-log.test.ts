import { expect, test } from 'bun:test';
import { readSolverLog } from './solver-log.ts';

const RED = '\u001b[31m';
const PLAIN = '\u001b[39m';
const at = (level: string, rest: string) => `2026-11-26T17:20:37.160Z ${level} ${rest}`;

test('what the solver says is counted, whatever the colours', () => {
  const log = readSolverLog(
    [
      at('info', '[websocket] [c1] WebSocket client connected to ws://127.0.0.1:1/ws '),
      at('info', '[websocket] [q1] Received supported quote request: {"quote_id":"q1"} '),
      at('info', '[websocket] [q1] Sent quote response to relay, result: "OK" '),
      at('info', '[websocket] [q2] Received supported quote request: {"quote_id":"q2"} '),
      at(
        `${RED}error${PLAIN}`,
        `[websocket] [q2] Error while processing quote a->b ${RED}[Error: Relay error: {"code":-32116}`,
      ),
      '    at onResponse (/solver/src/services/websocket.ts:70:18)',
      at('info', '[quoter] [q3] min_deadline_ms exceeds maximum allowed value: 120000 > 60000 '),
      at('info', '[quoter] [q4] Calculated amount is 0 '),
      at('info', "[websocket] [q1] Found own quote 'q1', updating the quoter state... "),
      at('debug', '[quoter]  Current state: {"reserves":{"a":"1","b":"2"},"nonce":"x"} '),
      at('debug', '[quoter]  Current state: {"reserves":{"a":"3","b":"4"},"nonce":"y"} '),
      at('error', '[websocket] [c1] Invalid JSON RPC message [SyntaxError: Unterminated string'),
    ].join('\n'),
  );
  expect(log).toEqual({
    connections: 1,
    heard: 2,
    taken: 1,
    refused: 1,
    declined: { 'deadline too long': 1, 'amount too small': 1 },
    settledQuoteIds: ['q1'],
    reserves: { a: '3', b: '4' },
    errors: ['Invalid JSON RPC message [SyntaxError: Unterminated string'],
  });
});

test('a request that fails without the relay is an error of the solver', () => {
  const line = at('error', '[websocket] [q1] Error while processing quote a->b [Error: Request timed out');
  expect(readSolverLog(line)).toMatchObject({
    refused: 0,
    errors: ['Error while processing quote a->b [Error: Request timed out'],
  });
});

test('nothing of it, and what is cut off, is nothing', () => {
  const empty = { connections: 0, heard: 0, taken: 0, refused: 0, declined: {}, settledQuoteIds: [], reserves: null };
  expect(readSolverLog('')).toEqual({ ...empty, errors: [] });
  expect(readSolverLog(at('debug', '[quoter]  Current state: {"reserves":{"a":} '))).toEqual({ ...empty, errors: [] });
});
