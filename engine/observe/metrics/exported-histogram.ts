// A histogram of our own as Prometheus reads it.

import { Histogram as PromHistogram, type Registry } from 'prom-client';
import type { Histogram } from '../histogram.ts';

/** 16 us to 2^24 us (16.8 s), by powers of two: those are exact edges of the histogram that is exported. */
const EXPONENTS = Array.from({ length: 21 }, (_, index) => index + 4);

type ExportedHistogramOptions = { readonly name: string; readonly help: string; readonly source: Histogram };

/** Puts our own histogram into the registry; values are recorded there, not here. */
export class ExportedHistogram extends PromHistogram {
  readonly #name: string;
  readonly #help: string;
  readonly #source: Histogram;

  constructor(registry: Registry, { name, help, source }: ExportedHistogramOptions) {
    super({ name, help, registers: [registry] });
    this.#name = name;
    this.#help = help;
    this.#source = source;
  }

  /** What prom-client reads for both of its forms; not among its declared types. */
  async getForPromString() {
    const sample = (suffix: string, value: number, labels = {}) => ({
      metricName: `${this.#name}${suffix}`,
      value,
      labels,
    });
    const source = this.#source;
    const buckets = EXPONENTS.map((exponent) =>
      sample('_bucket', source.countBelowPowerOfTwo(exponent), { le: String(2 ** exponent / 1_000_000) }),
    );
    const values = [
      ...buckets,
      sample('_bucket', source.count(), { le: '+Inf' }),
      sample('_sum', source.sumUs() / 1_000_000),
      sample('_count', source.count()),
    ];
    return { name: this.#name, help: this.#help, type: 'histogram', values, aggregator: 'sum' };
  }
}
