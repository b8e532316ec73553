/**
 * The push role: takes jobs from user actors, sends each to the user's devices, tries again what failed for now, and says
 * when a job is done with. Holds nothing that must not be lost: a job stays with its actor until then, and is told again.
 * A later job of a channel takes the place of the one before it; a device that had that one gets the later one, too. To
 * have read a channel is such a job: what was to be told of it is told no more, and what devices show is taken back.
 */
import type { Clock } from '../core/clock.js';
import { sleep } from '../core/clock.js';
import type { UserId } from '../core/ids.js';
import { LIMITS } from '../core/limits.js';
import type { Logger } from '../core/logger.js';
import type { Metrics } from '../core/metrics.js';
import { type AnyPush, addressOf, type DeviceEndpoint, orderOf, type PushEndpoints } from '../core/push.js';
import type { Random } from '../core/random.js';
import type { PushEnvelope } from '../protocol/bus-messages.js';
import type { PushSender, PushSenders, SendOutcome } from './sender.js';
import { Slots } from './slots.js';

const RETRY_MS = 1_000;
const RETRY_MAX_MS = 5 * 60_000;
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
}

/** One channel of one user, as long as something of it is to be sent. */
interface Task {
  job: AnyPush;
  cancelled: boolean;
  /** How often the directory is being asked for the devices. */
  starting: number;
  readonly devices: Map<string, DeviceState>;
}

/** The place of the newest job that the device had, and whether somebody is at it. */
interface DeviceState {
  sent: number;
  busy: boolean;
}

export class Dispatch {
  private readonly deps: DispatchDeps;
  private readonly tasks = new Map<string, Task>();
  private readonly finished = new Map<string, AnyPush>();
  private readonly slots = new Slots(LIMITS.pushSendsAtOnceMax);
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

  /** Takes nothing more; what is under way is told again to whoever comes after. */
  close(): void {
    this.closed = true;
    for (const task of this.tasks.values()) task.cancelled = true;
    this.tasks.clear();
    for (const sender of Object.values(this.deps.senders)) sender.close?.();
  }

  private take(job: AnyPush): void {
    const key = keyOf(job);
    const finished = this.finished.get(key);
    if (finished !== undefined && orderOf(job) <= orderOf(finished)) return this.deps.done(finished);
    const task = this.tasks.get(key);
    if (task !== undefined) {
      if (orderOf(job) <= orderOf(task.job)) return;
      if (job.type === 'read' && task.job.type === 'message') this.count.cancelled.add();
      task.job = job;
      void this.start(task);
      return;
    }
    if (this.tasks.size >= LIMITS.pushJobsMax) return this.count.overflowed.add(); // its actor tells it again
    this.count.taken.add();
    const fresh: Task = { job, cancelled: false, starting: 0, devices: new Map() };
    this.tasks.set(key, fresh);
    void this.start(fresh);
  }

  /** Sees to it that somebody is at each device that lacks the task's job. */
  private async start(task: Task): Promise<void> {
    task.starting++;
    const endpoints = await this.endpointsOf(task);
    task.starting--;
    if (task.cancelled || endpoints === undefined) return;
    for (const device of endpoints) {
      const state = task.devices.get(device.deviceId) ?? { sent: 0, busy: false };
      task.devices.set(device.deviceId, state);
      if (state.busy || state.sent >= orderOf(task.job)) continue;
      state.busy = true;
      void this.deliver(task, device, state);
    }
    this.finishIfDone(task);
  }

  /** Undefined when the directory cannot be asked: the job is given back by being forgotten. */
  private async endpointsOf(task: Task): Promise<readonly DeviceEndpoint[] | undefined> {
    try {
      return await this.deps.endpoints.list(task.job.userId);
    } catch (cause) {
      this.deps.logger.warn({ err: cause }, 'a push waits for the directory');
      if (![...task.devices.values()].some(({ busy }) => busy)) this.forget(task);
      return undefined;
    }
  }

  private async deliver(task: Task, device: DeviceEndpoint, state: DeviceState): Promise<void> {
    const giveUpMs = this.deps.clock.monotonic() + LIMITS.pushRetryMs;
    for (let attempt = 0; !task.cancelled && state.sent < orderOf(task.job); attempt++) {
      const { job } = task;
      const outcome = await this.slots.run(() => this.send(task, device, job));
      if (outcome.type !== 'retry') {
        state.sent = orderOf(job);
        await this.settled(task, device, outcome);
        if (outcome.type === 'gone') break;
        attempt = -1; // a job that came meanwhile starts over
        continue;
      }
      this.count.retried.add();
      const waitMs = this.waitMs(attempt, outcome.afterMs);
      if (this.deps.clock.monotonic() + waitMs > giveUpMs) {
        this.count.gaveUp.add();
        this.deps.logger.warn({ kind: device.endpoint.kind, reason: outcome.reason }, 'a push was given up');
        state.sent = orderOf(job);
        break;
      }
      await sleep(this.deps.clock, waitMs);
    }
    state.busy = false;
    this.finishIfDone(task);
  }

  private async send(task: Task, { deviceId, endpoint }: DeviceEndpoint, job: AnyPush): Promise<SendOutcome> {
    if (task.cancelled) return { type: 'refused', reason: 'cancelled' };
    const sender = this.deps.senders[endpoint.kind] as PushSender | undefined;
    if (sender === undefined) return { type: 'refused', reason: 'not configured' };
    if (job.type === 'message') return sender.send(endpoint, job);
    return deviceId === job.readAt ? { type: 'skipped' } : (sender.takeBack?.(endpoint, job) ?? { type: 'skipped' });
  }

  /** Exponential with jitter; never sooner than the service wants. */
  private waitMs(attempt: number, afterMs: number | undefined): number {
    const backoffMs = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** attempt) * (0.5 + this.deps.random.fraction() / 2);
    return Math.max(backoffMs, afterMs ?? 0);
  }

  private async settled(task: Task, { deviceId, endpoint }: DeviceEndpoint, outcome: SendOutcome): Promise<void> {
    const { userId } = task.job;
    if (task.cancelled || outcome.type === 'skipped') return;
    if (outcome.type === 'sent') return this.count.sent.add();
    const { reason } = outcome;
    if (outcome.type === 'refused') {
      this.count.refused.add();
      this.deps.logger.warn({ kind: endpoint.kind, reason }, 'a push was refused');
      return;
    }
    this.count.gone.add();
    this.deps.logger.info({ kind: endpoint.kind, reason }, 'a push endpoint is dead and was removed');
    try {
      if (await this.deps.endpoints.remove(userId, deviceId, addressOf(endpoint))) this.deps.endpointsChanged(userId);
    } catch (cause) {
      this.deps.logger.warn({ err: cause }, 'a dead push endpoint stays for now');
    }
  }

  private finishIfDone(task: Task): void {
    const { job, devices } = task;
    const key = keyOf(job);
    if (task.cancelled || task.starting > 0 || this.tasks.get(key) !== task) return;
    for (const { busy } of devices.values()) if (busy) return;
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
