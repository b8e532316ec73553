/**
 * Runs the actors of one node: bounded mailboxes, activation on first use, passivation when idle, re-activation under
 * the next epoch after a crash. Knows no chat. An actor's messages are handled one at a time, in order of arrival;
 * between batches the event loop gets its turn.
 */
import type { Clock } from '../../core/clock.js';
import type { Epoch } from '../../core/epoch.js';
import { isProgrammersError, ParleyError, toParleyError } from '../../core/errors.js';
import type { ActorId } from '../../core/ids.js';
import type { Logger } from '../../core/logger.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import type { Activate } from './actor.js';
import { Activation, type ActivationEvents, type ActorCell, type ActorPlace, placeOf } from './actor-cell.js';
import { Cells } from './cells.js';
import { TickGroups, TURN_MS } from './tick-groups.js';

export interface ActorSystemOptions<Message> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly activate: Activate<Message>;
  /** The epoch for a new activation, never the same twice; undefined when this node does not own the actor's shard. */
  readonly nextEpoch: (id: ActorId) => Epoch | undefined;
  /** A message that will not be handled: mailbox full, not the owner, activation failed, crashed on it. */
  readonly refuse: (id: ActorId, message: Message, error: ParleyError) => void;
  /** An activation ended by an error. */
  readonly onCrash?: (id: ActorId, error: ParleyError) => void;
  readonly mailboxMessagesMax: number;
  readonly activationsInFlightMax: number;
  /** Idle time before passivation, milliseconds. */
  readonly idleMs: (id: ActorId) => number;
  /** Whether this node still owns the actor under that epoch: what is not so is ended before it is given anything. */
  readonly isOwned?: (id: ActorId, epoch: Epoch) => boolean;
  /** Actors that come and go together: those of a shard. Default: all are one group. */
  readonly groupOf?: (id: ActorId) => number;
}

/** Messages handled before the event loop gets a turn. */
const MESSAGES_PER_TURN = 512;
const FINISH_POLL_MS = 10;

export class ActorSystem<Message> {
  private readonly options: ActorSystemOptions<Message>;
  private readonly cells: Cells<Message>;
  private runQueue: ActorCell<Message>[] = [];
  private runScheduled = false;
  private readonly ticking = new TickGroups<ActorCell<Message>>();
  private readonly activationQueue: ActorCell<Message>[] = [];
  /** So far, for metrics. */
  readonly counts = { activations: 0, crashes: 0 };
  activationsInFlight = 0;
  private stopTicks: () => void;
  private closing = false;
  private readonly events: ActivationEvents = {
    onTickRequested: (from) => this.cells.withActive(from, (cell) => cell.startTicking(this.ticking)),
    onEnd: (from) => this.cells.withActive(from, (cell) => this.passivated(cell, from)),
    onCrash: (from, cause) => this.cells.withActive(from, (cell) => this.crashed(cell, from, cause)),
  };
  /** Of these groups nothing more is taken. */
  private readonly leaving = new Set<number>();

  constructor(options: ActorSystemOptions<Message>) {
    this.options = options;
    this.cells = new Cells(options.groupOf ?? (() => 0));
    this.stopTicks = options.clock.after(TURN_MS, () => this.tickSome());
  }

  get activeCount(): number {
    return this.cells.size;
  }

  get queuedMessages(): number {
    return this.cells.queuedMessages;
  }

  /** How many of those that are wanted are in doubt or owe something. */
  busyCount(wanted: (id: ActorId) => boolean): number {
    let count = 0;
    for (const { id, actor } of this.cells.all()) if (wanted(id) && actor?.busy(true)) count++;
    return count;
  }

  isActive(id: ActorId): boolean {
    return this.cells.get(id) !== undefined;
  }

  /** An actor's place as it is now; undefined when it is not in memory. */
  placeOf(id: ActorId): ActorPlace | undefined {
    const cell = this.cells.get(id);
    return cell && placeOf(cell, this.options.clock.monotonic());
  }

