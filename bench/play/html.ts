/** A result as one HTML page: no script, nothing from a network. */
import { chart, escapeXml, type Line } from './chart.js';
import type { LoadReport, VariantResult } from './result.js';
import { describeReport } from './tables.js';

const STYLE =
  'body{font:15px/1.5 sans-serif;max-width:1320px;margin:2em auto;padding:0 1em}' +
  'pre{background:#f4f5f7;padding:1em;overflow:auto;font-size:13px}svg{margin:0 .6em .6em 0;border:1px solid #e3e5e8}' +
  '.bad{color:#b3261e;font-weight:bold}';

export function htmlReport(report: LoadReport): string {
  const broken = report.variants.flatMap(({ verdict }) => verdict.findings).length;
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>Load: ${escapeXml(report.scenario)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escapeXml(report.scenario)}</h1>`,
    `<p>${escapeXml(report.about)} ${escapeXml(String(report.machine.at))}.</p>`,
    broken > 0 ? `<p class="bad">The checker found ${broken} breaches of guarantees.</p>` : '',
    `<pre>${escapeXml(describeReport(report))}</pre>`,
    ...(report.variants.length > 1 ? ['<h2>Variants</h2>', ...variantCharts(report.variants)] : []),
    ...report.variants.flatMap((variant) => [`<h2>${escapeXml(variant.name)}</h2>`, ...chartsOf(variant)]),
    '</body></html>',
    '',
  ].join('\n');
}

function chartsOf(variant: VariantResult): string[] {
  const { timeline, momentMs, incidents, lines } = variant;
  const seconds = momentMs / 1000;
  /** What a bin holds stands in its middle: nothing is drawn before what brought it about. */
  const over = (pick: (moment: (typeof timeline)[number]) => number | undefined): Line['points'] =>
    timeline.map((moment, index) => [(index + 0.5) * seconds, pick(moment)] as const);
  const rate = (pick: (moment: (typeof timeline)[number]) => number): Line['points'] =>
    over((moment) => pick(moment) / seconds);
  const marks = incidents.map(({ at, what }) => ({ at, text: what }));
  const xTitle = 'seconds; broken lines: what went wrong';
  return [
    chart(
      [
        { name: 'due', points: rate(({ sent }) => sent) },
        { name: 'acknowledged', points: rate(({ acknowledged }) => acknowledged) },
        { name: 'delivered', points: rate(({ delivered }) => delivered) },
      ],
      { title: 'a second', xTitle, marks },
    ),
    chart(
      [
        { name: 'delivery p50', points: over(({ deliveryP50Ms }) => deliveryP50Ms) },
        { name: 'delivery p99', points: over(({ deliveryP99Ms }) => deliveryP99Ms) },
        { name: 'ack p99', points: over(({ acknowledgementP99Ms }) => acknowledgementP99Ms) },
      ],
      { title: 'ms, by when the message was due', xTitle, marks, logarithmic: true },
    ),
    chart(
      [
        { name: 'connections lost', points: rate(({ closed }) => closed) },
        { name: 'welcomed', points: rate(({ connected }) => connected) },
      ],
      { title: 'connections a second', xTitle, marks },
    ),
    chart(
      lines.flatMap((line): Line[] => {
        const { curve } = line.type === 'messages' ? line.delivery : line.latency;
        return [{ name: line.name, points: curve.map(([, ms], index) => [index, ms] as const) }];
      }),
      {
        title: 'latency, ms, by percentile',
        xTitle: 'percentile',
        logarithmic: true,
        xText: (index) => PERCENTILES[index] ?? '',
      },
    ),
  ];
}

const PERCENTILES = ['10', '25', '50', '75', '90', '95', '99', '99.5', '99.9', '99.99', 'max'];

function variantCharts(variants: readonly VariantResult[]): string[] {
  const xText = (index: number): string => variants[index]?.name ?? '';
  const points = (pick: (variant: VariantResult) => number | undefined): Line['points'] =>
    variants.flatMap((variant, index) => {
      const value = pick(variant);
      return value === undefined ? [] : [[index, value] as const];
    });
  const delivery = (variant: VariantResult) => {
    const line = variant.lines.find(({ type }) => type === 'messages');
    return line?.type === 'messages' ? line.delivery : undefined;
  };
  const xTitle = 'variant';
  return [
    chart([{ name: 'µs', points: points((variant) => variant.microsecondsPerMessage) }], {
      title: "server's processor time, µs a message",
      xTitle,
      xText,
    }),
    chart(
      [
        { name: 'p50', points: points((variant) => delivery(variant)?.p50Ms) },
        { name: 'p99', points: points((variant) => delivery(variant)?.p99Ms) },
      ],
      { title: 'delivery, ms', xTitle, xText, logarithmic: true },
    ),
    chart([{ name: 'MiB', points: points((variant) => variant.residentMib) }], {
      title: 'resident memory, MiB',
      xTitle,
      xText,
    }),
    chart([{ name: 'requests', points: points(({ traffic, settings }) => traffic.requests / settings.seconds) }], {
      title: 'requests a second',
      xTitle,
      xText,
    }),
  ];
}
