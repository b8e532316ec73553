/** Something hot, measured alone beside a raw floor in the same run. */

export interface Candidate {
  readonly name: string;
  /** Does it `count` times; resolves when all of it is done. */
  run(count: number): Promise<void> | void;
  close?(): Promise<void> | void;
}

export interface MicroCase {
  readonly name: string;
  /** What one of them is, in a few words. */
  readonly one: string;
  /** How many make a round. */
  readonly count: number;
  /** The first one is the floor. */
  open(): Promise<readonly Candidate[]> | readonly Candidate[];
}

export interface CandidateResult {
  readonly name: string;
  /** Medians over the rounds, of one of them. */
  readonly nanoseconds: number;
  readonly processorNanoseconds: number;
  /** Processor time as a multiple of the floor's. */
  readonly timesFloor: number;
}

export interface CaseResult {
  readonly name: string;
  readonly one: string;
  readonly count: number;
  readonly candidates: readonly CandidateResult[];
}

interface Round {
  readonly nanoseconds: number;
  readonly processorNanoseconds: number;
}

/** The candidates take turns, so that what else the machine does falls on all of them. */
export async function measureCase({ name, one, count, open }: MicroCase, rounds: number): Promise<CaseResult> {
  const candidates = await open();
  const all = candidates.map((): Round[] => []);
  for (const candidate of candidates) await candidate.run(Math.ceil(count / 4));
  for (let round = 0; round < rounds; round++)
    for (const [index, candidate] of candidates.entries()) all[index]?.push(await roundOf(candidate, count));
  for (const candidate of candidates) await candidate.close?.();
  const floor = median((all[0] ?? []).map((round) => round.processorNanoseconds));
  return {
    name,
    one,
    count,
    candidates: candidates.map((candidate, index) => {
      const own = all[index] ?? [];
      const processorNanoseconds = median(own.map((round) => round.processorNanoseconds));
      return {
        name: candidate.name,
        nanoseconds: median(own.map((round) => round.nanoseconds)),
        processorNanoseconds,
        timesFloor: processorNanoseconds / floor,
      };
    }),
  };
}

async function roundOf(candidate: Candidate, count: number): Promise<Round> {
  const processor = process.cpuUsage();
  const start = performance.now();
  await candidate.run(count);
  const nanoseconds = ((performance.now() - start) * 1e6) / count;
  const { user, system } = process.cpuUsage(processor);
  return { nanoseconds, processorNanoseconds: ((user + system) * 1e3) / count };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Lets I/O and whatever waits for it have a turn. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
