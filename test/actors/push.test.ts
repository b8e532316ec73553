/** Push as the user actor decides it, through crashes; the push role is the test. */
import { beforeEach, describe, expect, it } from 'vitest';
import { userActor } from '../../src/core/ids.js';
import { LIMITS } from '../../src/core/limits.js';
import type { PushJob, PushSettings } from '../../src/core/push.js';
import type { StoreWrite } from '../../src/core/store.js';
import { stored } from '../../src/protocol/stored.js';
import { v1 } from '../../src/protocol/wire.js';
import { openMemory } from '../../src/storage/memory/memory-storage.js';
import { memoryWorld, type World, worldOn } from './fixture.js';
import { memoryPlace } from './store.js';

const SETTINGS: PushSettings = {
  level: 'everything',
  muteUntilMs: 0,
  doNotDisturb: null,
  timeZone: 'UTC',
  channels: new Map(),
};
const DIRECT = 'alice~bob';

const isErasureForBob = (write: StoreWrite): boolean => write.type === 'erase' && write.log === userActor('bob');

let chat: World;

beforeEach(async () => {
  chat = await memoryWorld('alice', 'bob', 'carol');
  want({});
});

function want(settings: Partial<PushSettings>): void {
  const bob = chat.people.accounts.get('bob');
  if (bob !== undefined) bob.push = { ...SETTINGS, ...settings };
  chat.edge.tell(userActor('bob'), { type: 'directory_changed' });
}

const jobs = (): PushJob[] => chat.pushes.flatMap((one) => (one.type === 'push_job' ? [one.job] : []));
const told = (): string[] => jobs().map(({ channelId, seq, text }) => `${channelId}#${seq} ${text}`);
const say = (text: string) => chat.send('alice', { userId: 'bob' }, text);
/** A little more than it takes until nobody's acknowledgement is waited for. */
const wait = () => chat.clock.advance(LIMITS.pushDelayMs + 1_500);

/** Alice's, with bob in it. */
const makeGroup = (): Promise<string> => chat.createChannel('alice', v1.ChannelKind.GROUP, ['bob'], { name: 'Us' });

const read = (seq: number) =>
  chat.request('bob', { type: 'markRead', value: v1.MarkRead.create({ channelId: DIRECT, seq }) });

async function done(seq: number, channelId = DIRECT, job: 'message' | 'read' = 'message'): Promise<void> {
  chat.edge.tell(userActor('bob'), { type: 'push_done', channelId, seq, job });
  await chat.clock.settle();
}

describe('a message that no device acknowledges', () => {
  it('becomes one job a channel, of the newest message, with the counts of what is unread', async () => {
    await say('one');
    await say('two');
    await chat.send('carol', { userId: 'bob' }, 'three');
    await chat.clock.advance(LIMITS.pushDelayMs - 1_500);
    expect(jobs()).toEqual([]);
    await wait();
    expect(told().sort()).toEqual(['alice~bob#3 two', 'bob~carol#2 three']);
    const job = jobs().find(({ channelId }) => channelId === DIRECT);
    expect(job).toMatchObject({ userId: 'bob', from: 'alice', unread: 2, badge: 3, mentioned: false });
  });

  it('is told to the push role again until that is done, and then never more', async () => {
    await say('one');
    await wait();
    await chat.clock.advance(2 * LIMITS.pushAskAgainMs);
    expect(told().length).toBe(3);
    expect(new Set(told()).size).toBe(1);
    await done(2);
    await chat.clock.advance(200_000);
    expect(told().length).toBe(3);
  });

  it('makes no push where no device has an endpoint, and costs no row', async () => {
    chat.people.add('dave');
    await chat.send('alice', { userId: 'dave' }, 'one');
    await chat.clock.advance(60_000);
    expect(jobs()).toEqual([]);
    expect(await chat.node.host.store.readRecord('user:dave', 'push')).toBeUndefined();
  });

  it('takes the place of the job before it when that is not done', async () => {
    await say('one');
    await wait();
    await say('two');
    await wait();
    expect(told().slice(-1)).toEqual(['alice~bob#3 two']);
    await done(3);
    const { length } = told();
    await chat.clock.advance(60_000);
    expect(told().length).toBe(length);
  });
});

