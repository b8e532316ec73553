import type { BenchOptions } from '../options.js';
import type { Series } from '../report/plot.js';

/** One figure held against its target. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the floor reached in the same run. */
  readonly floor?: number;
  /** The bound as text, and whether it is kept. */
  readonly target?: string;
  readonly reached?: boolean;
}

export interface ScenarioResult {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
  readonly data: unknown;
  readonly series?: readonly Series[];
}

export interface ScenarioContext {
  readonly options: BenchOptions;
  /** Tells what is being done. */
  readonly say: (sentence: string) => void;
}

export type Scenario = (context: ScenarioContext) => Promise<ScenarioResult>;

export const atMost = (value: number, bound: number): Pick<Figure, 'target' | 'reached'> => ({
  target: `≤ ${bound}`,
  reached: value <= bound,
});
export const atLeast = (value: number, bound: number): Pick<Figure, 'target' | 'reached'> => ({
  target: `≥ ${bound}`,
  reached: value >= bound,
});
