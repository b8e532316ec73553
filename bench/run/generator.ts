import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Order, Report, Target } from '../load/orders.js';
import { SERVER_CORE } from './server.js';

const PROGRAM = new URL('../load/generator.js', import.meta.url).pathname;

/** A load generator in a process of its own, kept off the server's core. */
export class GeneratorProcess {
  private readonly child: ChildProcess;
  private waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void } | undefined;
  private onPhase: (phase: 'measuring' | 'measured') => void = () => {};

  constructor() {
    this.child = fork(PROGRAM, [], { execArgv: ['--max-semi-space-size=32'] });
    const cores = availableParallelism();
    if (cores > 1) {
      const others = Array.from({ length: cores }, (_, core) => core).filter((core) => core !== SERVER_CORE);
      spawnSync('taskset', ['-a', '-p', '-c', others.join(','), String(this.child.pid)]);
    }
    this.child.on('message', (report: Report) => this.onReport(report));
    this.child.on('exit', (code) => this.waiting?.reject(new Error(`the load generator ended with ${code}`)));
  }

  /** One order at a time. `onPhase` hears when measuring begins and ends. */
  order<Value>(order: Order, onPhase: (phase: 'measuring' | 'measured') => void = () => {}): Promise<Value> {
    this.onPhase = onPhase;
    return new Promise((resolve, reject) => {
      this.waiting = { resolve: (value) => resolve(value as Value), reject };
      this.child.send(order);
    });
  }

  stop(): void {
    this.waiting = undefined;
    this.child.kill();
  }

  private onReport(report: Report): void {
    if (report.type === 'measuring' || report.type === 'measured') this.onPhase(report.type);
    else if (report.type === 'failed') this.waiting?.reject(new Error(report.sentence));
    else this.waiting?.resolve(report.value);
  }
}

/** Connects users 0 … end-1, or those that are named; resolves to the milliseconds it took. */
export function connect(
  generator: GeneratorProcess,
  target: Target,
  users: Partial<Pick<Extract<Order, { type: 'connect' }>, 'first' | 'which' | 'overSeconds'>> & { end: number },
): Promise<number> {
  return generator.order<number>({ type: 'connect', target, first: 0, which: 'all', overSeconds: 0, ...users });
}