describe('a message that somebody has seen', () => {
  it('makes no push when a device acknowledged it, though one that only holds it on a socket does not count', async () => {
    const seen = await chat.connect('bob');
    await say('one');
    chat.confirm(seen.id, { acknowledged: true });
    await wait();
    expect(jobs()).toEqual([]);
    await say('two'); // put on the socket of a device that says nothing
    await wait();
    expect(told()).toEqual(['alice~bob#3 two']);
  });

  it('makes a push when only a device acknowledged it that nobody sits at, also after a change of owner', async () => {
    const desk = await chat.connect('bob');
    const idle = (value: boolean) =>
      chat.request('bob', { type: 'setPresence', value: v1.SetPresence.create({ idle: value }) }, desk.id);
    await idle(true);
    await say('one');
    chat.confirm(desk.id, { acknowledged: true });
    await wait();
    expect(told()).toEqual(['alice~bob#2 one']);
    await done(2);
    await chat.crash();
    chat.confirm(desk.id, { acknowledged: true, idle: true });
    await say('two');
    chat.confirm(desk.id, { acknowledged: true, idle: true });
    await wait();
    expect(told().at(-1)).toBe('alice~bob#3 two');
    await done(3);
    await say('three');
    chat.confirm(desk.id, { acknowledged: true, idle: true });
    await chat.clock.settle();
    await idle(false); // somebody is back at the desk, and sees it
    await wait();
    expect(told().at(-1)).toBe('alice~bob#3 two');
  });

  it('makes no push once it was read, also on another device', async () => {
    await say('one');
    await read(2);
    await wait();
    expect(chat.pushes).toEqual([]);
  });

  it('makes no push once the user has answered', async () => {
    await say('one');
    await chat.send('bob', { userId: 'alice' }, 'answer');
    await wait();
    expect(jobs()).toEqual([]);
  });
});

describe('a message that is deleted before it was pushed', () => {
  it('is pushed to nobody, and those beside it are', async () => {
    await say('stays');
    await say('goes');
    await chat.send('alice', { channelId: DIRECT }, '', { message: null, erase: { seq: 3 } });
    await wait();
    expect(told()).toEqual(['alice~bob#2 stays']);
  });

  it('is pushed to nobody after a crash either, though its text was still in the store', async () => {
    let isSlow = true;
    const place = memoryPlace();
    const never = new Promise<void>(() => undefined);
    const open = (incarnation: string) =>
      openMemory({
        place,
        incarnation,
        around: async (operation, apply) => {
          const erases = operation.type === 'write' && operation.batch.some(isErasureForBob);
          return isSlow && erases ? never.then(apply) : apply();
        },
      });
    chat = await worldOn(open, 'alice', 'bob');
    want({});
    await say('goes');
    await chat.send('alice', { channelId: DIRECT }, '', { message: null, erase: { seq: 2 } });
    await chat.clock.advance(100);
    isSlow = false;
    await chat.crash();
    expect(
      String((await chat.node.host.store.readRows('user:bob', 0, 9, 9)).map(({ body }) => Buffer.from(body))),
    ).toContain('goes');
    await chat.clock.advance(60_000);
    expect(told()).toEqual([]);
  });
});

