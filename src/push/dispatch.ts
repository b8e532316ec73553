/**
 * The push role: takes jobs from user actors, sends each to the user's devices, tries again what failed for now, and says
 * when a job is done with. Holds nothing that must not be lost: a job stays with its actor until then, and is told again.
 * A later job of a channel takes the place of the one before it; a device that had that one gets the later one, too. To
 * have read a channel is such a job: what was to be told of it is told no more, and what devices show is taken back.
 *
 * Where a device is reached is asked for again after each wait: it may be logged out by then, and its address another user's.
 */
import { type BackoffSpan, backoffMs } from '../core/backoff.js';
import type { Clock } from '../core/clock.js';
import { sleep } from '../core/clock.js';
import type { UserId } from '../core/ids.js';
import { LIMITS } from '../core/limits.js';
import type { Logger } from '../core/logger.js';
import type { Metrics } from '../core/metrics.js';
import {
  type AnyPush,
  addressOf,
  type DeviceEndpoint,
  orderOf,
  type PushEndpoint,
  type PushEndpoints,
} from '../core/push.js';
import type { Random } from '../core/random.js';
import type { PushEnvelope } from '../protocol/bus-messages.js';
import { SendSlots } from './send-slots.js';
import type { PushSender, PushSenders, SendOutcome } from './sender.js';

const SEND_AGAIN: BackoffSpan = { firstMs: 1_000, mostMs: 5 * 60_000 };
/** The directory is ours. */
const LIST_AGAIN: BackoffSpan = { firstMs: 1_000, mostMs: 10_000 };
/** Channels whose last job is remembered, so that one that is told again after it was done is not sent again. */
const REMEMBERED_MAX = 50_000;

export interface DispatchDeps {
  readonly endpoints: PushEndpoints;
  readonly senders: PushSenders;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Tells the user's actor that the channel's jobs up to this one are done with. May be lost: the actor asks again. */
  readonly done: (job: AnyPush) => void;
  /** An endpoint of the user was taken out of the directory. */
  readonly endpointsChanged: (userId: UserId) => void;
  /** Whether the user's jobs still come to this process. Where another one serves the user by now, what waits is left to it. */
  readonly serves: (userId: UserId) => boolean;
}

/** One channel of one user, as long as something of it is to be sent. */
interface Task {
  job: AnyPush;
  cancelled: boolean;
  /** The directory is being asked for the devices; and once more after that, for a job that came meanwhile. */
  listing: boolean;
  again: boolean;
  readonly devices: Map<string, DeviceState>;
}

/** The place of the newest job that the device had, and whether somebody is at it. */
interface DeviceState {
  sent: number;
  busy: boolean;
}

/** The attempts to send one job to one device. */
interface Tries {
  readonly order: number;
  readonly giveUpMs: number;
  count: number;
}

export class Dispatch {
  private readonly deps: DispatchDeps;
  private readonly tasks = new Map<string, Task>();
  private readonly finished = new Map<string, AnyPush>();
  private readonly slots = new SendSlots();
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly count: ReturnType<typeof counters>;
  private closed = false;

  constructor(deps: DispatchDeps) {
    this.deps = deps;
    this.count = counters(deps.metrics);
    deps.metrics.gauge('parley_push_jobs', 'Push jobs under way', () => this.tasks.size);
  }

  receive(envelope: PushEnvelope): void {
    if (!this.closed) this.take(envelope.job);
  }

  /**
   * Takes nothing more. Resolves when what is being sent has its answer, and the jobs that are done with by that were said to be;
   * the others are told again to whoever comes after.
   */
  async close(): Promise<void> {
    this.closed = true;
    for (const task of this.tasks.values()) task.cancelled = true;
    while (this.underWay.size > 0) await Promise.allSettled(this.underWay);
    this.tasks.clear();
    for (const sender of Object.values(this.deps.senders)) sender.close?.();
  }

