/** What happened in a run of faults, told as it goes, and in a table at its end. */
import { median } from '../../bench/report/median.js';
import { figure, table } from '../../bench/report/table.js';
import type { Notes } from '../people/people.js';

interface Run {
  readonly seed: number;
  /** What the names of its faults hold. */
  readonly only: string;
}

export class FaultsReport {
  private readonly run: Run;
  /** By the name of the fault: how long after each of its kind all was well. */
  private readonly healedMs = new Map<string, number[]>();
  private readonly names: string[] = [];
  private faults = 0;

  constructor(run: Run) {
    this.run = run;
  }

  happened(name: string, tookMs: number, healedMs: number): void {
    this.healedMs.set(name, [...(this.healedMs.get(name) ?? []), healedMs]);
    say(`fault ${++this.faults}: ${name}, ${tookMs} ms; all well ${healedMs} ms after it`);
  }

  /** Nodes that had ended by themselves, since others had taken over, and were started again. */
  fenced(names: readonly string[]): void {
    this.names.push(...names);
    if (names.length > 0) say(`fenced, said so and started again: ${names.join(' ')}`);
  }

  print({ acknowledged, seen }: Notes, findings: readonly string[]): void {
    const rows = [...this.healedMs].map(([name, ms]) => [
      name,
      `${ms.length}`,
      figure(median(ms)),
      figure(Math.max(...ms)),
    ]);
    const counts = `${figure(acknowledged.length)} messages acknowledged, ${figure(seen.length)} events seen`;
    say(`\n${table(['fault', 'times', 'all well after, median ms', 'longest'], rows)}\n`);
    say(
      `${this.faults} faults, ${this.names.length} nodes fenced; ${counts}; ${findings.length} findings of the checker.`,
    );
    const { seed, only } = this.run;
    const some = only === '' ? '' : ` FAULTS_ONLY='${only}'`;
    say(`The same faults again: FAULTS=${this.faults} FAULTS_SEED=${seed}${some} make faults`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