describe('a job that the push role has not done yet', () => {
  it('is told again with what is unread then', async () => {
    await say('one');
    await wait();
    expect(jobs().at(-1)).toMatchObject({ channelId: DIRECT, badge: 1, unread: 1 });
    await chat.send('carol', { userId: 'bob' }, 'three');
    await wait();
    await chat.clock.advance(LIMITS.pushAskAgainMs);
    const again = jobs().findLast(({ channelId }) => channelId === DIRECT);
    expect(again).toMatchObject({ badge: 2, unread: 1 });
  });

  it('is told no more, and taken back, once its message is deleted', async () => {
    await say('goes');
    await wait();
    expect(told().length).toBe(1);
    await chat.send('alice', { channelId: DIRECT }, '', { message: null, erase: { seq: 2 } });
    await chat.clock.advance(2 * LIMITS.pushAskAgainMs);
    expect(told().length).toBe(1);
    expect(chat.pushes.at(-1)).toMatchObject({ type: 'push_read', job: { channelId: DIRECT, seq: 2, badge: 0 } });
  });

  it.each([
    ['together', async () => undefined],
    ['one after the other', wait],
  ])('tells of the others when its newest message is deleted, of those that came %s', async (_, between) => {
    await say('urgent');
    await between();
    await say('oops');
    await wait();
    await chat.send('alice', { channelId: DIRECT }, '', { message: null, erase: { seq: 3 } });
    await wait();
    expect(told().at(-1)).toBe('alice~bob#4 urgent');
    expect(jobs().at(-1)).toMatchObject({ unread: 1, badge: 1 });
    await done(3); // what a device had before
    await chat.clock.advance(LIMITS.pushAskAgainMs);
    expect(told().at(-1)).toBe('alice~bob#4 urgent');
    const count = told().length;
    await read(2);
    await chat.clock.advance(2 * LIMITS.pushAskAgainMs);
    expect(told()).toHaveLength(count);
    expect(chat.pushes.at(-1)).toMatchObject({ type: 'push_read', job: { channelId: DIRECT, seq: 4, badge: 0 } });
  });

  it('is told no more once the user wants none', async () => {
    await say('one');
    await wait();
    want({ level: 'nothing' });
    await chat.clock.advance(6 * LIMITS.pushAskAgainMs);
    expect(told().length).toBe(1);
  });
});

describe('a message that was pushed and is read at one device', () => {
  const reads = () => chat.pushes.flatMap((one) => (one.type === 'push_read' ? [one.job] : []));

  it('is taken back from the others, with the badge that is left, until that is done', async () => {
    await say('one');
    await say('two');
    await chat.send('carol', { userId: 'bob' }, 'three');
    await wait();
    await done(3);
    await read(2); // not all of it
    expect(reads()).toEqual([]);
    await read(3);
    expect(reads()).toMatchObject([{ channelId: DIRECT, seq: 3, badge: 1, readAt: 'd' }]);
    await chat.clock.advance(LIMITS.pushAskAgainMs + 1_500);
    expect(reads().length).toBe(2);
    await done(3, DIRECT, 'read');
    await chat.clock.advance(60_000);
    expect(reads().length).toBe(2);
  });

  it('is taken back also when it may not have been sent to all of them yet, and is not told again', async () => {
    await say('one');
    await wait();
    await read(2);
    expect(chat.pushes.at(-1)).toMatchObject({ type: 'push_read', job: { seq: 2, badge: 0 } });
    await done(2); // of the message: the read is open still
    await chat.clock.advance(60_000);
    expect([told().length, reads().length]).toEqual([1, 6]);
  });

  it('is taken back after the actor has rested, and not when it was not pushed', async () => {
    await say('one');
    await wait();
    await done(2);
    await chat.clock.advance(400_000);
    await read(2);
    expect(reads()).toMatchObject([{ seq: 2 }]);
    await done(2, DIRECT, 'read');
    await say('two');
    await read(3);
    await wait();
    expect(reads().length).toBe(1);
  });

  it('is not taken back any more once there is something newer to be told, and what is newer is not lost', async () => {
    await say('one');
    await wait();
    await done(2);
    await read(2);
    await say('two');
    await wait();
    expect(told()).toEqual(['alice~bob#2 one', 'alice~bob#3 two']);
    await chat.crash();
    await chat.clock.advance(LIMITS.pushRecoveredDelayMs + 1_500);
    expect(told().at(-1)).toBe('alice~bob#3 two');
  });
});

