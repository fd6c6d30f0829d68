// The journal as it lies on the disk, read with nothing of the engine's own reader: texts by a search through its bytes, and the
// records that the model goes by, by the layout of the files.

import { Unpackr } from 'msgpackr';
import type { Disk, FileNode } from './machine/disk.ts';
import type { JournalRecord, JournalView } from './model/journal-view.ts';
import { STATE_DIR } from './setting.ts';

const SEGMENT = /^[0-9]{16}\.log$/;
/** A segment begins with so many bytes of its own, and each record with a header in which its length is. */
const BEGIN_BYTES = 8;
const HEADER_BYTES = 24;
const LENGTH_AT = 4;
/** A record is a map whose first field is its kind: `de`, two bytes, then the name of that field. */
const MAP = 0xde;
const KIND_AT = 8;
const SHORT_TEXT = 0xa0;
const SHORT_TEXT_MAX = 0x1f;

/** A decision: the values of its fields in a fixed order, those of the signed quote in a list of their own. */
const DECIDED = 'heard';
const QUOTE_ID_AT = 0;
const NONCE_AT = 7;
const DEADLINE_AT = 8;

/** The others are passed over unread. */
const READ: ReadonlySet<string> = new Set([
  'nonce_opened',
  'ceiling_set',
  'nonce_used',
  'nonce_closed',
  'pull_signed',
  'chain_replaced',
]);

export function journalReader(disk: Disk): JournalView {
  const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true });
  let segment = '';
  let at = BEGIN_BYTES;

  const segments = (): readonly (readonly [name: string, file: FileNode])[] => {
    const directory = disk.look(`${STATE_DIR}/journal`);
    if (directory === null || directory.kind !== 'directory') return [];
    const files = [...directory.entries].flatMap(([name, node]) =>
      SEGMENT.test(name) && node.kind === 'file' ? [[name, node] as const] : [],
    );
    return files.sort(([a], [b]) => (a < b ? -1 : 1));
  };

  const fieldsOf = ({ data }: FileNode, { from, end }: Extent): JournalRecord['fields'] =>
    unpackr.unpack(data.slice(from, end)) as JournalRecord['fields'];

  const recordsOf = (file: FileNode): JournalRecord[] => {
    const records: JournalRecord[] = [];
    for (const extent of extentsOf(file, at)) {
      const { kind, end } = extent;
      at = end;
      if (READ.has(kind))
        records.push({ kind, fields: fieldsOf(file, extent), isDurable: () => disk.durableBytes(file) >= end });
    }
    return records;
  };

  const next = (): JournalRecord[] => {
    const records: JournalRecord[] = [];
    for (const [name, file] of segments()) {
      if (name < segment) continue;
      if (name > segment) at = BEGIN_BYTES;
      segment = name;
      records.push(...recordsOf(file));
    }
    return records;
  };

  return {
    has: (text, durable) =>
      segments()
        .toReversed()
        .some(([, file]) => {
          const bytes = durable ? disk.durableBytes(file) : file.size;
          return Buffer.from(file.data.buffer, file.data.byteOffset, bytes).lastIndexOf(text) >= 0;
        }),
    next,
    all() {
      segment = '';
      return next();
    },
    signedUnder(nonce) {
      const isOf = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value[NONCE_AT] === nonce;
      return segments().flatMap(([, file]) => {
        const bytes = Buffer.from(file.data.buffer, file.data.byteOffset, file.size);
        return [...extentsOf(file, BEGIN_BYTES)].flatMap((extent) => {
          const { kind, from, end } = extent;
          if (kind !== DECIDED || !bytes.subarray(from, end).includes(nonce)) return [];
          const signed = (fieldsOf(file, extent)['values'] as readonly unknown[]).find(isOf);
          return signed === undefined
            ? []
            : [{ quoteId: String(signed[QUOTE_ID_AT]), deadlineMs: Number(signed[DEADLINE_AT]) }];
        });
      });
    },
    unsyncedSinceUs() {
      const times = segments().flatMap(([, file]) => file.changes[0]?.atUs ?? []);
      return times.length === 0 ? null : Math.min(...times);
    },
  };
}

/** Where a whole record is. */
type Extent = { readonly kind: string; readonly from: number; readonly end: number };

function* extentsOf(file: FileNode, begin: number): Generator<Extent> {
  const view = new DataView(file.data.buffer, file.data.byteOffset, file.size);
  for (let at = begin; at + HEADER_BYTES <= file.size; ) {
    const from = at + HEADER_BYTES;
    const end = from + view.getUint32(at + LENGTH_AT, true);
    if (end > file.size) return;
    yield { kind: kindAt(file.data, from), from, end };
    at = end;
  }
}

/** Empty: it is not written as records are. */
function kindAt(data: Uint8Array, from: number): string {
  const head = data[from + KIND_AT] ?? 0;
  if (data[from] !== MAP || (head & ~SHORT_TEXT_MAX) !== SHORT_TEXT) return '';
  const begin = from + KIND_AT + 1;
  return Buffer.from(data.subarray(begin, begin + (head & SHORT_TEXT_MAX))).toString('latin1');
}
