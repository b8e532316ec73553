import { beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../core/limits.js';
import { silentLogger } from '../core/logger.js';
import { noMetrics } from '../core/metrics.js';
import { addressOf, type PushEndpoint, type PushEndpoints, type PushJob, type PushRead } from '../core/push.js';
import { seededRandom } from '../core/random.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { Dispatch } from './dispatch.js';
import type { SendOutcome } from './sender.js';
import { jobOf, readOf } from './testing/jobs.js';

let clock: FakeClock;
let dispatch: Dispatch;
let devices: Map<string, PushEndpoint>;
let directoryFails: boolean;
let outcomes: SendOutcome[];
/** What happens before a send has its answer. */
let whileSending: () => unknown;
let serves: boolean;
let answerWebhooks: () => void;
const sent: string[] = [];
const done: number[] = [];
const changed: string[] = [];

beforeEach(() => {
  clock = new FakeClock();
  for (const list of [sent, done, changed]) list.length = 0;
  outcomes = [];
  whileSending = () => undefined;
  serves = true;
  directoryFails = false;
  devices = new Map([['phone', { kind: 'fcm', token: 'one' }]]);
  const endpoints: PushEndpoints = {
    set: async () => [],
    remove: async (_userId, deviceId, address) => {
      const endpoint = devices.get(deviceId);
      return endpoint !== undefined && addressOf(endpoint) === address && devices.delete(deviceId);
    },
    async list() {
      if (directoryFails) throw new Error('the directory is away');
      return [...devices].map(([deviceId, endpoint]) => ({ deviceId, endpoint }));
    },
  };
  const fcm = {
    async send({ token }: { readonly token: string }, job: PushJob): Promise<SendOutcome> {
      sent.push(`${token}#${job.seq}`);
      await whileSending();
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
  const webhook = {
    send: ({ url }: PushEndpoint & { kind: 'webhook' }, { seq }: PushJob): Promise<SendOutcome> => {
      sent.push(`${new URL(url).hostname}#${seq}`);
      return new Promise((resolve) => {
        answerWebhooks = () => resolve({ type: 'sent' });
      });
    },
  };
  dispatch = new Dispatch({
    ...{
      endpoints,
      senders: { fcm, webpush, webhook },
      clock,
      random: seededRandom(1),
      logger: silentLogger,
      metrics: noMetrics,
    },
    done: ({ seq }) => done.push(seq),
    endpointsChanged: (userId) => changed.push(userId),
    serves: () => serves,
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

  it('keeps a job while the directory is away, and asks it again within seconds', async () => {
    directoryFails = true;
    await tell();
    await clock.advance(120_000);
    directoryFails = false;
    expect([sent, done]).toEqual([[], []]);
    await tell();
    await clock.advance(10_000);
    expect([sent, done]).toEqual([['one#2'], [2]]);
  });

  it('is done with a job only when every device has had it, also where the directory was away when it came', async () => {
    devices.set('tablet', { kind: 'fcm', token: 'two' });
    outcomes = [retry(30_000)];
    await tell();
    directoryFails = true;
    await tell({ seq: 3 });
    await clock.advance(31_000);
    expect(done).toEqual([]);
    directoryFails = false;
    await clock.advance(31_000);
    expect(sent.toSorted()).toEqual(['one#2', 'one#3', 'two#2', 'two#3']);
    expect(done).toEqual([3]);
  });

  it('gives each job an hour of its own', async () => {
    outcomes = [retry(55 * 60_000)];
    await tell();
    await clock.advance(54 * 60_000);
    outcomes = [retry(600_000)];
    await tell({ seq: 3 });
    await clock.advance(2 * 60_000);
    expect([sent, done]).toEqual([['one#2', 'one#3'], []]);
    await clock.advance(10 * 60_000);
    expect([sent, done]).toEqual([['one#2', 'one#3', 'one#3'], [3]]);
  });

  it('leaves what waits to another process that serves the user by now, and takes it when that is gone again', async () => {
    outcomes = [retry(30_000)];
    await tell();
    serves = false;
    await clock.advance(60_000);
    expect([sent, done]).toEqual([['one#2'], []]);
    serves = true;
    await tell();
    expect([sent, done]).toEqual([['one#2', 'one#2'], [2]]);
  });

  it('tells a device that was logged out while it waited nothing', async () => {
    outcomes = [retry(30_000)];
    await tell();
    devices.delete('phone');
    await clock.advance(31_000);
    expect([sent, done]).toEqual([['one#2'], [2]]);
  });

  it.each([
    ['it waited', retry(30_000)] as const,
    ['it was sent', { type: 'gone', reason: 'UNREGISTERED' } as const] as const,
  ])('reaches a device by its new address where that changed while %s', async (_, outcome) => {
    outcomes = [outcome];
    whileSending = () => devices.set('phone', { kind: 'fcm', token: 'new' });
    await tell();
    await clock.advance(31_000);
    expect([sent, done, devices.size]).toEqual([['one#2', 'new#2'], [2], 1]);
  });

  it('says of what is being sent when it closes that it is done, and leaves what waits to whoever comes after', async () => {
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    whileSending = () => answered;
    await tell();
    whileSending = () => undefined;
    outcomes = [{ type: 'sent' }, retry(30_000)];
    outcomes.reverse();
    await tell({ userId: 'carol' });
    outcomes = [];
    const closing = dispatch.close();
    await clock.settle();
    expect(done).toEqual([]);
    answer();
    await closing;
    expect([sent, done]).toEqual([['one#2', 'one#2'], [2]]);
    await clock.advance(60_000);
    expect(sent.length).toBe(2);
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

describe('a host that does not answer', () => {
  const phone: [string, PushEndpoint] = ['phone', { kind: 'fcm', token: 'one' }];
  const webhooks = (count: number, host: (n: number) => string): Map<string, PushEndpoint> =>
    new Map(
      Array.from({ length: count }, (_, n) => [
        `d${n}`,
        { kind: 'webhook', url: `https://${host(n)}/${n}`, secret: '' },
      ]),
    );

  it('holds up what goes to no other, however many send to it', async () => {
    devices = webhooks(1, () => 'dead.example');
    for (let n = 0; n < 2 * LIMITS.pushSendsAtOnceMax; n++) await tell({ userId: `u${n}` });
    expect(sent).toHaveLength(LIMITS.pushSendsPerHostMax);
    devices = new Map([phone]);
    await tell();
    expect([sent.at(-1), done]).toEqual(['one#2', [2]]);
  });

  it('holds up no other user, at however many addresses one has it', async () => {
    devices = webhooks(2 * LIMITS.pushSendsAtOnceMax, (n) => `dead${n}.example`);
    await tell({ userId: 'mallory' });
    expect(sent).toHaveLength(LIMITS.pushSendsPerUserMax);
    devices = new Map([phone]);
    await tell();
    expect([sent.at(-1), done]).toEqual(['one#2', [2]]);
  });

  it('gets the newest of what waited for it', async () => {
    devices = webhooks(1, () => 'dead.example');
    for (let n = 0; n < LIMITS.pushSendsPerHostMax; n++) await tell({ userId: `u${n}` });
    await tell();
    await tell({ seq: 3 });
    sent.length = 0;
    answerWebhooks();
    await clock.settle();
    expect(sent).toEqual(['dead.example#3']);
  });
});
