/** What happened when: counts and latencies in bins of equal width from the start of a load. */
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';

const HIGHEST_MICROSECONDS = 300_000_000;

/** One bin, as it is reported. Latencies are of the messages that were due in it; undefined where none came. */
export interface Moment {
  readonly sent: number;
  readonly acknowledged: number;
  readonly delivered: number;
  /** Connections that were lost. */
  readonly closed: number;
  readonly connected: number;
  readonly deliveryP50Ms: number | undefined;
  readonly deliveryP99Ms: number | undefined;
  readonly acknowledgementP99Ms: number | undefined;
}

/** One bin of one generator, its latencies encoded: undefined where there were none. */
export interface OwnMoment extends Record<Counted, number> {
  readonly delivery: string | undefined;
  readonly acknowledgement: string | undefined;
}

type Counted = 'sent' | 'acknowledged' | 'delivered' | 'closed' | 'connected';

export class Timeline {
  private readonly startMs: number;
  private readonly widthMs: number;
  private readonly counts: Record<Counted, number>[] = [];
  private readonly deliveries: Histogram[] = [];
  private readonly acknowledgements: Histogram[] = [];

  constructor(startMs: number, widthMs: number) {
    this.startMs = startMs;
    this.widthMs = widthMs;
  }

  count(what: Counted, atMs: number): void {
    const bin = this.bin(atMs);
    const counts = this.counts[bin] ?? { sent: 0, acknowledged: 0, delivered: 0, closed: 0, connected: 0 };
    counts[what]++;
    this.counts[bin] = counts;
  }

  delivered(dueMs: number, tookMs: number): void {
    note(this.deliveries, this.bin(dueMs), tookMs);
  }

  acknowledged(dueMs: number, tookMs: number): void {
    note(this.acknowledgements, this.bin(dueMs), tookMs);
  }

  moments(): OwnMoment[] {
    return Array.from({ length: this.counts.length }, (_, bin) => ({
      ...(this.counts[bin] ?? { sent: 0, acknowledged: 0, delivered: 0, closed: 0, connected: 0 }),
      delivery: encoded(this.deliveries[bin]),
      acknowledgement: encoded(this.acknowledgements[bin]),
    }));
  }

  private bin(atMs: number): number {
    return Math.max(0, Math.floor((atMs - this.startMs) / this.widthMs));
  }
}

/** Of several generators: their counts added, their latencies taken together. */
export function mergeMoments(all: readonly (readonly OwnMoment[])[]): Moment[] {
  const length = Math.max(0, ...all.map((moments) => moments.length));
  return Array.from({ length }, (_, bin) => {
    const own = all.flatMap((moments) => moments[bin] ?? []);
    const sum = (what: Counted): number => own.reduce((total, moment) => total + moment[what], 0);
    const delivery = together(own.map((moment) => moment.delivery));
    return {
      sent: sum('sent'),
      acknowledged: sum('acknowledged'),
      delivered: sum('delivered'),
      closed: sum('closed'),
      connected: sum('connected'),
      deliveryP50Ms: percentileMs(delivery, 50),
      deliveryP99Ms: percentileMs(delivery, 99),
      acknowledgementP99Ms: percentileMs(together(own.map((moment) => moment.acknowledgement)), 99),
    };
  });
}

const encoded = (histogram: Histogram | undefined): string | undefined =>
  histogram && encodeIntoCompressedBase64(histogram);

function together(texts: readonly (string | undefined)[]): Histogram | undefined {
  const [first, ...rest] = texts.flatMap((text) => (text === undefined ? [] : decodeFromCompressedBase64(text)));
  for (const histogram of rest) first?.add(histogram);
  return first;
}

function note(histograms: Histogram[], bin: number, tookMs: number): void {
  let histogram = histograms[bin];
  if (histogram === undefined) {
    histogram = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: HIGHEST_MICROSECONDS,
      numberOfSignificantValueDigits: 2,
      bitBucketSize: 32,
      useWebAssembly: false,
    });
    histograms[bin] = histogram;
  }
  histogram.recordValue(Math.min(HIGHEST_MICROSECONDS, Math.max(1, Math.round(tookMs * 1000))));
}

const percentileMs = (histogram: Histogram | undefined, percentile: number): number | undefined =>
  histogram && histogram.getValueAtPercentile(percentile) / 1000;
