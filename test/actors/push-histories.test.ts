/**
 * Whatever is said, edited, deleted and read in a group, and however slow a device and lossy the bus is: in the end no device
 * shows what is deleted or read, all show the newest message unless it is, their badge is true, and no push came twice. The user actor and the push role are the real ones.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { userActor } from '../../src/core/ids.js';
import { silentLogger } from '../../src/core/logger.js';
import { noMetrics } from '../../src/core/metrics.js';
import type { PushEndpoints, PushJob, PushLevel, PushRead } from '../../src/core/push.js';
import { seededRandom } from '../../src/core/random.js';
import { v1 } from '../../src/protocol/wire.js';
import { Dispatch } from '../../src/push/dispatch.js';
import type { SendOutcome } from '../../src/push/sender.js';
import { memoryWorld, type World } from './fixture.js';

const RUNS = 25;
const STEP_MS = 500;
/** Bob reads at the first; the tablet's service is busy at times. */
const DEVICES = ['d', 'phone', 'tablet'];

type Step =
  | { readonly what: 'say'; readonly names: boolean }
  /** `which` of the messages there are, the newest first. */
  | { readonly what: 'edit' | 'erase' | 'read'; readonly which: number }
  | { readonly what: 'wait'; readonly ms: number }
  /** What the push role was just told does not come. */
  | { readonly what: 'lose' | 'answer' | 'busy' | 'free' };

const of = (...whats: Extract<Step, { what: 'edit' | 'erase' | 'read' }>['what'][]): fc.Arbitrary<Step> =>
  fc.record({ what: fc.constantFrom(...whats), which: fc.nat(4) });
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('say' as const), names: fc.boolean() }) },
  { weight: 6, arbitrary: of('erase') },
  { weight: 3, arbitrary: of('edit', 'read') },
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 2_000, 7_000, 20_000, 4e5) }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constantFrom('lose', 'answer', 'busy', 'free') }) },
) as fc.Arbitrary<Step>;

/** One notification a channel, as its service keeps it. */
class Device {
  shown: PushJob | undefined;
  badge = 0;
  busy = false;
  readonly had: string[] = [];

  take(job: PushJob | PushRead): SendOutcome {
    if (this.busy) return { type: 'retry', reason: 'busy', afterMs: undefined };
    this.had.push(`${job.type} ${job.seq}`);
    this.badge = job.badge;
    if (job.type === 'message') this.shown = job;
    else if (this.shown !== undefined && this.shown.seq <= job.seq) this.shown = undefined;
    return { type: 'sent' };
  }
}

class History {
  readonly devices = new Map(DEVICES.map((id) => [id, new Device()]));
  /** Of alice's messages that are not deleted, the newest first: seq and id. */
  messages: { readonly seq: number; readonly id: string }[] = [];
  readSeq = 0;
  private saidLast = '';
  readonly level: PushLevel;
  private chat: World;
  private readonly channelId: string;
  private readonly dispatch: Dispatch;

  private constructor(chat: World, channelId: string, level: PushLevel) {
    this.chat = chat;
    this.channelId = channelId;
    this.level = level;
    const device = (id: string): Device => this.devices.get(id) ?? expect.fail();
    const list = DEVICES.map((deviceId) => ({ deviceId, endpoint: { kind: 'fcm', token: deviceId } as const }));
    const endpoints: PushEndpoints = { set: async () => [], remove: async () => false, list: async () => list };
    this.dispatch = new Dispatch({
      endpoints,
      senders: {
        fcm: {
          send: async ({ token }, job) => device(token).take(job),
          takeBack: async ({ token }, read) => device(token).take(read),
        },
      },
      ...{ clock: chat.clock, random: seededRandom(1), logger: silentLogger, metrics: noMetrics },
      done: ({ seq, type }) => chat.edge.tell(userActor('bob'), { type: 'push_done', channelId, seq, job: type }),
      endpointsChanged: () => undefined,
      serves: () => true,
    });
  }

  static async start(level: PushLevel): Promise<History> {
    const chat = await memoryWorld('alice', 'bob');
    const channelId = await chat.createChannel('alice', v1.ChannelKind.GROUP, ['bob']);
    const bob = chat.people.accounts.get('bob') ?? expect.fail();
    bob.push = { level, muteUntilMs: 0, doNotDisturb: null, timeZone: 'UTC', channels: new Map() };
    chat.edge.tell(userActor('bob'), { type: 'directory_changed' });
    return new History(chat, channelId, level);
  }

  get unread(): number {
    return this.messages.filter(({ seq }) => seq > this.readSeq).length;
  }

  async do(step: Step): Promise<void> {
    const { chat, channelId } = this;
    switch (step.what) {
      case 'say':
        return this.say(step.names);
      case 'wait':
        return this.wait(step.ms);
      case 'lose':
        chat.pushes.length = 0;
        return;
      case 'busy':
      case 'free':
        this.tablet.busy = step.what === 'busy';
        return;
      case 'answer':
        this.readSeq = (await chat.say('bob', channelId, { message: { text: 'yes' } })).seq;
        return;
      default:
        return this.touch(step.what, step.which);
    }
  }

