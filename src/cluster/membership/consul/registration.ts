/**
 * Keeps one process registered: a service with a check that lives for two seconds at a time, a session that hangs on that
 * check, and one key, held by the session, that says what the process is. When the check lapses, Consul ends the session and
 * removes the key, and with it the process is gone for everybody who watches. Whatever is lost is made again.
 */
import { type Clock, sleep } from '../../../core/clock.js';
import { ParleyError } from '../../../core/errors.js';
import type { Logger } from '../../../core/logger.js';
import type { ProcessInfo, ProcessLoad } from '../../../core/membership.js';
import type { ConsulHttp, KeyValue } from './consul-http.js';
import { encodeProcess } from './encoding.js';

const TTL_SECONDS = 2;
const RENEW_MS = 500;
const FORGET_AFTER = '1m';

export interface RegistrationOptions {
  readonly http: ConsulHttp;
  readonly cluster: string;
  /** Where the processes' keys are, with a slash at its end. */
  readonly prefix: string;
  /** The load is told at most so often, milliseconds; that it drains, with the next renewal. */
  readonly reportEveryMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Registration {
  private readonly options: RegistrationOptions;
  private self: ProcessInfo;
  private readonly serviceId: string;
  private sessionId: string | undefined;
  /** Whether the key is known to be held by that session. */
  private isHeld = false;
  private reportedMs = Number.NEGATIVE_INFINITY;
  /** What the registry was told last. */
  private told: ProcessInfo;
  private stopped = false;
  private working: Promise<unknown> = Promise.resolve();

  constructor(self: ProcessInfo, options: RegistrationOptions) {
    this.self = self;
    this.told = self;
    this.options = options;
    this.serviceId = `parley-${options.cluster}-${self.incarnation}`;
  }

  /** The session that was made last, which the registry may have ended since; undefined: there was none yet. */
  get session(): string | undefined {
    return this.sessionId;
  }

  get info(): ProcessInfo {
    return this.self;
  }

  /** Rejects with `unavailable`; afterwards it keeps itself registered. */
  async start(): Promise<void> {
    await this.registerService();
    const beating = this.every(() => this.beat());
    this.working = beating;
    await this.takeKey();
    this.working = Promise.all([beating, this.every(() => this.keep())]);
  }

  report(load: ProcessLoad): void {
    this.self = { ...this.self, load };
  }

  /**
   * What the registry has, or had a moment ago: a session that it ended, or a key that it lost, is made again with the next
   * renewal. What it has after all stays.
   */
  seen(entries: readonly KeyValue[]): void {
    const own = entries.find(({ key }) => key === this.self.incarnation);
    if (own?.session !== this.sessionId) this.isHeld = false;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.working;
    const { http } = this.options;
    if (this.sessionId !== undefined) await this.quietly(http.put(`/v1/session/destroy/${this.sessionId}`));
    await this.quietly(http.put(`/v1/agent/service/deregister/${this.serviceId}`));
  }

  /** As if it had died: nothing is renewed, nothing is said. For tests. */
  async abandon(): Promise<void> {
    this.stopped = true;
    await this.working;
  }

  private async quietly(call: Promise<unknown>): Promise<void> {
    await call.catch((cause: unknown) => this.options.logger.debug({ err: cause }, 'the registry was not told'));
  }

  private async every(work: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.options;
    let failing = false;
    while (!this.stopped) {
      await sleep(clock, RENEW_MS);
      if (this.stopped) return;
      try {
        await work();
        failing = false;
      } catch (cause) {
        if (!failing) logger.warn({ err: cause }, 'this process cannot renew its registration');
        failing = true;
      }
    }
  }

  /** By itself: while the registry is slow to write a key, the check must not lapse. It is the agent's alone. */
  private async beat(): Promise<void> {
    // An agent that knows no such check has lost its state.
    if (!(await this.isRenewed(`/v1/agent/check/pass/service:${this.serviceId}`))) this.isHeld = false;
  }

  private async keep(): Promise<void> {
    if (this.sessionId === undefined || !this.isHeld) return this.register();
    if (this.isDue(this.options.clock.monotonic())) await this.writeKey(this.sessionId);
  }

  /** False when the registry has no such thing. */
  private async isRenewed(path: string): Promise<boolean> {
    try {
      await this.options.http.put(path);
      return true;
    } catch (cause) {
      if (cause instanceof ParleyError && cause.kind === 'not_found') return false;
      throw cause;
    }
  }

  private isDue(nowMs: number): boolean {
    if (this.self.load.draining !== this.told.load.draining) return true;
    return this.self !== this.told && nowMs - this.reportedMs >= this.options.reportEveryMs;
  }

  private async register(): Promise<void> {
    await this.registerService();
    await this.takeKey();
  }

  /** With its check passing, from here on for as long as that is renewed. */
  private async registerService(): Promise<void> {
    const { http, cluster } = this.options;
    await http.put('/v1/agent/service/register', {
      ID: this.serviceId,
      Name: `parley-${cluster}`,
      Tags: [...this.self.roles],
      Meta: { name: this.self.name, zone: this.self.zone },
      Check: { TTL: `${TTL_SECONDS}s`, Status: 'passing', DeregisterCriticalServiceAfter: FORGET_AFTER },
    });
    await http.put(`/v1/agent/check/pass/service:${this.serviceId}`);
  }

  private async takeKey(): Promise<void> {
    await this.writeKey(await this.openSession());
    this.options.logger.info({ incarnation: this.self.incarnation }, 'registered');
  }

  /** The one that there is, as long as the registry has it: it may hold the key, although the answer to that never came. */
  private async openSession(): Promise<string> {
    const { sessionId } = this;
    if (sessionId !== undefined && (await this.isRenewed(`/v1/session/renew/${sessionId}`))) return sessionId;
    const session: unknown = JSON.parse(
      await this.options.http.put('/v1/session/create', {
        Name: this.serviceId,
        LockDelay: '0s',
        Behavior: 'delete',
        ServiceChecks: [{ ID: `service:${this.serviceId}` }],
        NodeChecks: ['serfHealth'],
      }),
    );
    const { ID } = session as { ID?: unknown };
    if (typeof ID !== 'string') throw new ParleyError('unavailable', { sentence: 'Consul gave no session.' });
    this.sessionId = ID;
    return ID;
  }

  private async writeKey(session: string): Promise<void> {
    const { http, prefix, clock } = this.options;
    const { self } = this;
    const taken = await http.put(`/v1/kv/${prefix}${self.incarnation}?acquire=${session}`, encodeProcess(self));
    if (taken.trim() !== 'true') {
      this.isHeld = false;
      await this.quietly(http.put(`/v1/session/destroy/${session}`));
      throw new ParleyError('unavailable', { sentence: 'Another session still holds the key of this process.' });
    }
    this.isHeld = true;
    this.told = self;
    this.reportedMs = clock.monotonic();
  }
}
