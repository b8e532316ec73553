import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Numbered, Order, Report, Target } from '../load/generator/orders.js';
import { SERVER_CORE } from './server.js';

const PROGRAM = new URL('../load/generator/generator.js', import.meta.url).pathname;

/** Orders to one generator, and its answers; several orders may be under way. */
export class Generator {
  private readonly give: (numbered: Numbered) => void;
  private readonly waiting = new Map<number, Waiting>();
  private id = 0;
  private lostBy: string | undefined;

  constructor(give: (numbered: Numbered) => void) {
    this.give = give;
  }

  /** `onPhase` hears when measuring begins and ends. Rejects with what the generator says went wrong, and when it is lost. */
  order<Value>(order: Order, onPhase: (phase: 'measuring' | 'measured') => void = () => {}): Promise<Value> {
    if (this.lostBy !== undefined) return Promise.reject(new Error(this.lostBy));
    const id = ++this.id;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: (value) => resolve(value as Value), reject, onPhase });
      this.give({ id, order });
    });
  }

  heard(report: Report): void {
    const waiting = this.waiting.get(report.id);
    if (waiting === undefined) return;
    if (report.type === 'measuring' || report.type === 'measured') {
      waiting.onPhase(report.type);
      return;
    }
    this.waiting.delete(report.id);
    if (report.type === 'failed') waiting.reject(new Error(report.sentence));
    else waiting.resolve(report.value);
  }

  lost(sentence: string): void {
    this.lostBy = sentence;
    for (const { reject } of this.waiting.values()) reject(new Error(sentence));
    this.waiting.clear();
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onPhase: (phase: 'measuring' | 'measured') => void;
}

/** A load generator in a process of its own, kept off the server's core. */
export class GeneratorProcess extends Generator {
  private readonly child: ChildProcess;

  constructor() {
    const child = fork(PROGRAM, [], { execArgv: ['--max-semi-space-size=32'] });
    super((numbered) => child.send(numbered));
    this.child = child;
    const cores = availableParallelism();
    if (cores > 1) {
      const others = Array.from({ length: cores }, (_, core) => core).filter((core) => core !== SERVER_CORE);
      spawnSync('taskset', ['-a', '-p', '-c', others.join(','), String(child.pid)]);
    }
    child.on('message', (report: Report) => this.heard(report));
    child.on('exit', (code) => this.lost(`the load generator ended with ${code}`));
  }

  stop(): void {
    this.child.removeAllListeners('exit');
    this.child.kill();
  }
}

/** Connects users 0 … end-1, or those that are named; resolves to the milliseconds it took. */
export function connect(
  generator: Generator,
  target: Target,
  users: Partial<Pick<Extract<Order, { type: 'connect' }>, 'first' | 'which' | 'overSeconds'>> & { end: number },
): Promise<number> {
  return generator.order<number>({ type: 'connect', target, first: 0, which: 'all', overSeconds: 0, ...users });
}