  private get tablet(): Device {
    return this.devices.get('tablet') ?? expect.fail();
  }

  private async say(names: boolean): Promise<void> {
    const mentions = [{ kind: v1.MentionKind.MENTION_USER, userId: 'bob', start: 0, length: 4 }];
    const message = { text: '@bob look', mentions: names ? mentions : [] };
    const { seq, messageId } = await this.chat.say('alice', this.channelId, { message });
    this.saidLast = messageId.toString();
    this.messages.unshift({ seq, id: this.saidLast });
  }

  private async touch(what: 'edit' | 'erase' | 'read', which: number): Promise<void> {
    const { chat, channelId } = this;
    const message = this.messages[which % Math.max(1, this.messages.length)];
    if (message === undefined) return;
    const { seq } = message;
    if (what === 'read') return this.read(seq);
    if (what === 'edit') await chat.say('alice', channelId, { edit: { seq, message: { text: 'look here' } } });
    else {
      await chat.say('alice', channelId, { erase: { seq } });
      this.messages = this.messages.filter((other) => other !== message);
    }
  }

  /** The app that it is read at sees to its own notification. */
  private async read(seq: number): Promise<void> {
    await this.chat.request('bob', {
      type: 'markRead',
      value: v1.MarkRead.create({ channelId: this.channelId, seq }),
    });
    this.readSeq = Math.max(this.readSeq, seq);
    const desk = this.devices.get('d') ?? expect.fail();
    if (!this.isUnread(desk.shown)) desk.shown = undefined;
  }

  private isUnread(job: PushJob | undefined): boolean {
    return this.messages.some(({ id, seq }) => id === job?.messageId && seq > this.readSeq);
  }

  async wait(ms: number, stepMs = ms > 60_000 ? 5_000 : STEP_MS): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      for (const envelope of this.chat.pushes.splice(0)) this.dispatch.receive(envelope);
      await this.chat.clock.settle();
      await this.chat.clock.advance(stepMs);
    }
  }

  async end(): Promise<void> {
    this.tablet.busy = false;
    await this.wait(400_000);
    for (const { shown, had } of this.devices.values()) {
      if (shown !== undefined) expect(this.isUnread(shown), 'shown and not unread').toBe(true);
      expect(new Set(had).size, `twice: ${had}`).toBe(had.length);
    }
    this.checkBadges();
    this.checkNewest();
    await this.dispatch.close();
  }

  /** What nobody has deleted or read is shown, whatever was deleted around it. */
  private checkNewest(): void {
    const [newest] = this.messages;
    if (this.level !== 'everything' || newest?.id !== this.saidLast || newest.seq <= this.readSeq) return;
    for (const { shown } of this.devices.values()) expect(shown?.messageId).toBe(newest.id);
  }

  /** Of the devices that it was not read at. While some is unread, the badge may wait for the next push to fall. */
  private checkBadges(): void {
    for (const id of ['phone', 'tablet']) {
      const { badge, shown } = this.devices.get(id) ?? expect.fail();
      if (this.unread === 0) expect([badge, shown], id).toEqual([0, undefined]);
      else if (this.level === 'everything') expect(badge, id).toBeGreaterThanOrEqual(this.unread);
    }
  }
}

const say: Step = { what: 'say', names: true };
const wait: Step = { what: 'wait', ms: 20_000 };
const busy: Step = { what: 'busy' };
const erase: Step = { what: 'erase', which: 0 };

it('tells the devices of a group what is true in the end, whatever happens in between', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<PushLevel>('everything', 'mentions'),
      fc.array(step, { maxLength: 25 }),
      fc.constantFrom('as it is', 'all read', 'all deleted, newest first', 'all deleted, oldest first'),
      async (level, steps, ending) => {
        const history = await History.start(level);
        for (const one of steps) await history.do(one);
        if (ending === 'all read') await history.do({ what: 'read', which: 0 });
        if (ending.startsWith('all deleted'))
          while (history.messages.length > 0)
            await history.do({ what: 'erase', which: ending.includes('newest') ? 0 : history.messages.length - 1 });
        await history.end();
      },
    ),
    {
      numRuns: RUNS,
      examples: [
        ['everything', [say, say, wait, erase, wait, erase], 'as it is'],
        ['everything', [say, say, busy, wait, erase, wait, erase, wait], 'as it is'],
        ['everything', [say, say, say, wait, erase, wait, { what: 'wait', ms: 4e5 }, erase], 'as it is'],
        ['everything', [say, say, wait, say, { what: 'erase', which: 1 }, { what: 'erase', which: 1 }], 'as it is'],
        ['mentions', [say, { what: 'say', names: false }, busy, wait, { what: 'erase', which: 1 }], 'as it is'],
      ],
    },
  );
});