  private take(job: AnyPush): void {
    const key = keyOf(job);
    const finished = this.finished.get(key);
    if (finished !== undefined && orderOf(job) <= orderOf(finished)) return this.deps.done(finished);
    const task = this.tasks.get(key);
    if (task !== undefined) {
      if (orderOf(job) < orderOf(task.job)) return;
      if (orderOf(job) === orderOf(task.job)) {
        task.job = job; // it may count anew what is unread
        return;
      }
      if (job.type === 'read' && task.job.type === 'message') this.count.cancelled.add();
      task.job = job;
      void this.start(task);
      return;
    }
    if (this.tasks.size >= LIMITS.pushJobsMax) return this.count.overflowed.add(); // its actor tells it again
    this.count.taken.add();
    const fresh: Task = { job, cancelled: false, listing: false, again: false, devices: new Map() };
    this.tasks.set(key, fresh);
    void this.start(fresh);
  }

  /** Sees to it that somebody is at each device that lacks the task's job. */
  private async start(task: Task): Promise<void> {
    task.again = task.listing;
    if (task.listing) return;
    task.listing = true;
    const endpoints = await this.list(task);
    task.listing = false;
    if (task.cancelled) return;
    if (endpoints === undefined) return this.giveBack(task);
    for (const device of endpoints) {
      const state = task.devices.get(device.deviceId) ?? { sent: 0, busy: false };
      task.devices.set(device.deviceId, state);
      if (state.busy || state.sent >= orderOf(task.job)) continue;
      state.busy = true;
      void this.deliver(task, device, state);
    }
    if (task.again) void this.start(task);
    else this.finishIfDone(task);
  }

  /** Again and again while the directory is away. Undefined when it was for too long, or the task is cancelled. */
  private async list(task: Task): Promise<readonly DeviceEndpoint[] | undefined> {
    const tries = this.triesOf(task.job);
    while (!task.cancelled) {
      try {
        return await this.deps.endpoints.list(task.job.userId);
      } catch (cause) {
        this.deps.logger.warn({ err: cause }, 'a push waits for the directory');
        if (!(await this.wait(tries, LIST_AGAIN))) return undefined;
      }
    }
    return undefined;
  }

  /** By forgetting it: its actor tells it again. Who is at a device stops. */
  private giveBack(task: Task): void {
    task.cancelled = true;
    this.forget(task);
  }

  private async deliver(task: Task, { deviceId, ...first }: DeviceEndpoint, state: DeviceState): Promise<void> {
    let endpoint: PushEndpoint | undefined = first.endpoint;
    let tries = this.triesOf(task.job);
    while (endpoint !== undefined && !task.cancelled && state.sent < orderOf(task.job)) {
      const { job } = task;
      if (tries.order !== orderOf(job)) tries = this.triesOf(job);
      const outcome: SendOutcome | undefined = await this.track(this.attempt(task, { deviceId, endpoint }, state, job));
      if (outcome?.type === 'retry' && !(await this.pause(tries, outcome))) state.sent = orderOf(job);
      if (state.sent >= orderOf(job)) continue;
      if (this.deps.serves(job.userId)) endpoint = await this.endpointNow(task, deviceId);
      else this.giveBack(task);
    }
    state.busy = false;
    this.finishIfDone(task);
  }

  private async endpointNow(task: Task, deviceId: string): Promise<PushEndpoint | undefined> {
    const devices = await this.list(task);
    return devices?.find((device) => device.deviceId === deviceId)?.endpoint;
  }

  /** One send, and what follows from its outcome. Undefined: it was not tried. */
  private async attempt(
    task: Task,
    device: DeviceEndpoint,
    state: DeviceState,
    job: AnyPush,
  ): Promise<SendOutcome | undefined> {
    const outcome = await this.slots.run(job.userId, device.endpoint, () => this.send(task, device, job));
    if (outcome === undefined || outcome.type === 'retry') return outcome;
    if (await this.settled(task, device, outcome)) state.sent = orderOf(job);
    if (this.closed) {
      state.busy = false;
      this.finishIfDone(task);
    }
    return outcome;
  }

  private async track<Result>(work: Promise<Result>): Promise<Result> {
    this.underWay.add(work);
    try {
      return await work;
    } finally {
      this.underWay.delete(work);
    }
  }

  /** False: the job was given up. */
  private async pause(tries: Tries, { afterMs, reason }: Extract<SendOutcome, { type: 'retry' }>): Promise<boolean> {
    this.count.retried.add();
    if (await this.wait(tries, SEND_AGAIN, afterMs)) return true;
    this.count.gaveUp.add();
    this.deps.logger.warn({ reason }, 'a push was given up');
    return false;
  }

