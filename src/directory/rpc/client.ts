import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import type { Directory } from '../directory.js';
import type { DirectoryLink } from './link.js';
import {
  type AreaName,
  type Areas,
  type Call,
  type FromDirectory,
  fromWireError,
  METHODS,
  type Reply,
} from './messages.js';

export interface DirectoryClientOptions {
  readonly link: DirectoryLink;
  readonly clock: Clock;
  /** Told when the other side is lost, or answers with what is no operating error. */
  readonly onFailure: (error: Error) => void;
  readonly deadlineMs?: number;
  readonly callsWaitingMax?: number;
}

interface Waiting {
  settle(reply: Reply): void;
  fail(error: ParleyError): void;
}

/**
 * A directory that works elsewhere, as a Directory. Calls of one turn of the event loop travel together. A call without
 * an answer in time rejects with `timeout`, though it may still take effect; more than `callsWaitingMax` not answered reject
 * with `overloaded` and take none. Resolves once the other side is ready; rejects with its reason when it refuses.
 */
export async function connectDirectory(options: DirectoryClientOptions): Promise<Directory> {
  const client = new Client(options);
  await client.ready;
  return client.directory();
}

class Client {
  readonly ready: Promise<void>;
  private readonly options: Required<DirectoryClientOptions>;
  private readonly waiting = new Map<number, Waiting>();
  /** Also those that timed out: they still take room on the other side. */
  private unanswered = 0;
  private outgoing: Call[] = [];
  private nextId = 1;
  private open = true;
  private closed: Promise<void> | undefined;
  private becomeReady: () => void = () => {};
  private refuse: (error: Error) => void = () => {};
  private becomeClosed: () => void = () => {};

  constructor(options: DirectoryClientOptions) {
    this.options = {
      deadlineMs: LIMITS.directoryDeadlineMs,
      callsWaitingMax: LIMITS.directoryCallsWaitingMax,
      ...options,
    };
    this.ready = new Promise((resolve, reject) => {
      this.becomeReady = resolve;
      this.refuse = reject;
    });
    options.link.listen(
      (message) => this.receive(message),
      (cause) => this.lost(cause),
    );
  }

  directory(): Directory {
    return {
      accounts: this.area('accounts'),
      settings: this.area('settings'),
      friends: this.area('friends'),
      devices: this.area('devices'),
      refreshTokens: this.area('refreshTokens'),
      pushEndpoints: this.area('pushEndpoints'),
      administration: this.area('administration'),
      audit: this.area('audit'),
      people: this.area('people'),
      close: () => this.close(),
    };
  }

  private area<A extends AreaName>(area: A): Areas[A] {
    const methods = Object.keys(METHODS[area]).map((method) => [
      method,
      (...args: readonly unknown[]) => this.call(area, method, args),
    ]);
    return Object.fromEntries(methods) as Areas[A];
  }

  private call(area: AreaName, method: string, args: readonly unknown[]): Promise<unknown> {
    if (!this.open) return Promise.reject(new ParleyError('unavailable'));
    if (this.unanswered >= this.options.callsWaitingMax)
      return Promise.reject(new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.slow }));
    const id = this.nextId++;
    this.unanswered++;
    return new Promise((resolve, reject) => {
      const cancel = this.options.clock.after(this.options.deadlineMs, () => {
        this.waiting.delete(id);
        reject(new ParleyError('timeout'));
      });
      this.waiting.set(id, {
        settle(reply) {
          cancel();
          if (reply.ok) resolve(reply.value);
          else reject(fromWireError(reply.error));
        },
        fail(error) {
          cancel();
          reject(error);
        },
      });
      if (this.outgoing.push({ id, area, method, args }) === 1) queueMicrotask(() => this.flush());
    });
  }

  private flush(): void {
    const calls = this.outgoing;
    this.outgoing = [];
    if (calls.length > 0) this.options.link.send({ type: 'calls', calls });
  }

  private receive(message: FromDirectory): void {
    if (message.type === 'ready') this.becomeReady();
    else if (message.type === 'refused') this.refuse(fromWireError(message.error));
    else if (message.type === 'closed') this.becomeClosed();
    else for (const reply of message.replies) this.settle(reply);
  }

  private settle(reply: Reply): void {
    if (!reply.ok && reply.error.kind === 'internal') this.options.onFailure(fromWireError(reply.error));
    this.unanswered--;
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    waiting?.settle(reply);
  }

  private lost(cause: Error): void {
    const error = new ParleyError('unavailable', { cause });
    const wasOpen = this.open;
    this.open = false;
    this.refuse(error);
    this.becomeClosed();
    for (const waiting of this.waiting.values()) waiting.fail(error);
    this.waiting.clear();
    if (wasOpen) this.options.onFailure(cause);
  }

  private close(): Promise<void> {
    this.closed ??= new Promise((resolve) => {
      this.becomeClosed = resolve;
      if (!this.open) return resolve();
      this.flush();
      this.open = false;
      this.options.link.send({ type: 'close' });
    });
    return this.closed;
  }
}
