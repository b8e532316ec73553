/**
 * Sends a gateway's clients to others while the bus does not reach it: they would get heartbeats and nothing else. As a drain
 * does, but only where there is somewhere to go, and until a node is heard again.
 */
import type { DrainOptions } from '../gateway/gateway.js';
import type { BusSilence } from './bus-silence.js';

const DEADLINE_MS = 30_000;

export interface EvacuationDeps {
  readonly silence: Pick<BusSilence, 'isToBeLeft'>;
  /** WebSocket URLs of the other gateways that take clients, as far as is surely known. */
  readonly others: () => readonly string[];
  readonly drain: (options: DrainOptions) => Promise<void>;
}

export class Evacuation {
  private readonly deps: EvacuationDeps;
  private calledOff: AbortController | undefined;

  constructor(deps: EvacuationDeps) {
    this.deps = deps;
  }

  get isUnderWay(): boolean {
    return this.calledOff !== undefined;
  }

  look(): void {
    const { silence, others, drain } = this.deps;
    if (!silence.isToBeLeft) {
      this.calledOff?.abort();
      this.calledOff = undefined;
      return;
    }
    const to = others();
    if (this.isUnderWay || to.length === 0) return;
    this.calledOff = new AbortController();
    void drain({ deadlineMs: DEADLINE_MS, to, calledOff: this.calledOff.signal });
  }
}