  private triesOf(job: AnyPush): Tries {
    return { order: orderOf(job), giveUpMs: this.deps.clock.monotonic() + LIMITS.pushRetryMs, count: 0 };
  }

  /** Exponential with jitter; never sooner than the service wants. False: there is no time for another attempt. */
  private async wait(tries: Tries, span: BackoffSpan, afterMs = 0): Promise<boolean> {
    const { clock, random } = this.deps;
    const waitMs = Math.max(backoffMs(span, tries.count++, random), afterMs);
    if (clock.monotonic() + waitMs > tries.giveUpMs) return false;
    await sleep(clock, waitMs);
    return true;
  }

  /** Undefined: it was not tried. */
  private async send(
    task: Task,
    { deviceId, endpoint }: DeviceEndpoint,
    job: AnyPush,
  ): Promise<SendOutcome | undefined> {
    if (task.cancelled || orderOf(task.job) > orderOf(job)) return undefined; // while it waited for a slot
    const sender = this.deps.senders[endpoint.kind] as PushSender | undefined;
    if (sender === undefined) return { type: 'refused', reason: 'not configured' };
    if (job.type === 'message') return sender.send(endpoint, job);
    return deviceId === job.readAt ? { type: 'skipped' } : (sender.takeBack?.(endpoint, job) ?? { type: 'skipped' });
  }

  /** Whether the device is done with the job. Else it was reached in vain where it is reached no more. */
  private async settled(task: Task, { deviceId, endpoint }: DeviceEndpoint, outcome: SendOutcome): Promise<boolean> {
    if (outcome.type === 'sent') this.count.sent.add();
    if (outcome.type === 'sent' || outcome.type === 'skipped') return true;
    const { reason } = outcome;
    if (outcome.type !== 'gone') {
      this.count.refused.add();
      this.deps.logger.warn({ kind: endpoint.kind, reason }, 'a push was refused');
      return true;
    }
    return this.remove(task.job.userId, { deviceId, endpoint }, reason);
  }

  /** False: it is another endpoint by now, or none. */
  private async remove(userId: UserId, { deviceId, endpoint }: DeviceEndpoint, reason: string): Promise<boolean> {
    try {
      if (!(await this.deps.endpoints.remove(userId, deviceId, addressOf(endpoint)))) return false;
      this.count.gone.add();
      this.deps.logger.info({ kind: endpoint.kind, reason }, 'a push endpoint is dead and was removed');
      this.deps.endpointsChanged(userId);
    } catch (cause) {
      this.deps.logger.warn({ err: cause }, 'a dead push endpoint stays for now');
    }
    return true;
  }

  private finishIfDone(task: Task): void {
    const { job, devices } = task;
    const key = keyOf(job);
    if (task.listing || this.tasks.get(key) !== task) return;
    for (const { busy, sent } of devices.values()) if (busy || (task.cancelled && sent < orderOf(job))) return;
    if (task.cancelled && devices.size === 0) return; // who they are was not known yet
    this.forget(task);
    this.remember(key, job);
    this.deps.done(job);
  }

  private forget(task: Task): void {
    const key = keyOf(task.job);
    if (this.tasks.get(key) === task) this.tasks.delete(key);
  }

  private remember(key: string, job: AnyPush): void {
    this.finished.delete(key);
    this.finished.set(key, job);
    const [oldest] = this.finished.keys();
    if (this.finished.size > REMEMBERED_MAX && oldest !== undefined) this.finished.delete(oldest);
  }
}

const keyOf = ({ userId, channelId }: Pick<AnyPush, 'userId' | 'channelId'>): string => `${userId}/${channelId}`;

function counters(metrics: Metrics) {
  const counter = (name: string, help: string) => metrics.counter(`parley_push_${name}_total`, help);
  return {
    taken: counter('jobs', 'Push jobs taken'),
    overflowed: counter('overflowed', 'Push jobs not taken since there were too many'),
    cancelled: counter('cancelled', 'Push jobs cancelled: read elsewhere'),
    sent: counter('sent', 'Notifications that a push service took'),
    retried: counter('retried', 'Notifications to be tried again'),
    refused: counter('refused', 'Notifications that were refused for good'),
    gaveUp: counter('given_up', 'Notifications given up after many tries'),
    gone: counter('endpoints_gone', 'Endpoints that were dead and removed'),
  };
}
