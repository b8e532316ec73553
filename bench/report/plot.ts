/** A small SVG: processor time and p99 over the rate, a line for each server, both axes logarithmic. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly rate: number; readonly microseconds: number; readonly p99Ms: number }[];
}

interface Panel {
  readonly title: string;
  readonly pick: (point: Series['points'][number]) => number;
}

const WIDTH = 460;
const HEIGHT = 300;
const MARGIN = { left: 60, right: 14, top: 34, bottom: 44 };
const COLOURS = ['#7a869a', '#c77d11', '#1463c9', '#2a8a4a', '#a33a8c'];
const PANELS: readonly Panel[] = [
  { title: 'processor time, µs a message', pick: (point) => point.microseconds },
  { title: 'delivery p99, ms', pick: (point) => point.p99Ms },
];

type Scale = (value: number) => number;

function logScale(values: readonly number[], from: number, to: number): { scale: Scale; ticks: number[] } {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...positive)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive))));
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  return {
    scale: (value) => from + ((Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)) * (to - from),
    ticks,
  };
}

function panel({ title, pick }: Panel, series: readonly Series[], offset: number): string {
  const points = series.flatMap((line) => line.points);
  const x = logScale(
    points.map((point) => point.rate),
    offset + MARGIN.left,
    offset + WIDTH - MARGIN.right,
  );
  const y = logScale(points.map(pick), HEIGHT - MARGIN.bottom, MARGIN.top);
  const left = offset + MARGIN.left;
  const right = offset + WIDTH - MARGIN.right;
  const parts = [`<text x="${left}" y="20" font-weight="bold">${title}</text>`];
  for (const tick of y.ticks) {
    const at = y.scale(tick).toFixed(1);
    parts.push(`<line x1="${left}" x2="${right}" y1="${at}" y2="${at}" stroke="#ddd"/>`);
    parts.push(`<text x="${left - 6}" y="${at}" text-anchor="end" dominant-baseline="middle">${tick}</text>`);
  }
  for (const tick of x.ticks) {
    const at = x.scale(tick).toFixed(1);
    parts.push(`<line x1="${at}" x2="${at}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}" stroke="#eee"/>`);
    parts.push(`<text x="${at}" y="${HEIGHT - MARGIN.bottom + 16}" text-anchor="middle">${tick}</text>`);
  }
  series.forEach((line, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const places = line.points.map((point) => `${x.scale(point.rate).toFixed(1)},${y.scale(pick(point)).toFixed(1)}`);
    parts.push(`<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const place of places) {
      const [cx, cy] = place.split(',');
      parts.push(`<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`);
    }
  });
  return parts.join('\n');
}

export function plot(series: readonly Series[]): string {
  const drawn = series.filter((line) => line.points.length > 0);
  const legend = drawn.map(
    (line, index) =>
      `<text x="${MARGIN.left + index * 170}" y="${HEIGHT - 8}" fill="${COLOURS[index % COLOURS.length]}">● ${line.name}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH * 2}" height="${HEIGHT}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="white"/>',
    ...PANELS.map((each, index) => panel(each, drawn, index * WIDTH)),
    ...legend,
    `<text x="${WIDTH * 2 - MARGIN.right}" y="${HEIGHT - 8}" text-anchor="end">messages a second</text>`,
    '</svg>',
    '',
  ].join('\n');
}
