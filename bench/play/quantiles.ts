import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';

/** Milliseconds. */
export interface Quantiles {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** [share of all, milliseconds], for a plot. */
  readonly curve: readonly (readonly [number, number])[];
}

const SHARES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 1];

/** Of histograms of microseconds, encoded, taken together. */
export function quantiles(encoded: readonly string[]): Quantiles {
  const [first, ...rest] = encoded.map((text): Histogram => decodeFromCompressedBase64(text));
  if (first === undefined || encoded.length === 0) return { ...NONE };
  for (const histogram of rest) first.add(histogram);
  if (first.totalCount === 0) return { ...NONE };
  const at = (share: number): number => first.getValueAtPercentile(share * 100) / 1000;
  return {
    count: first.totalCount,
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    maxMs: first.maxValue / 1000,
    curve: SHARES.map((share) => [share, at(share)] as const),
  };
}

const NONE: Quantiles = { count: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0, curve: [] };
