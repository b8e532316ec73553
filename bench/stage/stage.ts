import type { Target } from '../load/generator/orders.js';
import type { Victim } from '../load/scenario/scenario.js';
import type { StoreVerdict } from './verify.js';

/** What a scenario is played against. */
export interface Stage {
  /** In one sentence. */
  readonly description: string;
  readonly target: Extract<Target, { type: 'parley' }>;
  readonly api: { readonly host: string; readonly port: number; readonly path: string };
  /** User, as the server names them. */
  readonly userId: (user: number) => string;
  /** What this stage cannot tell or do. */
  readonly notMeasured: readonly string[];
  /** Of all server processes, user and system, since they started; undefined when nobody can tell. */
  processorSeconds(): Promise<number | undefined>;
  /** Undefined when nobody can tell, or it is gone. */
  residentMib(): Promise<number | undefined>;
  /** How a server that the stage started ended by itself, in a sentence. */
  endedByItself(): string | undefined;
  /** Resolve when the victim is back and ready. */
  kill(what: Victim): Promise<void>;
  drain(what: Victim): Promise<void>;
  pause(what: Victim, forSeconds: number): Promise<void>;
  /** Looks over the inboxes and logs of the store; where the stage can. */
  readonly verify?: () => Promise<StoreVerdict>;
  /** Stops what it started. */
  stop(): Promise<void>;
}
