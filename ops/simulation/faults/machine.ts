// Faults of the machine that the engine runs on: its clock, its disk, its processes, and Kafka.

import type { TopicName } from '../../../contracts/topics/registry.ts';
import type { DiskFault } from '../machine/disk.ts';
import { portOf } from '../sim.ts';
import { type Fault, moment } from './fault.ts';

const diskIs = (fault: DiskFault, how: string, lastsMs: readonly [number, number]): Fault => ({
  name: `disk_${fault}`,
  target: 'disk',
  how,
  lastsMs,
  begin({ sim, fired }) {
    sim.machine.disk.fault = fault;
    fired();
    return () => sim.machine.disk.goOn();
  },
});

const RECORD_AGAINST_POLICY = 44;
/** By then an engine that was killed mostly trades again. */
const ARMED_AGAIN_MS = [10_000, 25_000] as const;
const SHORT_WINDOWS = 6;
const SHORT_EVERY_MS = 1_500;
const REFUSED_TOPICS = [
  'raw.near_intents.quote',
  'norm.swap_demand',
  'ref.market_price',
] as const satisfies readonly TopicName[];

export const MACHINE_FAULTS: readonly Fault[] = [
  {
    name: 'clock_steps_a_little',
    target: 'clock',
    how: 'the wall clock steps by up to two seconds, and back',
    lastsMs: [5_000, 60_000],
    begin({ life, random, fired }) {
      life.setWall(random.between(-2_000, 2_000));
      fired();
      return () => life.setWall(0);
    },
  },
  {
    name: 'clock_steps_far',
    target: 'clock',
    how: 'the wall clock steps by minutes, and back',
    lastsMs: [5_000, 40_000],
    begin({ life, random, fired }) {
      life.setWall(random.pick([-1, 1]) * random.between(30_000, 900_000));
      fired();
      return () => life.setWall(0);
    },
  },
  moment(
    { name: 'process_held', target: 'process', how: 'the process does not run for a while, as after SIGSTOP' },
    ({ life, random }) => life.holdUp(random.between(300, 30_000)),
  ),
  {
    name: 'turns_slow',
    target: 'process',
    how: 'each reading of the clock takes as long as a busy machine makes it',
    lastsMs: [15_000, 60_000],
    begin({ sim, traffic, random, fired }) {
      sim.readingUs = random.pick([500, 5_000, 40_000]);
      // How long an answer takes is known from the first one; the others may then be seen to be too late.
      const ask = traffic.alike();
      ask();
      for (let at = 1; at <= SHORT_WINDOWS; at += 1)
        sim.later(at * SHORT_EVERY_MS, () => void ask({ maxWaitMs: traffic.shortWindowMs() }));
      fired();
      return () => {
        sim.readingUs = 2;
      };
    },
  },
  diskIs('full', 'nothing more can be written', [3_000, 20_000]),
  diskIs('slow', 'syncs take some hundred milliseconds', [5_000, 30_000]),
  diskIs('stalled', 'syncs do not end until the fault does', [2_000, 20_000]),
  diskIs('failing', 'syncs fail', [2_000, 10_000]),
  {
    name: 'kafka_away',
    target: 'kafka',
    how: 'no broker answers',
    lastsMs: [5_000, 120_000],
    begin({ sim, fired }) {
      sim.machine.kafka.away(true);
      fired();
      return () => sim.machine.kafka.away(false);
    },
  },
  {
    name: 'kafka_refuses_records',
    target: 'kafka',
    how: 'one topic refuses its records for good',
    lastsMs: [3_000, 20_000],
    begin({ sim, random, fired }) {
      const refused = random.pick(REFUSED_TOPICS);
      sim.machine.kafka.refuses = (topic) => {
        if (topic !== refused) return null;
        fired();
        return { code: RECORD_AGAINST_POLICY };
      };
      return () => {
        sim.machine.kafka.refuses = () => null;
      };
    },
  },
  moment(
    {
      name: 'kafka_client_lost',
      target: 'kafka',
      how: 'the producer fails for good, with records in flight that were written',
    },
    ({ sim }) => {
      sim.machine.kafka.failsNext = true;
    },
  ),
  {
    name: 'kafka_queue_full',
    target: 'kafka',
    how: 'the queue of the producer takes a few records only',
    lastsMs: [5_000, 30_000],
    begin({ sim, fired }) {
      sim.machine.kafka.queueMax = 3;
      fired();
      return () => {
        sim.machine.kafka.queueMax = 100_000;
      };
    },
  },
  {
    name: 'history_not_written',
    target: 'kafka',
    how: 'the history-writer says that it does not write, or lags, or says nothing',
    lastsMs: [10_000, 60_000],
    begin({ life, random, fired }) {
      life.history(random.pick(['not_writing', 'lags', 'silent']));
      fired();
      return () => life.history('writes');
    },
  },
  moment({ name: 'killed', target: 'process', how: 'kill -9 between two turns' }, ({ life }) => life.kill(false)),
  moment(
    {
      name: 'killed_in_a_turn',
      target: 'process',
      how: 'kill -9 within a turn, before one of the next writes or sends',
    },
    ({ life, random }) => life.killAtOutput(random.between(1, 60), random.chance(1, 2)),
  ),
  moment(
    {
      name: 'killed_before_a_send',
      target: 'process',
      how: 'kill -9 when an answer is in the journal and has not left',
    },
    ({ life }) => life.killAtSend('before'),
  ),
  moment(
    {
      name: 'killed_after_a_send',
      target: 'process',
      how: 'kill -9 when an answer has left and nothing of that is written',
    },
    ({ life }) => life.killAtSend('after'),
  ),
  {
    name: 'started_without_prices',
    target: 'process',
    how: 'kill -9, and the next start finds no price source',
    lastsMs: [15_000, 40_000],
    begin({ sim, life, fired }) {
      const { KRAKEN_WS_URL, COINGECKO_URL } = sim.world.urls;
      const lines = [KRAKEN_WS_URL, COINGECKO_URL].map((url) => sim.machine.network.line(portOf(url)));
      for (const line of lines) line.isOff = true;
      life.kill(false);
      fired();
      return () => {
        for (const line of lines) line.isOff = false;
      };
    },
  },
  moment(
    { name: 'killed_at_the_start', target: 'process', how: 'kill -9, and again while the next start recovers' },
    ({ life, random }) => {
      life.kill(false);
      life.killAtNextStart(random.between(1, 20));
    },
  ),
  moment(
    {
      name: 'asked_again_after_a_kill',
      target: 'process',
      how: 'kill -9, and what the next one is asked the one before has answered',
    },
    ({ sim, life, traffic, random }) => {
      const answered = traffic.lately().filter(({ quote_id }) => sim.model.sent.has(quote_id));
      life.kill(false);
      sim.later(random.between(...ARMED_AGAIN_MS), () => traffic.again(answered));
    },
  ),
  moment(
    { name: 'power_cut', target: 'process', how: 'the machine goes: what was not synced is lost but for a beginning' },
    ({ life }) => life.kill(true),
  ),
  moment(
    { name: 'drained', target: 'process', how: 'SIGTERM, half of them with replies that do not come, and a new start' },
    ({ sim, life, random }) => {
      const { holdAcks } = sim.world.relay.faults;
      const afterMs = random.chance(1, 2) ? random.between(1_000, 4_000) : 0;
      if (afterMs > 0) holdAcks(true);
      sim.later(afterMs, () => life.drain());
      sim.later(afterMs + 12_000, () => holdAcks(false));
    },
  ),
];
