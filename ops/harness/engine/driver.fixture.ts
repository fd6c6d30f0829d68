// One way to drive the maker of answers at three depths: the loop over its parts, the whole engine over sockets, and its process
// over the control API and Kafka. A case that is written for it runs at all three (cases.fixture.ts).

import type { Fact } from '../../../engine/model/facts.ts';
import { okReply, type RequestFields, statusFrame } from '../../../engine/scenario/frames.fixture.ts';
import { readyRig } from '../../../engine/scenario/loop.fixture.ts';
import { waitFor } from '../../testing/wait.ts';
import { type Setting, startEngineRig } from './engine.fixture.ts';
import { follow, startProcess } from './process.fixture.ts';

export type Driver = {
  /** Asks, and gives the reason of the decision. */
  ask(quoteId: string, fields?: RequestFields): Promise<string>;
  /** Asks for something that has to be answered, and resolves once the relay has taken the answer into its auction. */
  answered(quoteId: string, fields?: RequestFields): Promise<void>;
  /** What the trade went through, as `state code`; waits until one of that state is among them. Null: as it is now. */
  steps(quoteId: string, until: string | null): Promise<readonly string[]>;
  /** A user takes the answer, and a final block shows it. */
  settle(quoteId: string): Promise<void>;
  arm(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** With one lane for each asset, so that quotes of one direction share a nonce; disarmed. */
export type StartDriver = () => Promise<Driver>;

const SETTLED_LIMIT_MS = 20_000;

export const driveLoop: StartDriver = async () => {
  const rig = await readyRig({ lanes: 1 });
  const armed = rig.set.strategy;
  rig.set.strategy = { ...armed, armed: false };
  const reasonAfter = (quoteId: string, fields: RequestFields): string => {
    // Two equal requests in one millisecond would be the same payload.
    rig.clock.advance(1);
    rig.ask(quoteId, fields);
    return rig.reasonOf(quoteId) ?? 'not heard';
  };
  const answerTo = (quoteId: string) => {
    const answer = rig.sent.find((sent) => sent.quoteId === quoteId);
    if (answer === undefined) throw new Error(`${quoteId} was not answered: ${rig.reasonOf(quoteId)}`);
    return answer;
  };
  return {
    ask: (quoteId, fields = {}) => Promise.resolve(reasonAfter(quoteId, fields)),
    async answered(quoteId, fields = {}) {
      reasonAfter(quoteId, fields);
      rig.frame(okReply(answerTo(quoteId).requestId));
    },
    steps: (quoteId) => Promise.resolve(rig.stepsOf(quoteId)),
    async settle(quoteId) {
      const { quoteHash, diff, nonce } = answerTo(quoteId);
      rig.frame(statusFrame(quoteHash));
      rig.credit(Object.fromEntries(Object.entries(diff).map(([asset, units]) => [asset, BigInt(units)])));
      rig.clock.advance(2000);
      await rig.poll({ used: [nonce] });
    },
    async arm() {
      rig.set.strategy = armed;
    },
    async [Symbol.asyncDispose]() {
      rig[Symbol.dispose]();
    },
  };
};

/** Waits until the relay has judged an answer to the quote. */
const judged = (setting: Setting, quoteId: string) =>
  waitFor(() => setting.world.relay.answers().find((answer) => answer.quoteId === quoteId), {
    what: `an answer to ${quoteId}`,
  });

function take(setting: Setting, quoteId: string): void {
  const settlement = setting.world.relay.takeNow(quoteId);
  if (settlement?.ok !== true) throw new Error(`${quoteId} could not be settled: ${JSON.stringify(settlement)}`);
}

const stateOf = (step: string): string => step.split(' ')[0] ?? '';

/** Waits until a step of that state is there. */
const stepsWith = (read: () => Promise<readonly string[]>, quoteId: string, until: string | null) =>
  waitFor(
    async () => {
      const steps = await read();
      return until === null || steps.some((step) => stateOf(step) === until) ? steps : null;
    },
    { what: `${quoteId} to be ${until}`, limitMs: SETTLED_LIMIT_MS },
  );

export const driveEngine: StartDriver = async () => {
  const rig = await startEngineRig({ env: { NONCE_LANES: '1' } });
  await rig.ready();
  const { journal } = rig.engine.parts;
  const stepsOf = async (quoteId: string): Promise<readonly string[]> => {
    const facts: Fact[] = [];
    while (facts.length < journal.lastSeq) {
      facts.push(...(await journal.read(facts.length + 1, 1000)).map(({ fact }) => fact));
    }
    return facts.flatMap((fact) =>
      fact.kind === 'transition' && (fact.attempt.quoteId as string) === quoteId ? [`${fact.to} ${fact.code}`] : [],
    );
  };
  const driver: Driver = {
    async ask(quoteId, fields = {}) {
      rig.ask(quoteId, fields);
      return await waitFor(() => rig.reasonOf(quoteId), { what: `a decision on ${quoteId}` });
    },
    async answered(quoteId, fields = {}) {
      const reason = await driver.ask(quoteId, fields);
      if (reason !== 'accepted') throw new Error(`${quoteId} was not answered: ${reason}`);
      await judged(rig, quoteId);
      await driver.steps(quoteId, 'accepted');
    },
    steps: (quoteId, until) => stepsWith(() => stepsOf(quoteId), quoteId, until),
    async settle(quoteId) {
      take(rig, quoteId);
      await driver.steps(quoteId, 'settled');
    },
    async arm() {
      rig.arm();
    },
    [Symbol.asyncDispose]: () => rig.close(),
  };
  return driver;
};

export const driveProcess =
  (brokers: string): StartDriver =>
  async () => {
    const engine = await startProcess({ KAFKA_BROKERS: brokers, NONCE_LANES: '1' });
    const follower = await follow(brokers, engine.accountId);
    const decisionOn = (quoteId: string) =>
      follower.find('decision.trade_decision', ({ quote_id }) => quote_id === quoteId);
    const driver: Driver = {
      async ask(quoteId, fields = {}) {
        engine.ask(quoteId, fields);
        return (await decisionOn(quoteId)).envelope.payload.decision_reason;
      },
      async answered(quoteId, fields = {}) {
        const reason = await driver.ask(quoteId, fields);
        if (reason !== 'accepted') throw new Error(`${quoteId} was not answered: ${reason}`);
        await judged(engine, quoteId);
        await driver.steps(quoteId, 'accepted');
      },
      async steps(quoteId, until) {
        if (until !== null) {
          const isIt = (payload: { quote_id?: string; status?: string }): boolean =>
            payload.quote_id === quoteId && payload.status === until;
          await follower.find('exec.trade_result', isIt);
        }
        return follower.seen
          .filter(({ topic, envelope }) => topic === 'exec.trade_result' && envelope.payload.quote_id === quoteId)
          .map(({ envelope: { payload } }) => `${payload.status} ${payload.result_code}`);
      },
      async settle(quoteId) {
        take(engine, quoteId);
        await driver.steps(quoteId, 'settled');
      },
      async arm() {
        await engine.call('POST', '/strategy/arm', { forever: true });
        await engine.call('POST', '/executor/arm', { forever: true, fresh_account: true });
      },
      async [Symbol.asyncDispose]() {
        await follower.close();
        await engine.call('POST', '/executor/drain').catch(() => null);
        await engine.ended;
        await engine.close();
      },
    };
    return driver;
  };
