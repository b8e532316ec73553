import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../src/core/errors.js';
import { LIMITS } from '../../src/core/limits.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, worldOn } from './fixture.js';
import { ScriptedStore } from './scripted-store.js';

describe('an inbox', () => {
  it('confirms nothing that is not durable when it says what it lacks', async () => {
    // The inbox row of "two" is refused by a full disk while "three" is lost on the bus and "four" shows the gap.
    let full = false;
    const chat = await memoryWorld('alice', 'bob');
    const { committer, tell } = chat.node.host;
    const bob = await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'one');
    const submit = committer.submit.bind(committer);
    committer.submit = (commit) => {
      const isBobs = commit.writes.some((write) => write.type === 'row' && write.log === 'user:bob');
      if (full && isBobs) chat.clock.after(10, () => commit.refused(new ParleyError('storage_full')));
      else submit(commit);
    };
    chat.node.host.tell = (actor, notice, onlyIfActive) => {
      const lost = notice.type === 'deliver' && actor === 'user:bob' && notice.event.value.seq === 4;
      if (!(full && lost)) tell.call(chat.node.host, actor, notice, onlyIfActive);
    };
    full = true;
    for (const text of ['two', 'three', 'four']) await chat.send('alice', { userId: 'bob' }, text);
    await chat.clock.advance(20);
    full = false;
    await chat.clock.advance(60_000);
    const cursor = bob.cursor;
    const back = await chat.connect('bob', cursor);
    await chat.clock.settle();
    expect(back.session.texts).toEqual(['one', 'two', 'three', 'four']);
  });
});

describe('a change that changes nothing', () => {
  it('is answered with the channel, also when a message is on its way', async () => {
    const store = new ScriptedStore();
    const chat = await worldOn((incarnation) => store.open(incarnation), 'alice', 'bob');
    const channelId = await chat.createChannel('alice', v1.ChannelKind.GROUP, [], { name: 'Us' });
    const sent = chat.send('alice', { channelId }, 'hi');
    const renamed = chat.request('alice', {
      type: 'rename',
      value: v1.RenameChannel.create({ channelId, name: 'Us' }),
    });
    expect((await sent).type).toBe('sendAck');
    expect(await renamed).toMatchObject({ type: 'channel', value: { name: 'Us', head: 2 } });
  });
});

describe('a channel that crashed', () => {
  it('delivers what it had committed and not fanned out, though nobody calls it', async () => {
    const chat = await memoryWorld('alice', 'bob');
    const bob = await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'one');
    const { tell } = chat.node.host;
    chat.node.host.tell = () => undefined;
    await chat.send('alice', { userId: 'bob' }, 'two');
    const { committer } = chat.node.host;
    const { submit } = committer;
    committer.submit = (commit) => commit.refused(new ParleyError('storage_full'));
    await expect(chat.send('alice', { userId: 'bob' }, 'three')).rejects.toMatchObject({ kind: 'storage_full' });
    chat.node.host.tell = tell;
    committer.submit = submit;
    await chat.clock.advance(10_000);
    expect(bob.session.texts).toEqual(['one', 'two']);
  });
});

describe('a channel that the store did not let off the list of those that owe something', () => {
  it('goes on sending again what the bus lost', async () => {
    const chat = await memoryWorld('alice', 'bob');
    const bob = await chat.connect('bob');
    const { committer, tell } = chat.node.host;
    const submit = committer.submit.bind(committer);
    let refused = false;
    committer.submit = (commit) => {
      const delists = commit.writes.some((write) => write.type === 'unrecord' && write.key.includes('channel:'));
      if (refused || !delists) return submit(commit);
      refused = true;
      chat.clock.after(1_500, () => commit.refused(new ParleyError('storage_full')));
    };
    await chat.send('alice', { userId: 'bob' }, 'one');
    for (let second = 0; second < 70; second++) {
      await chat.clock.advance(1_000);
      chat.confirmLease('bob');
      // Looked at now and then, it stays in memory.
      await chat.request('alice', { type: 'getChannel', value: v1.GetChannel.create({ channelId: 'alice~bob' }) });
    }
    expect(refused).toBe(true);
    chat.node.host.tell = (actor, notice, only) => {
      if (notice.type !== 'deliver') tell.call(chat.node.host, actor, notice, only);
    };
    await chat.send('alice', { userId: 'bob' }, 'two');
    chat.node.host.tell = tell;
    await chat.clock.advance(10_000);
    expect(bob.session.texts).toEqual(['one', 'two']);
  });
});

describe('a send that is repeated long after', () => {
  it('is answered from the log once its activation and its checkpoint are history', async () => {
    const chat = await memoryWorld('alice', 'bob');
    const first = await chat.send('alice', { userId: 'bob' }, 'first', { clientMessageId: 'x', base: 0 });
    for (let i = 0; i < 250; i++) await chat.send('alice', { userId: 'bob' }, `${i}`);
    await chat.clock.advance(1_000);
    await chat.crash();
    const again = await chat.send('alice', { userId: 'bob' }, 'first', { clientMessageId: 'x', base: 0 });
    expect(JSON.stringify(again)).toBe(JSON.stringify(first));
    const other = chat.send('alice', { userId: 'bob' }, 'other', { clientMessageId: 'x', base: 0 });
    await expect(other).rejects.toMatchObject({ kind: 'conflict' });
    const later = await chat.send('alice', { userId: 'bob' }, 'later', { clientMessageId: 'y', base: 3 });
    expect(later).toMatchObject({ value: { seq: 253 } });
  });
});

describe('a page of the inbox', () => {
  it('is bounded by bytes, whether it comes from memory or from the store', async () => {
    const chat = await memoryWorld('alice', 'bob');
    const text = 'x'.repeat(LIMITS.messageBytesMax);
    for (let i = 0; i < 40; i++) await chat.send('alice', { userId: 'bob' }, text);
    const sizes: number[] = [];
    const { push } = chat.node.host;
    chat.node.host.push = (address, envelope) => {
      if (envelope.type === 'push')
        sizes.push(envelope.items.reduce((sum, { event }) => sum + (event?.bytes.length ?? 0), 0));
      push.call(chat.node.host, address, envelope);
    };
    const bob = await chat.connect('bob', { term: 0, sub: 0, inboxSeq: 0 });
    expect(bob.session.texts).toHaveLength(40);
    await chat.clock.advance(200_000);
    const later = await chat.connect('bob', { term: 0, sub: 0, inboxSeq: 0 });
    expect(later.session.texts).toHaveLength(40);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(LIMITS.deliveryPageBytesMax);
  });
});

describe('a programmer’s error in the store', () => {
  it('crashes the actor whose write it was, which then goes on under its next epoch, and nobody else', async () => {
    const store = new ScriptedStore();
    const chat = await worldOn((incarnation) => store.open(incarnation), 'alice', 'bob');
    const bob = await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'one');
    await chat.clock.advance(100);
    const epochOfChannel = () => store.place.epochs('channel:alice~bob').at(-1)?.epoch;
    const epoch = epochOfChannel();
    for (let once = 0; once < 2; once++) store.next('write', { error: 'internal' });
    await expect(chat.send('alice', { userId: 'bob' }, 'two')).rejects.toMatchObject({ kind: 'internal' });
    const writes = store.batches.length;
    await chat.clock.advance(5_000);
    expect(store.batches.length - writes).toBeLessThan(10);
    await chat.send('alice', { userId: 'bob' }, 'three');
    await chat.clock.settle();
    expect(bob.session.texts).toEqual(['one', 'three']);
    expect(epochOfChannel()?.sub).toBeGreaterThan(epoch?.sub ?? 0);
  });
});
