/** Small SVG line charts, without any script. */
export interface Line {
  readonly name: string;
  /** Undefined: nothing is known of this place, and the line is broken. */
  readonly points: readonly (readonly [x: number, y: number | undefined])[];
}

export interface ChartOptions {
  readonly title: string;
  readonly xTitle: string;
  /** Logarithmic upwards: for latencies. */
  readonly logarithmic?: boolean;
  /** The text of a place on the x axis; default: the number. */
  readonly xText?: (x: number) => string;
  readonly marks?: readonly { readonly at: number; readonly text: string }[];
}

const WIDTH = 640;
const HEIGHT = 260;
const MARGIN = { left: 58, right: 16, top: 30, bottom: 58 };
const COLOURS = ['#1463c9', '#c77d11', '#2a8a4a', '#a33a8c', '#7a869a', '#b3261e', '#0f7f86'];
const TICKS = 5;
const END_WIDTH = 30;

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export function chart(lines: readonly Line[], options: ChartOptions): string {
  const drawn = lines.filter(({ points }) => points.some(([, y]) => y !== undefined));
  const values = drawn.flatMap(({ points }) => points.flatMap(([, y]) => y ?? []));
  if (values.length === 0) return '';
  const marks = options.marks ?? [];
  const xs = [...drawn.flatMap(({ points }) => points.map(([x]) => x)), ...marks.map(({ at }) => at)];
  const x = scale(Math.min(...xs), Math.max(...xs), MARGIN.left, WIDTH - MARGIN.right);
  const y = options.logarithmic ? logarithmicAxis(values) : linearAxis(values);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="${MARGIN.left}" y="18" font-weight="bold">${escapeXml(options.title)}</text>`,
    ...gridOf(y, drawn, x, options),
    ...marks.map((mark) => markOf(x(mark.at), mark.text)),
    ...drawn.flatMap(({ points }, index) => lineOf(points, x, y.at, COLOURS[index % COLOURS.length] ?? 'black')),
    ...legendOf(drawn),
    `<text x="${WIDTH - MARGIN.right}" y="${HEIGHT - 26}" text-anchor="end">${escapeXml(options.xTitle)}</text>`,
    '</svg>',
  ];
  return parts.join('\n');
}

type Scale = (value: number) => number;

interface Axis {
  readonly at: Scale;
  readonly ticks: readonly number[];
}

function scale(low: number, high: number, from: number, to: number): Scale {
  const span = high > low ? high - low : 1;
  return (value) => from + ((value - low) / span) * (to - from);
}

function linearAxis(values: readonly number[]): Axis {
  // Where all is 0, the axis goes up to 1.
  const most = Math.max(...values) || 1;
  const step = 10 ** Math.floor(Math.log10(most / TICKS));
  const wide = [1, 2, 5, 10].map((factor) => factor * step).find((width) => most / width <= TICKS) ?? most;
  const ticks = Array.from({ length: Math.ceil(most / wide) + 1 }, (_, index) => index * wide);
  return { at: scale(0, ticks.at(-1) ?? most, HEIGHT - MARGIN.bottom, MARGIN.top), ticks };
}

function logarithmicAxis(values: readonly number[]): Axis {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...positive, 1)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive, 1))));
  const at = scale(low, high, HEIGHT - MARGIN.bottom, MARGIN.top);
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  return { at: (value) => at(Math.log10(Math.max(value, 10 ** low))), ticks };
}

function gridOf(y: Axis, lines: readonly Line[], x: Scale, { xText = String }: ChartOptions): string[] {
  const left = MARGIN.left;
  const right = WIDTH - MARGIN.right;
  const places = [...new Set(lines.flatMap(({ points }) => points.map(([place]) => place)))].sort((a, b) => a - b);
  const every = Math.max(1, Math.ceil(places.length / 10));
  return [
    ...y.ticks.flatMap((tick) => {
      const at = y.at(tick).toFixed(1);
      return [
        `<line x1="${left}" x2="${right}" y1="${at}" y2="${at}" stroke="#ddd"/>`,
        `<text x="${left - 6}" y="${at}" text-anchor="end" dominant-baseline="middle">${Number(tick.toPrecision(6))}</text>`,
      ];
    }),
    ...places
      .filter((_, index) => index % every === 0)
      .map(
        (place) =>
          `<text x="${x(place).toFixed(1)}" y="${HEIGHT - MARGIN.bottom + 16}" text-anchor="${anchorAt(x(place))}">${escapeXml(xText(place))}</text>`,
      ),
  ];
}

/** A text at an end of the axis reaches inwards: the page shows nothing beyond. */
function anchorAt(at: number): 'start' | 'middle' | 'end' {
  if (at > WIDTH - MARGIN.right - END_WIDTH) return 'end';
  return at < MARGIN.left + END_WIDTH ? 'start' : 'middle';
}

function lineOf(points: Line['points'], x: Scale, y: Scale, colour: string): string[] {
  return piecesOf(points).flatMap((piece) => {
    const places = piece.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`);
    // A point alone makes no line.
    const dots = points.length > 40 && piece.length > 1 ? [] : places.map((place) => place.split(','));
    return [
      `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.8"/>`,
      ...dots.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="2.5" fill="${colour}"/>`),
    ];
  });
}

/** The parts of a line of which something is known. */
function piecesOf(points: Line['points']): (readonly [number, number])[][] {
  const pieces: (readonly [number, number])[][] = [];
  let piece: (readonly [number, number])[] = [];
  for (const [px, py] of points) {
    if (py === undefined) piece = [];
    else if (piece.push([px, py]) === 1) pieces.push(piece);
  }
  return pieces;
}

function markOf(at: number, text: string): string {
  const place = at.toFixed(1);
  return (
    `<line x1="${place}" x2="${place}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}" stroke="#b3261e" stroke-dasharray="3 3">` +
    `<title>${escapeXml(text)}</title></line>`
  );
}

function legendOf(lines: readonly Line[]): string[] {
  return lines.map(
    ({ name }, index) =>
      `<text x="${MARGIN.left + index * 150}" y="${HEIGHT - 8}" fill="${COLOURS[index % COLOURS.length]}">● ${escapeXml(name)}</text>`,
  );
}
