import { type BackoffSpan, backoffMs } from '../../core/backoff.js';
import type { Epoch } from '../../core/epoch.js';
import { ParleyError } from '../../core/errors.js';
import type { ActorId } from '../../core/ids.js';
import type { Actor, ActorContext } from './actor.js';
import { Mailbox } from './mailbox.js';
import type { TickGroup, TickGroups } from './tick-groups.js';

export type CellState = 'empty' | 'activating' | 'running' | 'waiting' | 'passivating';

/** How long until what crashed starts again, milliseconds; longer after each crash in quick succession. */
const CRASH_BACKOFF: BackoffSpan = { firstMs: 100, mostMs: 5_000 };
/** Crashes further apart than this count as first ones, milliseconds. */
const CRASHES_FORGOTTEN_MS = 60_000;

/** One activation as its actor sees it. */
export class Activation implements ActorContext {
  readonly id: ActorId;
  readonly epoch: Epoch;
  alive = true;
  private readonly events: ActivationEvents;

  constructor(id: ActorId, epoch: Epoch, events: ActivationEvents) {
    this.id = id;
    this.epoch = epoch;
    this.events = events;
  }

  /** What whoever sent the message is told that it failed on. */
  failure(cause: unknown): ParleyError {
    if (!this.alive) return new ParleyError('not_owner');
    return new ParleyError('internal', { cause, retryAfterMs: CRASH_BACKOFF.firstMs });
  }

  requestTick(): void {
    if (this.alive) this.events.onTickRequested(this);
  }

  end(): void {
    if (this.alive) this.events.onEnd(this);
  }

  crash(cause: unknown): void {
    if (this.alive) this.events.onCrash(this, cause);
  }
}

/** Of all activations of a system: one that rests holds nothing of its own for them. */
export interface ActivationEvents {
  onTickRequested(activation: Activation): void;
  onEnd(activation: Activation): void;
  onCrash(activation: Activation, cause: unknown): void;
}

/** An actor's place on this node: its mailbox and where it is in its life. Plain data; ActorSystem drives it. */
export class ActorCell<Message> {
  readonly id: ActorId;
  state: CellState = 'empty';
  actor: Actor<Message> | undefined;
  activation: Activation | undefined;
  readonly mailbox = new Mailbox<Message>();
  /** Whether it is in the run queue. */
  queued = false;
  /** Monotonic, whole milliseconds: V8 keeps whole numbers in place, others beside the object. */
  lastUsedMs = 0;
  /** How often it crashed, or could not be activated after that, in quick succession. */
  crashes = 0;
  /** Monotonic, milliseconds. */
  crashedAtMs = 0;
  /** Called once activation has ended, with what it failed with. */
  activationWaiters: ((failure: unknown) => void)[] | undefined;
  private tickGroup: TickGroup<ActorCell<Message>> | undefined;

  constructor(id: ActorId) {
    this.id = id;
  }

  /** Notes that it crashed; returns how long until it may start again, milliseconds. */
  backOff(nowMs: number): number {
    this.crashes = nowMs - this.crashedAtMs > CRASHES_FORGOTTEN_MS ? 1 : this.crashes + 1;
    this.crashedAtMs = nowMs;
    return backoffMs(CRASH_BACKOFF, this.crashes - 1);
  }

  /** Does nothing when it ticks. */
  startTicking(groups: TickGroups<ActorCell<Message>>): void {
    this.tickGroup ??= groups.join(this);
  }

  stopTicking(): void {
    this.tickGroup?.delete(this);
    this.tickGroup = undefined;
  }
}

/** An actor in memory, for operators. */
export interface ActorPlace {
  readonly id: ActorId;
  readonly state: CellState;
  readonly epoch: Epoch | undefined;
  readonly mailboxMessages: number;
  readonly idleMs: number;
  readonly crashes: number;
  readonly facts: Readonly<Record<string, string>>;
}

export function placeOf<Message>(cell: ActorCell<Message>, nowMs: number): ActorPlace {
  const { id, state, mailbox, crashes, actor, activation } = cell;
  return {
    ...{ id, state, crashes },
    epoch: activation?.epoch,
    mailboxMessages: mailbox.length,
    idleMs: Math.max(0, nowMs - cell.lastUsedMs),
    facts: actor?.facts() ?? {},
  };
}
