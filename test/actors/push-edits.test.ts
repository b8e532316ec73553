/** What is edited while its push waits is pushed as it is then, or not at all; what is deleted is taken back. */
import { beforeEach, describe, expect, it } from 'vitest';
import { userActor } from '../../src/core/ids.js';
import { LIMITS } from '../../src/core/limits.js';
import type { PushLevel } from '../../src/core/push.js';
import { stored } from '../../src/protocol/stored.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, type World } from './fixture.js';

let chat: World;
let channelId: string;

beforeEach(async () => {
  chat = await memoryWorld('alice', 'bob');
  channelId = await chat.createChannel('alice', v1.ChannelKind.GROUP, ['bob']);
  want('mentions');
});

function want(level: PushLevel): void {
  const bob = chat.people.accounts.get('bob') ?? expect.fail();
  bob.push = { level, muteUntilMs: 0, doNotDisturb: null, timeZone: 'UTC', channels: new Map() };
  chat.edge.tell(userActor('bob'), { type: 'directory_changed' });
}

const naming = (text: string): v1.IMessageBody => ({
  text: `@bob ${text}`,
  mentions: [{ kind: v1.MentionKind.MENTION_USER, userId: 'bob', start: 0, length: 4 }],
});
const say = (message: v1.IMessageBody) => chat.send('alice', { channelId }, '', { message });
const edit = (seq: number, message: v1.IMessageBody) => chat.say('alice', channelId, { edit: { seq, message } });
const erase = (seq: number) => chat.say('alice', channelId, { erase: { seq } });
const wait = (ms: number = LIMITS.pushDelayMs) => chat.clock.advance(ms + 1_500);
const told = () => chat.pushes.map(({ job }) => (job.type === 'message' ? `${job.mentioned} ${job.text}` : job.type));

describe('a message that waits to be pushed', () => {
  it('mentions the user as long as its edits do', async () => {
    await say(naming('look'));
    await edit(2, naming('look here'));
    await wait();
    expect(told()).toEqual(['true @bob look here']);
  });

  it('is not pushed to who wants mentions alone once an edit names them no more, also after a crash', async () => {
    await say(naming('look'));
    await edit(2, { text: 'never mind' });
    await chat.crash();
    await wait(LIMITS.pushRecoveredDelayMs);
    expect(told()).toEqual([]);
    await say(naming('look'));
    await edit(4, { text: 'never mind' });
    await wait();
    expect(told()).toEqual([]);
  });

  it('is pushed as one that mentions nobody to who wants everything', async () => {
    want('everything');
    await say(naming('look'));
    await edit(2, { text: 'never mind' });
    await wait();
    expect(told()).toEqual(['false never mind']);
  });

  it('leaves nothing to do once it is deleted: the user is off the active set', async () => {
    await say(naming('look'));
    await erase(2);
    await chat.clock.advance(200_000);
    const record = await chat.node.host.store.readRecord('user:bob', 'push');
    expect(stored.PushWatermark.decode(record?.value ?? new Uint8Array())).toMatchObject({ open: false });
    expect(told()).toEqual([]);
  });

  it('mentions nobody anew by an edit', async () => {
    await say({ text: 'look' });
    await edit(2, naming('look'));
    await wait();
    expect(told()).toEqual([]);
  });
});

describe('a message that a job tells of', () => {
  it('is told as it was edited when a newer one of the job is deleted', async () => {
    await say(naming('look'));
    await say(naming('oops'));
    await wait();
    await edit(2, naming('look here'));
    await erase(3);
    await wait();
    expect(told().at(-1)).toBe('true @bob look here');
  });

  it('is taken back when it is deleted, though the job has a newer one that makes no push', async () => {
    await say(naming('look'));
    await say({ text: 'never mind' });
    await wait();
    await erase(2);
    await wait();
    expect(told()).toEqual(['true @bob look', 'read']);
  });

  it('stays when a newer one is deleted that made no push', async () => {
    await say(naming('look'));
    await say({ text: 'never mind' });
    await wait();
    await erase(3);
    await wait();
    expect(new Set(told())).toEqual(new Set(['true @bob look']));
  });

  it('is told again by the next owner under the name that it has by then, the later one of what took the place of a deleted one', async () => {
    for (const text of ['look', 'oops']) await say(naming(text));
    await wait();
    await erase(3);
    await wait();
    const drained = chat.node.drain(8_000);
    await chat.clock.advance(8_000);
    await drained;
    await chat.crash();
    await wait(LIMITS.pushRecoveredDelayMs);
    const jobs = chat.pushes.flatMap((one) => (one.type === 'push_job' ? [one.job] : []));
    expect([...new Set(jobs.map(({ seq, text }) => `${seq} ${text}`))]).toEqual(['3 @bob oops', '4 @bob look']);
    expect(jobs.at(-1)?.seq).toBe(4);
  });

  it.each([
    ['the job is done', true],
    ['the job is under way', false],
  ])('is taken back when it is deleted, too, under the name of that job, while %s', async (_, isDone) => {
    want('everything');
    for (const text of ['urgent', 'oops']) await say({ text });
    await wait();
    await erase(3);
    await wait();
    const { job } = chat.pushes.at(-1) ?? expect.fail();
    expect(job).toMatchObject({ seq: 4, text: 'urgent' });
    if (isDone) chat.edge.tell(userActor('bob'), { type: 'push_done', channelId, seq: 4, job: 'message' });
    await chat.clock.settle();
    await erase(2);
    await chat.clock.settle();
    expect(chat.pushes.at(-1)).toMatchObject({ type: 'push_read', job: { channelId, seq: 4, badge: 0 } });
  });
});