describe('settings', () => {
  it('of the user and of the channel decide, as they are when the push is due', async () => {
    const group = await makeGroup();
    await say('direct');
    await chat.send('alice', { channelId: group }, 'group');
    want({ level: 'mentions' });
    await wait();
    expect(told()).toEqual(['alice~bob#2 direct']);
    await done(2);
    want({ level: 'nothing', channels: new Map([[group, { level: 'everything', muteUntilMs: 0 }]]) });
    await say('direct');
    await chat.send('alice', { channelId: group }, 'again');
    await wait();
    expect(jobs().at(-1)).toMatchObject({ text: 'again', channelName: 'Us' });
    expect(told().length).toBe(2);
  });
});

describe('@here', () => {
  const here: v1.ISend = {
    message: { text: '@here', mentions: [{ kind: v1.MentionKind.MENTION_HERE, start: 0, length: 5 }] },
  };

  it('mentions who has a device online, be anybody at it or not, and not who has none', async () => {
    const group = await makeGroup();
    want({ level: 'mentions' });
    await chat.clock.advance(60_000);
    await chat.send('alice', { channelId: group }, '', here);
    await wait();
    expect(jobs()).toEqual([]);
    await chat.connect('bob');
    await chat.send('alice', { channelId: group }, '', here);
    await wait();
    expect(jobs()).toMatchObject([{ channelId: group, mentioned: true, text: '@here' }]);
  });
});

describe('whoever chose not to be disturbed', () => {
  it('gets no push while that is so', async () => {
    const { DO_NOT_DISTURB, ONLINE } = v1.PresenceState;
    const choose = (choice: v1.PresenceState) =>
      chat.request('bob', { type: 'setPresence', value: v1.SetPresence.create({ choice }) });
    await choose(DO_NOT_DISTURB);
    await say('one');
    await wait();
    await choose(ONLINE);
    await say('two');
    await wait();
    expect(told()).toEqual(['alice~bob#3 two']);
  });
});

describe('a crash', () => {
  it('before the push was decided loses none', async () => {
    await say('one');
    await chat.crash();
    await chat.clock.advance(LIMITS.pushRecoveredDelayMs + 1_500);
    expect(told()).toEqual(['alice~bob#2 one']);
  });

  it('after it was told and before it was done tells it again, once done not', async () => {
    await say('one');
    await wait();
    await chat.crash();
    await chat.clock.advance(LIMITS.pushRecoveredDelayMs + 1_500);
    expect(told()).toEqual(['alice~bob#2 one', 'alice~bob#2 one']);
    await done(2);
    await chat.crash();
    await chat.clock.advance(60_000);
    expect(told().length).toBe(2);
  });

  it('of the actor alone loses none either', async () => {
    await say('one');
    chat.node.host.toPushRole = () => undefined;
    await wait();
    await chat.crash();
    await chat.clock.advance(LIMITS.pushRecoveredDelayMs + 1_500);
    expect(told()).toEqual(['alice~bob#2 one']);
  });

  it('between the append to the channel and the inbox loses none', async () => {
    const { tell } = chat.node.host;
    chat.node.host.tell = (actor, notice, onlyIfActive) => {
      if (notice.type !== 'deliver') tell.call(chat.node.host, actor, notice, onlyIfActive);
    };
    await say('one');
    await chat.crash();
    await chat.clock.advance(60_000);
    expect(new Set(told())).toEqual(new Set(['alice~bob#2 one']));
  });

  it('long after leaves nothing to do: the user is off the active set', async () => {
    await say('one');
    await wait();
    await done(2);
    await chat.clock.advance(200_000);
    const record = await chat.node.host.store.readRecord('user:bob', 'push');
    expect(stored.PushWatermark.decode(record?.value ?? new Uint8Array())).toMatchObject({ inboxSeq: 2, open: false });
    expect(chat.pushes.length).toBe(1);
  });
});
