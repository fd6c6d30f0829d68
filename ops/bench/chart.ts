// Curves as an SVG: both axes logarithmic, with lines and labels at round values. Pure.

type Curve = {
  readonly name: string;
  /** Both above zero. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
};

export type Axis = {
  readonly label: string;
  /** Values that get a line and a text. */
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
};

export type Chart = {
  readonly title: string;
  /** Small, under the title: what was measured, on what. */
  readonly notes: readonly string[];
  readonly x: Axis;
  readonly y: Axis;
  readonly curves: readonly Curve[];
};

const SIZE = { width: 960, height: 600 } as const;
const PLOT = { left: 90, right: 940, top: 96, bottom: 520 } as const;
/** Distinct also for those who see few colours, and on white paper. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'] as const;
const NOTE_LENGTH_MAX = 150;

export function svgOf({ title, notes, x, y, curves }: Chart): string {
  const points = curves.flatMap((curve) => curve.points);
  const atX = scaleOf([...points.map((point) => point.x), ...x.ticks.map(({ value }) => value)], PLOT.left, PLOT.right);
  const atY = scaleOf([...points.map((point) => point.y), ...y.ticks.map(({ value }) => value)], PLOT.bottom, PLOT.top);
  const columns = x.ticks.map(
    ({ value, text }) =>
      `<path class="grid" d="M${atX(value)} ${PLOT.top}V${PLOT.bottom}"/><text x="${atX(value)}" y="${PLOT.bottom + 20}" text-anchor="middle">${escaped(text)}</text>`,
  );
  const rows = y.ticks.map(
    ({ value, text }) =>
      `<path class="grid" d="M${PLOT.left} ${atY(value)}H${PLOT.right}"/><text x="${PLOT.left - 8}" y="${Number(atY(value)) + 4}" text-anchor="end">${escaped(text)}</text>`,
  );
  const lines = curves.map((curve, index) => {
    const path = curve.points.map((point) => `${atX(point.x)} ${atY(point.y)}`).join('L');
    return `<path class="curve" stroke="${colourOf(index)}" d="M${path}"/>`;
  });
  const legend = curves.map(({ name }, index) => {
    const at = PLOT.top + 22 + index * 20;
    return `<path class="curve" stroke="${colourOf(index)}" d="M${PLOT.left + 16} ${at - 4}h28"/><text x="${PLOT.left + 52}" y="${at}">${escaped(name)}</text>`;
  });
  const small = notes
    .flatMap(folded)
    .map((note, index) => `<text class="note" x="${PLOT.left}" y="${46 + index * 15}">${escaped(note)}</text>`);
  const middle = { x: (PLOT.left + PLOT.right) / 2, y: (PLOT.top + PLOT.bottom) / 2 };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" width="${SIZE.width}" height="${SIZE.height}" font-family="sans-serif" font-size="13">
<style>.grid{stroke:#ddd;fill:none}.curve{fill:none;stroke-width:2}.note{font-size:11px;fill:#555}</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${PLOT.left}" y="26" font-size="17">${escaped(title)}</text>
${[...small, ...columns, ...rows].join('\n')}
<rect x="${PLOT.left}" y="${PLOT.top}" width="${PLOT.right - PLOT.left}" height="${PLOT.bottom - PLOT.top}" fill="none" stroke="#888"/>
${[...lines, ...legend].join('\n')}
<text x="${middle.x}" y="${PLOT.bottom + 48}" text-anchor="middle">${escaped(x.label)}</text>
<text transform="translate(24 ${middle.y}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text>
</svg>
`;
}

const colourOf = (index: number): string => COLOURS[index % COLOURS.length] ?? '#000000';

/** Logarithmic, from the minimum to the maximum. */
function scaleOf(values: readonly number[], from: number, to: number): (value: number) => string {
  const logs = values.filter((value) => value > 0).map(Math.log10);
  const [lowest, highest] = logs.length === 0 ? [0, 1] : [Math.min(...logs), Math.max(...logs)];
  const span = Math.max(highest - lowest, Number.EPSILON);
  return (value) => (from + ((Math.log10(Math.max(value, Number.MIN_VALUE)) - lowest) / span) * (to - from)).toFixed(1);
}

/** 1, 2 and 5 of each power of ten, from the one at or below the minimum to the one at or above the maximum. */
export function roundTicks(values: readonly number[], show: (value: number) => string): Axis['ticks'] {
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  if (!(lowest > 0) || !Number.isFinite(highest)) return [];
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(lowest)); power <= Math.ceil(Math.log10(highest)); power++) {
    for (const step of [1, 2, 5]) all.push(Number(`${step}e${power}`));
  }
  const first = all.findLastIndex((value) => value <= lowest);
  const last = all.findIndex((value) => value >= highest);
  return all.slice(first, last + 1).map((value) => ({ value, text: show(value) }));
}

function folded(note: string): readonly string[] {
  const lines = [''];
  for (const word of note.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length > 0 && line.length + word.length >= NOTE_LENGTH_MAX) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
