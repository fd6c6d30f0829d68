// The chain at an older block than the newest balance on record: another chain, a simulator that began again, or a balance that
// a wrong endpoint once gave. Nothing is signed meanwhile. It is said once, and an operator can accept the chain once nothing
// that was signed can still settle.

import type { ChainReplacedFact } from '../model/facts.ts';
import type { LogPort } from '../model/ports.ts';
import type { ChainAcceptance, Hold, Moment } from '../model/values.ts';
import type { Book } from './book.ts';

export type ChainWatchParts = {
  readonly book: Pick<Book, 'replaceChain'>;
  /** Heights of the chain and of the newest balance on record while it holds; else null. */
  readonly wentBack: () => Hold | null;
  /** Journals and applies. */
  readonly record: (fact: ChainReplacedFact) => void;
  readonly log: LogPort;
};

export type ChainWatch = {
  /** Called every so often: says when it begins and when it is over. */
  watch(): void;
  accept(now: Moment, by: string): ChainAcceptance;
};

export function createChainWatch({ book, wentBack, record, log }: ChainWatchParts): ChainWatch {
  let isBack = false;
  return {
    watch() {
      const hold = wentBack();
      if ((hold !== null) === isBack) return;
      isBack = hold !== null;
      if (hold === null) {
        log.info('inventory_block_went_back_over', {});
        return;
      }
      log.error('inventory_block_went_back', {
        block_height: hold.value,
        recorded_block_height: hold.limit,
        fix:
          'check NEAR_RPC_URL; if this is another chain (restarted simulators), call POST /inventory/refresh with ' +
          '{"accept_new_chain":true}: it discards the recorded balances and nonces once no quote can settle any more',
      });
    },
    accept(now, by) {
      if (wentBack() === null) return { kind: 'not_back' };
      const replaced = book.replaceChain(now, by);
      if ('fromMs' in replaced) return { kind: 'too_early', fromMs: replaced.fromMs };
      record(replaced.fact);
      return { kind: 'accepted' };
    },
  };
}
