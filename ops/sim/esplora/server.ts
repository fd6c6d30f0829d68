// An Esplora server over the small Bitcoin of chain.ts, on a real HTTP socket. Errors are plain text, as on the real one.

import { ESPLORA_PAGE } from '../../../contracts/wire/esplora.ts';
import { decodeSegwit } from './bech32.ts';
import { type BitcoinChain, type ChainView, createBitcoinChain } from './chain.ts';
import { type HttpFaults, httpFaults } from './faults.ts';
import type { Transaction } from './transactions.ts';
import { addressOf, outspendOf, statusOf, txOf, utxoOf } from './views.ts';

export type EsploraSimOptions = { readonly port?: number; readonly now?: () => number; readonly chain?: BitcoinChain };

export type EsploraSim = {
  /** Base of all paths. */
  readonly url: string;
  readonly chain: BitcoinChain;
  readonly faults: HttpFaults & {
    /** The server falls so many blocks behind; what is in those still waits there. */
    lag(blocks: number): void;
    /** Its transactions fall so many blocks behind, while its blocks are current. */
    lagTransactions(blocks: number): void;
    /** It does not know that transaction. */
    hide(txid: string): void;
    /** Whether it fails when it is asked for that transaction alone. */
    failAt(txid: string, isFailing: boolean): void;
    /** Height that it claims in place of its own; null: it is truthful again. */
    claimHeight(height: number | null): void;
  };
  requests(): number;
  close(): Promise<void>;
};

const text = (body: string | number, status = 200): Response =>
  new Response(String(body), { status, headers: { 'content-type': 'text/plain' } });
const json = (body: unknown): Response => Response.json(body);
const noTransaction = (): Response => text('Transaction not found', 404);

const isAddress = (address: string): boolean =>
  decodeSegwit(address) !== null || /^[13][1-9A-HJ-NP-Za-km-z]{25,34}$/.test(address);

/** Confirmed transactions after that one (or from the newest), one page of them. */
function page(all: readonly Transaction[], afterTxid: string | undefined): readonly Transaction[] {
  const confirmed = all.filter(({ height }) => height !== null);
  const from = afterTxid === undefined ? 0 : confirmed.findIndex(({ txid }) => txid === afterTxid) + 1;
  return afterTxid !== undefined && from === 0 ? [] : confirmed.slice(from, from + ESPLORA_PAGE.confirmed);
}

function answerAddress(chain: ChainView, address: string, rest: readonly string[]): Response {
  if (!isAddress(address)) return text('Invalid Bitcoin address', 400);
  // Segwit addresses are the same in capitals.
  const own = decodeSegwit(address) === null ? address : address.toLowerCase();
  const all = chain.ofAddress(own);
  const mempool = all.filter(({ height }) => height === null).slice(0, ESPLORA_PAGE.mempool);
  const list = (transactions: readonly Transaction[]): Response => json(transactions.map((each) => txOf(chain, each)));
  switch (rest.slice(0, 2).join('/')) {
    case '':
      return json(addressOf(chain, own));
    case 'utxo':
      return json(utxoOf(chain, own));
    case 'txs':
      return list([...mempool, ...page(all, undefined)]);
    case 'txs/mempool':
      return list(mempool);
    case 'txs/chain':
      return list(page(all, rest[2]));
    default:
      return text('Not Found', 404);
  }
}

function answerTx(chain: ChainView, txid: string, rest: readonly string[]): Response {
  const transaction = chain.transaction(txid);
  const [view = '', vout = ''] = rest;
  // An output can be asked for whose transaction this chain never saw: inputs of payments come from outside it.
  if (view === 'outspend' && /^[0-9]+$/.test(vout)) return json(outspendOf(chain, txid, Number(vout)));
  if (transaction === null) return noTransaction();
  if (view === '') return json(txOf(chain, transaction));
  if (view === 'status') return json(statusOf(chain, transaction));
  if (view === 'outspends') return json([...transaction.outputs.keys()].map((each) => outspendOf(chain, txid, each)));
  return text('Not Found', 404);
}

function answerBlock(chain: ChainView, hash: string): Response {
  const block = chain.blockByHash(hash);
  if (block === null) return chain.isOrphan(hash) ? json({ in_best_chain: false }) : text('Block not found', 404);
  const next = chain.blockAt(block.height + 1);
  return json({ in_best_chain: true, height: block.height, ...(next === null ? {} : { next_best: next.hash }) });
}

function answer(chain: ChainView, path: readonly string[]): Response {
  const [kind = '', key = '', ...rest] = path;
  if (kind === 'address') return answerAddress(chain, key, rest);
  if (kind === 'tx') return answerTx(chain, key, rest);
  if (kind === 'block' && rest[0] === 'status') return answerBlock(chain, key);
  if (kind === 'blocks' && key === 'tip' && rest[0] === 'height') return text(chain.tip().height);
  if (kind === 'blocks' && key === 'tip' && rest[0] === 'hash') return text(chain.tip().hash);
  if (kind === 'block-height') {
    const block = chain.blockAt(Number(key));
    return block === null ? text('Block not found', 404) : text(block.hash);
  }
  return text('Not Found', 404);
}

/** The chain without some transactions. */
function without(chain: ChainView, hidden: ReadonlySet<string>): ChainView {
  const shown = (each: Transaction | null): Transaction | null =>
    each !== null && hidden.has(each.txid) ? null : each;
  return {
    tip: () => chain.tip(),
    blockAt: (height) => chain.blockAt(height),
    blockByHash: (hash) => chain.blockByHash(hash),
    isOrphan: (hash) => chain.isOrphan(hash),
    transaction: (txid) => shown(chain.transaction(txid)),
    spenderOf: (outpoint) => shown(chain.spenderOf(outpoint)),
    ofAddress: (address) => chain.ofAddress(address).filter(({ txid }) => !hidden.has(txid)),
  };
}

export function startEsploraSim(options: EsploraSimOptions = {}): EsploraSim {
  const nowMs = options.now ?? Date.now;
  const hash = (of: string): string => new Bun.CryptoHasher('sha256').update(of).digest('hex');
  const chain = options.chain ?? createBitcoinChain({ hash, nowMs });
  const faults = httpFaults();
  let requests = 0;
  let lagBlocks = 0;
  let transactionLag = 0;
  const hidden = new Set<string>();
  const failing = new Set<string>();
  let claimedHeight: number | null = null;
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: options.port ?? 0,
    fetch(request) {
      requests += 1;
      const path = new URL(request.url).pathname.split('/').filter((part) => part !== '');
      if (path[0] !== 'api') return text('Not Found', 404);
      if (claimedHeight !== null && path.join('/') === 'api/blocks/tip/height') return text(claimedHeight);
      if (path[1] === 'tx' && failing.has(path[2] ?? '')) return text('internal error', 500);
      const isOfBlocks = (path[1] ?? '').startsWith('block');
      const view = chain.behind(isOfBlocks ? lagBlocks : Math.max(lagBlocks, transactionLag));
      return faults.take() ?? answer(without(view, hidden), path.slice(1));
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/api`,
    chain,
    faults: {
      ...faults,
      lag(blocks) {
        lagBlocks = blocks;
      },
      lagTransactions(blocks) {
        transactionLag = blocks;
      },
      hide(txid) {
        hidden.add(txid);
      },
      failAt(txid, isFailing) {
        if (isFailing) failing.add(txid);
        else failing.delete(txid);
      },
      claimHeight(height) {
        claimedHeight = height;
      },
    },
    requests: () => requests,
    close: () => server.stop(true),
  };
}
