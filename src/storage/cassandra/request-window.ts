/**
 * A bound on what is under way: each job is a list of requests, of which the window keeps so many in flight, in order of
 * arrival. A job that fails starts nothing more and is told at once; one that has waited too long fails without having been
 * sent whole. What was sent may still land: the caller's job is in doubt.
 */
import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';

export type Request = () => Promise<unknown>;

export interface WindowBounds {
  readonly inFlightMax: number;
  /** Requests that wait; beyond it jobs are refused, and nothing of them is sent. */
  readonly waitingMax: number;
  /** From the start of a job until all of it must have been sent, milliseconds. */
  readonly sendWithinMs: number;
}

interface Job {
  readonly requests: readonly Request[];
  next: number;
  unanswered: number;
  settled: boolean;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
  stopTimer: () => void;
}

export class RequestWindow {
  private readonly bounds: WindowBounds;
  private readonly clock: Clock;
  private readonly jobs: Job[] = [];
  private waitingCount = 0;
  private inFlightCount = 0;

  constructor(bounds: WindowBounds, clock: Clock) {
    this.bounds = bounds;
    this.clock = clock;
  }

  get waiting(): number {
    return this.waitingCount;
  }

  get inFlight(): number {
    return this.inFlightCount;
  }

  /** Resolves when every request has; rejects with the first failure. */
  run(requests: readonly Request[]): Promise<void> {
    if (requests.length === 0) return Promise.resolve();
    if (this.waitingCount + requests.length > this.bounds.waitingMax) {
      const sentence = 'Too many writes wait for Cassandra.';
      return Promise.reject(new ParleyError('unavailable', { sentence, retryAfterMs: RETRY_AFTER_MS.slow }));
    }
    return new Promise((resolve, reject) => {
      const stopTimer = (): void => undefined;
      const job: Job = { requests, next: 0, unanswered: requests.length, settled: false, resolve, reject, stopTimer };
      this.jobs.push(job);
      this.waitingCount += requests.length;
      this.pump();
      if (job.next < requests.length && !job.settled) this.limitWait(job);
    });
  }

  private limitWait(job: Job): void {
    job.stopTimer = this.clock.after(this.bounds.sendWithinMs, () => {
      if (job.next === job.requests.length) return;
      const sentence = 'The write waited too long for its turn; some of it may be stored: repeat it.';
      this.fail(job, new ParleyError('timeout', { sentence, retryAfterMs: RETRY_AFTER_MS.slow }));
      this.pump();
    });
  }

  private pump(): void {
    for (
      let job = this.jobs[0];
      job !== undefined && this.inFlightCount < this.bounds.inFlightMax;
      job = this.jobs[0]
    ) {
      const request = job.settled ? undefined : job.requests[job.next];
      if (request === undefined) {
        this.jobs.shift();
        job.stopTimer();
        continue;
      }
      job.next++;
      this.waitingCount--;
      this.inFlightCount++;
      void this.send(job, request);
    }
  }

  private async send(job: Job, request: Request): Promise<void> {
    try {
      await request();
      job.unanswered--;
      if (job.unanswered === 0 && !job.settled) {
        job.settled = true;
        job.resolve();
      }
    } catch (cause) {
      this.fail(job, cause);
    } finally {
      this.inFlightCount--;
      this.pump();
    }
  }

  private fail(job: Job, cause: unknown): void {
    if (job.settled) return;
    job.settled = true;
    this.waitingCount -= job.requests.length - job.next;
    job.stopTimer();
    job.reject(cause);
  }
}