  /** The ids of the actors in memory, in no order. */
  get ids(): IterableIterator<ActorId> {
    return this.cells.ids;
  }

  /** Queues a message, activating the actor if need be. What cannot be handled goes to `refuse`, never lost in silence. */
  deliver(id: ActorId, message: Message): void {
    if (this.closing) return this.options.refuse(id, message, new ParleyError('draining'));
    if (this.leaving.size > 0 && this.leaving.has(this.cells.groupOf(id)))
      return this.options.refuse(id, message, new ParleyError('not_owner'));
    const cell = this.cellFor(id);
    if (cell.mailbox.length >= this.options.mailboxMessagesMax)
      return this.options.refuse(id, message, new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.mailbox }));
    cell.mailbox.push(message);
    if (cell.state === 'running') this.enqueue(cell);
    else if (cell.state === 'empty') this.startActivation(cell);
  }

  /** Activates without a message; resolves when active, rejects with why not. */
  wake(id: ActorId): Promise<void> {
    const cell = this.cellFor(id);
    if (cell.state === 'running' || cell.state === 'waiting') return Promise.resolve();
    const done = new Promise<void>((resolve, reject) => {
      cell.activationWaiters ??= [];
      cell.activationWaiters.push((failure) => (failure === undefined ? resolve() : reject(failure)));
    });
    if (cell.state === 'empty') this.startActivation(cell);
    return done;
  }

  /** Takes nothing more, lets every actor finish what it owes (until the deadline), and passivates it. */
  async drain(deadlineMs: number): Promise<void> {
    this.closing = true;
    this.stopTicks();
    await this.finish(deadlineMs, () => this.cells.all());
  }

  /**
   * The same for the actors of one group, while the others go on: from here on, until `end`, what they are sent is refused
   * with `not_owner`. Resolves when none is left, or at the deadline.
   */
  async retire(group: number, deadlineMs: number): Promise<void> {
    this.leaving.add(group);
    await this.finish(deadlineMs, () => this.cells.ofGroup(group));
  }

  /** Ends those of a group, wherever they are, in this tick: their callbacks do nothing any more. */
  end(group: number): void {
    this.leaving.delete(group);
    for (const cell of this.cells.ofGroup(group)) this.discard(cell);
  }

  /** Whether any actor of the group is in memory. */
  hosts(group: number): boolean {
    return this.cells.ofGroup(group).size > 0;
  }

  private async finish(deadlineMs: number, left: () => Iterable<ActorCell<Message>>): Promise<void> {
    const { clock } = this.options;
    const end = clock.monotonic() + deadlineMs;
    for (;;) {
      let some = false;
      for (const cell of left()) {
        some = true;
        if (cell.state === 'running' && cell.mailbox.length === 0 && cell.actor?.busy(true) === false)
          this.passivate(cell);
        // What crashed and waits for its next start will have it at the next owner.
        else if (cell.state === 'activating' && cell.crashes > 0 && cell.activation?.alive === false)
          this.discard(cell);
      }
      if (!some || clock.monotonic() >= end) return;
      await new Promise<void>((resolve) => clock.after(FINISH_POLL_MS, resolve));
    }
  }

  private discard(cell: ActorCell<Message>): void {
    if (cell.activation !== undefined) cell.activation.alive = false;
    cell.actor = undefined;
    cell.state = 'empty';
    cell.stopTicking();
    this.cells.delete(cell);
    const { mailbox, activationWaiters } = cell;
    cell.activationWaiters = undefined;
    const error = new ParleyError(this.closing ? 'draining' : 'not_owner');
    for (const waiter of activationWaiters ?? []) waiter(error);
    for (const message of mailbox.takeAll()) this.options.refuse(cell.id, message, error);
  }

  private cellFor(id: ActorId): ActorCell<Message> {
    const cell = this.cells.get(id);
    if (cell !== undefined && this.isCurrent(cell)) return cell;
    if (cell !== undefined) this.discard(cell);
    const fresh = this.cells.add(id);
    fresh.lastUsedMs = Math.trunc(this.options.clock.monotonic());
    return fresh;
  }

  private isCurrent({ id, activation }: ActorCell<Message>): boolean {
    return activation?.alive !== true || this.options.isOwned?.(id, activation.epoch) !== false;
  }

  // ---- activation ------------------------------------------------------------------------------------------------

  private startActivation(cell: ActorCell<Message>): void {
    if (!this.cells.holds(cell)) return; // it was ended while it waited
    cell.state = 'activating';
    if (this.activationsInFlight >= this.options.activationsInFlightMax) {
      this.activationQueue.push(cell);
      return;
    }
    const epoch = this.options.nextEpoch(cell.id);
    if (epoch === undefined) return this.activationFailed(cell, new ParleyError('not_owner'));
    const activation = new Activation(cell.id, epoch, this.events);
    cell.activation = activation;
    this.activationsInFlight++;
    this.counts.activations++;
    this.options.activate(activation).then(
      (actor) => this.activated(cell, activation, actor),
      (cause: unknown) =>
        this.activationEnded(() => {
          if (activation.alive) this.activationFailed(cell, cause);
        }),
    );
  }

  private activated(cell: ActorCell<Message>, activation: Activation, actor: ActorCell<Message>['actor']): void {
    this.activationEnded(() => {
      if (!activation.alive) return;
      cell.actor = actor;
      cell.state = 'running';
      const waiters = cell.activationWaiters;
      cell.activationWaiters = undefined;
      for (const waiter of waiters ?? []) waiter(undefined);
      if (cell.mailbox.length > 0) this.enqueue(cell);
    });
  }

  private activationEnded(then: () => void): void {
    this.activationsInFlight--;
    then();
    while (this.activationsInFlight < this.options.activationsInFlightMax) {
      const next = this.activationQueue.shift();
      if (next === undefined) return;
      this.startActivation(next);
    }
  }

  private activationFailed(cell: ActorCell<Message>, cause: unknown): void {
    const error = toParleyError(cause);
    if (error.kind === 'internal') this.options.logger.error({ actor: cell.id, err: cause }, 'activation failed');
    if (cell.activation !== undefined) cell.activation.alive = false;
    const { mailbox, activationWaiters } = cell;
    cell.activationWaiters = undefined;
    // What crashed may owe something, and perhaps nobody will call it: it tries again.
    if (cell.crashes > 0 && error.kind !== 'not_owner') this.reactivateLater(cell);
    else this.cells.delete(cell);
    for (const waiter of activationWaiters ?? []) waiter(error);
    for (const message of mailbox.takeAll()) this.options.refuse(cell.id, message, error);
  }

  // ---- running ---------------------------------------------------------------------------------------------------

  private enqueue(cell: ActorCell<Message>): void {
    if (cell.queued) return;
    cell.queued = true;
    this.runQueue.push(cell);
    this.scheduleRun();
  }

  private scheduleRun(): void {
    if (this.runScheduled) return;
    this.runScheduled = true;
    this.options.clock.defer(this.run);
  }

  private readonly run = (): void => {
    this.runScheduled = false;
    const queue = this.runQueue;
    this.runQueue = [];
    const now = Math.trunc(this.options.clock.monotonic());
    let budget = MESSAGES_PER_TURN;
    let ran = 0;
    for (const cell of queue) {
      if (budget <= 0) break;
      ran++;
      cell.queued = false;
      cell.lastUsedMs = now;
      budget -= this.runCell(cell, budget);
    }
    if (ran < queue.length) this.runQueue = queue.slice(ran).concat(this.runQueue);
    if (this.runQueue.length > 0) this.scheduleRun();
  };

  /** Handles up to `budget` messages; returns how many. */
  private runCell(cell: ActorCell<Message>, budget: number): number {
    const { mailbox } = cell;
    let handled = 0;
    while (handled < budget && cell.state === 'running') {
      const message = mailbox.take();
      if (message === undefined) break;
      handled++;
      this.receive(cell, message);
    }
    if (mailbox.length > 0 && cell.state === 'running') this.enqueue(cell);
    return handled;
  }

  private receive(cell: ActorCell<Message>, message: Message): void {
    const { actor, activation } = cell;
    if (actor === undefined || activation === undefined) return;
    try {
      const waiting = actor.receive(message);
      if (waiting !== undefined) this.waitFor(waiting, cell, activation, message);
    } catch (cause) {
      this.crashedOn(cell, activation, message, cause);
    }
  }

  /** By itself, since a function with closures makes room for what they hold each time, also when it does not come to them. */
  private waitFor(waiting: Promise<void>, cell: ActorCell<Message>, activation: Activation, message: Message): void {
    cell.state = 'waiting';
    waiting.then(
      () => this.resume(cell, activation),
      (cause: unknown) => this.crashedOn(cell, activation, message, cause),
    );
  }

  private resume(cell: ActorCell<Message>, activation: Activation): void {
    if (!activation.alive) return;
    cell.state = 'running';
    if (cell.mailbox.length > 0) this.enqueue(cell);
  }

  // ---- crash -----------------------------------------------------------------------------------------------------

  private crashedOn(cell: ActorCell<Message>, activation: Activation, message: Message, cause: unknown): void {
    this.options.refuse(cell.id, message, activation.failure(cause));
    this.crashed(cell, activation, cause);
  }

  private crashed(cell: ActorCell<Message>, activation: Activation, cause: unknown): void {
    if (!activation.alive) return;
    activation.alive = false;
    this.counts.crashes++;
    const level = isProgrammersError(cause) ? 'error' : 'warn';
    this.options.logger[level]({ actor: cell.id, err: cause }, 'actor ended and will start again');
    this.options.onCrash?.(cell.id, toParleyError(cause));
    cell.actor?.crashed?.();
    cell.actor = undefined;
    cell.stopTicking();
    this.reactivateLater(cell);
  }

  /** It starts again also when nobody waits for it: what it was about to do would be left undone. */
  private reactivateLater(cell: ActorCell<Message>): void {
    const { clock } = this.options;
    cell.state = 'activating';
    clock.after(cell.backOff(clock.monotonic()), () => this.startActivation(cell));
  }

  // ---- time ------------------------------------------------------------------------------------------------------

  private tickSome(): void {
    for (const cell of this.ticking.next()) {
      if (cell.state !== 'running' || cell.actor === undefined) continue;
      try {
        if (!cell.actor.tick()) cell.stopTicking();
      } catch (cause) {
        if (cell.activation !== undefined) this.crashed(cell, cell.activation, cause);
      }
    }
    if (this.ticking.roundIsOver) this.passivateIdle();
    this.stopTicks = this.options.clock.after(TURN_MS, () => this.tickSome());
  }

  private passivateIdle(): void {
    const now = this.options.clock.monotonic();
    for (const cell of this.cells.all()) {
      if (cell.state !== 'running' || cell.mailbox.length > 0) continue;
      if (now - cell.lastUsedMs < this.options.idleMs(cell.id)) continue;
      if (cell.actor?.busy(false) === false) this.passivate(cell);
    }
  }

  private passivate(cell: ActorCell<Message>): void {
    const { actor, activation } = cell;
    if (actor === undefined || activation === undefined) return;
    cell.state = 'passivating';
    actor.passivate().then(
      () => this.passivated(cell, activation),
      (cause: unknown) => this.crashed(cell, activation, cause),
    );
  }

  private passivated(cell: ActorCell<Message>, activation: Activation): void {
    if (!activation.alive) return;
    activation.alive = false;
    cell.actor = undefined;
    cell.stopTicking();
    cell.state = 'empty';
    if (cell.mailbox.length > 0 || cell.activationWaiters !== undefined) this.startActivation(cell);
    else this.cells.delete(cell);
  }
}
