/** What happened when: counts and latencies in bins of equal width from the start of a load. */
import { build, type Histogram } from 'hdr-histogram-js';

const HIGHEST_MICROSECONDS = 300_000_000;

/** One bin, as it is reported. Latencies are of the messages that were due in it; 0 where there were none. */
export interface Moment {
  readonly sent: number;
  readonly acknowledged: number;
  readonly delivered: number;
  /** Connections that were lost. */
  readonly closed: number;
  readonly connected: number;
  readonly deliveryP50Ms: number;
  readonly deliveryP99Ms: number;
  readonly acknowledgementP99Ms: number;
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

  moments(): Moment[] {
    return Array.from({ length: this.counts.length }, (_, bin) => ({
      ...(this.counts[bin] ?? { sent: 0, acknowledged: 0, delivered: 0, closed: 0, connected: 0 }),
      deliveryP50Ms: percentileMs(this.deliveries[bin], 50),
      deliveryP99Ms: percentileMs(this.deliveries[bin], 99),
      acknowledgementP99Ms: percentileMs(this.acknowledgements[bin], 99),
    }));
  }

  private bin(atMs: number): number {
    return Math.max(0, Math.floor((atMs - this.startMs) / this.widthMs));
  }
}

/** The counts of several generators added; of their latencies the worst. */
export function mergeMoments(all: readonly (readonly Moment[])[]): Moment[] {
  const length = Math.max(0, ...all.map((moments) => moments.length));
  return Array.from({ length }, (_, bin) => {
    const sum = (pick: (moment: Moment) => number): number =>
      all.reduce((total, moments) => total + (moments[bin] ? pick(moments[bin]) : 0), 0);
    const most = (pick: (moment: Moment) => number): number =>
      Math.max(0, ...all.map((moments) => (moments[bin] ? pick(moments[bin]) : 0)));
    return {
      sent: sum((moment) => moment.sent),
      acknowledged: sum((moment) => moment.acknowledged),
      delivered: sum((moment) => moment.delivered),
      closed: sum((moment) => moment.closed),
      connected: sum((moment) => moment.connected),
      deliveryP50Ms: most((moment) => moment.deliveryP50Ms),
      deliveryP99Ms: most((moment) => moment.deliveryP99Ms),
      acknowledgementP99Ms: most((moment) => moment.acknowledgementP99Ms),
    };
  });
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

const percentileMs = (histogram: Histogram | undefined, percentile: number): number =>
  histogram === undefined ? 0 : histogram.getValueAtPercentile(percentile) / 1000;
