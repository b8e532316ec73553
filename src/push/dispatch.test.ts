import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../core/fake-clock.js';
import { LIMITS } from '../core/limits.js';
import { silentLogger } from '../core/logger.js';
import { noMetrics } from '../core/metrics.js';
import type { PushEndpoint, PushEndpoints, PushJob, PushRead } from '../core/push.js';
import { seededRandom } from '../core/random.js';
import { Dispatch } from './dispatch.js';
import type { SendOutcome } from './sender.js';
import { jobOf, readOf } from './testing/jobs.js';

let clock: FakeClock;
let dispatch: Dispatch;
let devices: Map<string, PushEndpoint>;
let directoryFails: boolean;
let outcomes: SendOutcome[];
const sent: string[] = [];
const done: number[] = [];
const changed: string[] = [];

beforeEach(() => {
  clock = new FakeClock();
  for (const list of [sent, done, changed]) list.length = 0;
  outcomes = [];
  directoryFails = false;
  devices = new Map([['phone', { kind: 'fcm', token: 'one' }]]);
  const endpoints: PushEndpoints = {
    set: async () => [],
    remove: async (_userId, deviceId) => devices.delete(deviceId),
    async list() {
      if (directoryFails) throw new Error('the directory is away');
      return [...devices].map(([deviceId, endpoint]) => ({ deviceId, endpoint }));
    },
  };
  const fcm = {
    async send({ token }: { readonly token: string }, job: PushJob): Promise<SendOutcome> {
      sent.push(`${token}#${job.seq}`);
      return outcomes.shift() ?? { type: 'sent' };
    },
    async takeBack({ token }: { readonly token: string }, { seq, badge }: PushRead): Promise<SendOutcome> {
      sent.push(`${token}#${seq} read, ${badge} left`);
      return outcomes.shift() ?? { type: 'sent' };
    },
  };
  const webpush = {
    async send(_: PushEndpoint, { seq }: PushJob): Promise<SendOutcome> {
      sent.push(`browser#${seq}`);
      return { type: 'sent' };
    },
  };
  dispatch = new Dispatch({
    ...{
      endpoints,
      senders: { fcm, webpush },
      clock,
      random: seededRandom(1),
      logger: silentLogger,
      metrics: noMetrics,
    },
    done: ({ seq }) => done.push(seq),
    endpointsChanged: (userId) => changed.push(userId),
  });
});

async function tell(more: Partial<PushJob> = {}): Promise<void> {
  dispatch.receive({ type: 'push_job', job: jobOf(more) });
  await clock.settle();
}
async function read(): Promise<void> {
  dispatch.receive({ type: 'push_read', job: readOf() });
  await clock.settle();
}
const retry = (afterMs?: number): SendOutcome => ({ type: 'retry', reason: 'busy', afterMs });

describe('the push role', () => {
  it('sends a job once to each device and says so, however often it is told of it', async () => {
    devices.set('tablet', { kind: 'fcm', token: 'two' });
    await tell();
    await tell();
    await tell();
    expect(sent.sort()).toEqual(['one#2', 'two#2']);
    expect(done).toEqual([2, 2, 2]);
  });

  it('tries again after a growing while, not sooner than the service wants', async () => {
    outcomes = [retry(), retry(60_000)];
    await tell();
    await clock.advance(1_000);
    expect(sent.length).toBe(2);
    await clock.advance(59_000);
    expect(sent.length).toBe(2);
    await clock.advance(2_000);
    expect([sent.length, done]).toEqual([3, [2]]);
  });

  it('gives up after an hour, and the job is done with', async () => {
    outcomes = Array.from({ length: 100 }, () => retry());
    await tell();
    await clock.advance(LIMITS.pushRetryMs + 1);
    expect(done).toEqual([2]);
    expect(sent.length).toBeGreaterThan(10);
  });

  it('takes a dead endpoint out of the directory and tells the user', async () => {
    outcomes = [{ type: 'gone', reason: 'UNREGISTERED' }];
    await tell();
    expect([devices.size, changed, done]).toEqual([0, ['bob'], [2]]);
    await tell({ seq: 3 });
    expect([sent.length, done]).toEqual([1, [2, 3]]);
  });

  it('sends the later job in the place of one that waits, to the others both', async () => {
    devices.set('tablet', { kind: 'fcm', token: 'two' });
    outcomes = [retry(30_000)];
    await tell();
    await tell({ seq: 3 });
    expect(done).toEqual([]);
    await clock.advance(31_000);
    expect(sent).toEqual(['one#2', 'two#2', 'two#3', 'one#3']);
    expect(done).toEqual([3]);
  });

  it('does not send what was read elsewhere while it waited, and says so to the device', async () => {
    outcomes = [retry(30_000)];
    await tell();
    await read();
    await clock.advance(60_000);
    expect([sent, done]).toEqual([['one#2', 'one#2 read, 1 left'], [2]]);
  });

  it('has the other devices take back what was read at one, once, and never tells of it after that', async () => {
    devices.set('desk', { kind: 'fcm', token: 'two' });
    await tell();
    sent.length = 0;
    await read();
    await read();
    await tell();
    expect([sent, done]).toEqual([['one#2 read, 1 left'], [2, 2, 2, 2]]);
    await tell({ seq: 3 });
    expect(sent.slice(1).sort()).toEqual(['one#3', 'two#3']);
  });

  it('takes nothing back where the rules of a service want each push to show something', async () => {
    devices = new Map([['browser', { kind: 'webpush', url: 'https://push.example/x', p256dh: 'p', auth: 'a' }]]);
    await read();
    expect([sent, done]).toEqual([[], [2]]);
  });

  it('forgets a job while the directory is away, and takes it when it is told again', async () => {
    directoryFails = true;
    await tell();
    directoryFails = false;
    expect([sent, done]).toEqual([[], []]);
    await tell();
    expect([sent, done]).toEqual([['one#2'], [2]]);
  });

  it('takes no more jobs than it has room for, and those again when there is room', async () => {
    outcomes = Array.from({ length: LIMITS.pushJobsMax }, () => retry(10_000));
    for (let n = 0; n < LIMITS.pushJobsMax; n++)
      dispatch.receive({ type: 'push_job', job: jobOf({ userId: `u${n}` }) });
    await clock.settle();
    await tell();
    expect(done).toEqual([]);
    await clock.advance(12_000);
    const { length } = done;
    await tell();
    expect([length, done.length]).toEqual([LIMITS.pushJobsMax, LIMITS.pushJobsMax + 1]);
  });

  it('does what it can with a kind that is not configured: nothing, and the job is done with', async () => {
    devices.set('phone', { kind: 'apns', token: 'x' });
    await tell();
    expect([sent, done]).toEqual([[], [2]]);
  });
});
