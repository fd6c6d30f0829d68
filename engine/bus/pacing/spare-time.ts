// What publishing may take of the time of the thread that answers quotes. An answer that is late is lost, while a record is safe in the
// journal: where the thread has next to no time to spare, publishing gives way to quotes and catches up after the burst. Only for so
// long: records that are too far behind take their time again.
//
// Method: the processor time that the thread had over a window, without that of publishing, is what everything else needs; the
// rest, less a reserve, is the share of publishing, paid out as a bucket that fills with time. Pure but for the reading.

const WINDOW_US = 100_000;
/** Of the thread, all together: a pause of the garbage collector, or a burst, has to be made up for in the rest. */
const USED_MAX = 0.85;
/** Below this there is time enough, and a backlog may take the whole rest of it. */
const OTHERS_MIN = 0.3;
/** However busy the thread is: records that never move would be an outage. */
const SHARE_MIN = 0.05;
/** A window counts for half of what is known, so that a single collection of garbage does not show. */
const NEWEST = 0.5;
/** It may get ahead of its share by two ticks of a timer, which a millisecond has. */
const BURST_US = 2_000;
/** The note of it stays for so long. */
const NOTE_US = 1_000_000;

export type SpareTimeOptions = {
  /** Processor time of the calling thread since its start. */
  readonly threadCpuUs: () => number;
  /** Records that have waited for longer than this have their time, whatever waits for it. */
  readonly giveWayMaxMs: number;
};

export type PieceOfWork = {
  readonly beganUs: number;
  readonly endedUs: number;
  /** Age of the oldest record that is not published. */
  readonly lagUs: () => number;
};

export class SpareTime {
  readonly #options: SpareTimeOptions;
  #windowUs = 0;
  #windowCpuUs = 0;
  #ownUs = 0;
  /** Share of the thread that is not publishing; null: not measured yet. */
  #others: number | null = null;
  #share = 1;
  /** The work that was done is paid for up to here. */
  #paidUs = 0;
  #gaveWayUs = Number.NEGATIVE_INFINITY;

  constructor(options: SpareTimeOptions) {
    this.#options = options;
  }

  /** How long to wait before the next piece of work; 0: not at all. */
  waitUs(nowUs: number): number {
    const waitUs = this.#share === 1 ? 0 : Math.max(0, this.#paidUs - BURST_US - nowUs);
    if (waitUs > 0) this.#gaveWayUs = nowUs;
    return waitUs;
  }

  worked({ beganUs, endedUs, lagUs }: PieceOfWork): void {
    this.#ownUs += endedUs - beganUs;
    this.#paidUs = Math.max(this.#paidUs, beganUs) + (endedUs - beganUs) / this.#share;
    if (endedUs - this.#windowUs >= WINDOW_US) this.#measure(endedUs, lagUs());
  }

  /** It had to wait lately. */
  givesWay(nowUs: number): boolean {
    return nowUs - this.#gaveWayUs < NOTE_US;
  }

  #measure(nowUs: number, lagUs: number): void {
    const cpuUs = this.#options.threadCpuUs();
    const others = Math.max(0, (cpuUs - this.#windowCpuUs - this.#ownUs) / (nowUs - this.#windowUs));
    this.#others = this.#others === null ? others : NEWEST * others + (1 - NEWEST) * this.#others;
    this.#windowUs = nowUs;
    this.#windowCpuUs = cpuUs;
    this.#ownUs = 0;
    const isFree = this.#others < OTHERS_MIN || lagUs > this.#options.giveWayMaxMs * 1000;
    this.#share = isFree ? 1 : Math.max(SHARE_MIN, USED_MAX - this.#others);
    // What was paid at another share is not owed any more.
    this.#paidUs = Math.min(this.#paidUs, nowUs + BURST_US);
  }
}
