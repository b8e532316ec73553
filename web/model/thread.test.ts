import { describe, expect, it } from 'vitest';
import type {
  ChannelEvent,
  ChannelInfo,
  HistoryPage,
  HistoryRange,
  ListPage,
  ParleyClient,
} from '../../client/index.js';
import { CHANNEL, eventOf, memberOf, messageOf } from './testing/events.js';
import { pendingOf } from './testing/pending.js';
import { Thread } from './thread.js';

const LOG = Array.from({ length: 120 }, (_, at) => messageOf(at + 1, at % 2 === 0 ? 'ann' : 'ben'));

/** A server with this log; `fail` makes the next answers rejections. */
class FakeServer {
  log: readonly ChannelEvent[] = LOG;
  fail = false;
  asked: HistoryRange[] = [];
  names = {};
  info: Partial<ChannelInfo> = {
    ...{ channelId: CHANNEL, public: false, memberCount: 2 },
    members: [memberOf('ann'), memberOf('ben')],
  };
  /** Of a channel that names none in `info`. */
  membersById: readonly string[] = [];

  thread(me = 'ann'): Thread {
    const client = {
      pending: () => [],
      history: (_: string, range: HistoryRange) => this.history(range),
      getChannel: async () => this.info as unknown as ChannelInfo,
      members: async (_: string, { after = '', limit = 0 }: ListPage) => {
        const later = this.membersById.filter((userId) => userId > after);
        return {
          items: later
            .slice(0, limit)
            .map((userId) => (userId === this.info.me?.userId ? this.info.me : memberOf(userId))),
          more: later.length > limit,
        };
      },
    } as unknown as ParleyClient;
    return new Thread(CHANNEL, { client, me, nameOf: (userId) => userId, names: () => this.names, changed: () => {} });
  }

  private async history(range: HistoryRange): Promise<HistoryPage> {
    this.asked.push(range);
    if (this.fail) throw new Error('no network');
    const limit = range.limit ?? 50;
    const before = 'before' in range && range.before ? range.before : Number.POSITIVE_INFINITY;
    const events =
      'after' in range
        ? this.log.filter((event) => event.seq > range.after).slice(0, limit)
        : this.log.filter((event) => event.seq < before).slice(-limit);
    return { channelId: CHANNEL, events, head: this.log.length, floor: 0 };
  }
}

const seqs = (thread: Thread): (number | undefined)[] => thread.lines.map((line) => line.seq);
const upTo = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, at) => first + at);

describe('a thread', () => {
  it('shows the newest page, then older ones up to the beginning, without a gap', async () => {
    const thread = new FakeServer().thread();
    await thread.load();
    expect(seqs(thread)).toEqual(upTo(71, 120));
    expect(thread.complete).toBe(false);
    await thread.loadOlder();
    expect(seqs(thread)).toEqual(upTo(21, 120));
    await thread.loadOlder();
    expect(seqs(thread)).toEqual(upTo(1, 120));
    expect(thread.complete).toBe(true);
  });

  it('asks for nothing before the beginning', async () => {
    const server = new FakeServer();
    server.log = LOG.slice(0, 3);
    const thread = server.thread();
    await thread.load();
    await thread.loadOlder();
    expect(server.asked).toHaveLength(1);
  });

  it('says that older messages could not be loaded, keeps the others, and tries again', async () => {
    const server = new FakeServer();
    const thread = server.thread();
    await thread.load();
    server.fail = true;
    await thread.loadOlder();
    expect(thread.older).toBe('failed');
    expect(seqs(thread)).toEqual(upTo(71, 120));
    server.fail = false;
    await thread.loadOlder();
    expect(thread.older).toBe('idle');
    expect(seqs(thread)).toEqual(upTo(21, 120));
  });

  it('puts what comes while the first page is on its way after it, once', async () => {
    const thread = new FakeServer().thread();
    const loading = thread.load();
    thread.add(messageOf(120, 'ben'));
    thread.add(messageOf(121, 'ben'));
    await loading;
    expect(seqs(thread)).toEqual(upTo(71, 121));
  });

  it('shows no hole when events are missing before a live one: it pages them again', async () => {
    const server = new FakeServer();
    server.log = LOG.slice(0, 10);
    const thread = server.thread();
    await thread.load();
    server.log = LOG;
    thread.add(messageOf(120, 'ben'));
    expect(seqs(thread)).toEqual([120]);
    await thread.loadOlder();
    expect(seqs(thread)).toEqual(upTo(70, 120));
  });

  it('lets receipts only grow, also when an older answer comes after them', async () => {
    const thread = new FakeServer().thread();
    await thread.load();
    thread.receipts([{ userId: 'ben', deliveredSeq: 120, readSeq: 119 }]);
    thread.receipts([{ userId: 'ben', deliveredSeq: 80, readSeq: 80 }]);
    await thread.loadMembers();
    expect(thread.members.get('ben')).toMatchObject({ deliveredSeq: 120, readSeq: 119 });
  });

  it('follows who joins, leaves and gets which role', async () => {
    const thread = new FakeServer().thread();
    await thread.load();
    const joined = (userIds: string[]) =>
      ({ type: 'joined', userIds, role: 'member', kind: 'group', name: 'G' }) as const;
    thread.add(eventOf(121, 'ben', joined(['carla', 'dan'])));
    thread.add(eventOf(122, 'ben', { type: 'roleChanged', userId: 'carla', role: 'admin' }));
    thread.add(eventOf(123, 'ben', { type: 'left', userId: 'ben' }));
    expect([...thread.members.keys()].sort()).toEqual(['ann', 'carla', 'dan']);
    expect(thread.members.get('carla')?.role).toBe('admin');
  });
});

describe('a long thread', () => {
  async function withMany(count: number): Promise<{ server: FakeServer; thread: Thread }> {
    const server = new FakeServer();
    const thread = server.thread();
    await thread.load();
    server.log = Array.from({ length: count }, (_, at) => messageOf(at + 1, 'ben'));
    for (const event of server.log.slice(120)) thread.add(event);
    return { server, thread };
  }

  it('lets go of what lies far above its end, and loads it again, without a gap', async () => {
    const { thread } = await withMany(471);
    thread.trim();
    expect(seqs(thread)).toEqual(upTo(172, 471));
    expect(thread.complete).toBe(false);
    await thread.loadOlder();
    expect(seqs(thread)).toEqual(upTo(122, 471));
    thread.add(messageOf(472, 'ben'));
    thread.trim();
    expect(seqs(thread)).toEqual(upTo(122, 472));
  });

  it('is not made anew while nothing of it is another', async () => {
    const { server, thread } = await withMany(130);
    const { lines } = thread;
    expect(thread.lines).toBe(lines);
    server.names = {};
    expect(thread.lines).not.toBe(lines);
    const named = thread.lines;
    thread.receipts([{ userId: 'ben', deliveredSeq: 130, readSeq: 130 }]);
    expect(thread.lines).not.toBe(named);
  });
});

describe('a conversation without one of its people', () => {
  it('says that one is in it no more, until one is again', async () => {
    const thread = new FakeServer().thread();
    await thread.load();
    thread.add(eventOf(121, 'ben', { type: 'left', userId: 'ann' }));
    expect([thread.left, thread.lines.at(-1)?.seq]).toEqual([true, 121]);
    const body = { type: 'joined', userIds: ['ann'], role: 'member', kind: 'group', name: 'G' } as const;
    thread.add(eventOf(122, 'ann', body));
    expect(thread.left).toBe(false);
  });

  it('says that the other one of a direct chat is gone: when it happens, and when it is opened later', async () => {
    const server = new FakeServer();
    const thread = server.thread();
    expect(thread.peerIsGone).toBe(false);
    await thread.load();
    expect(thread.peerIsGone).toBe(false);
    thread.add(eventOf(121, 'ben', { type: 'left', userId: 'ben' }));
    expect(thread.peerIsGone).toBe(true);
    server.info = { ...server.info, members: [memberOf('ann')], memberCount: 1 };
    const later = server.thread();
    await later.load();
    expect(later.peerIsGone).toBe(true);
  });
});

describe('what is on its way in a thread', () => {
  const anEdit = () => pendingOf('e', { type: 'edit', target: 120, text: 'mended' });
  const lastText = (thread: Thread): unknown => thread.lines.findLast((line) => line.type === 'message')?.text;

  async function withEdit(edit = anEdit()): Promise<Thread> {
    const thread = new FakeServer().thread('ben');
    await thread.load();
    thread.track(edit);
    return thread;
  }

  it('shows an edit from when it is sent, over its acknowledgement, and once it is in the log', async () => {
    const edit = anEdit();
    const thread = await withEdit(edit);
    expect(lastText(thread)).toBe('mended');
    thread.track(Object.assign(edit, { state: 'sent', seq: 121 }));
    expect(lastText(thread)).toBe('mended');
    thread.add({ ...eventOf(121, 'ben', { type: 'edited', target: 120, text: 'mended' }), clientMessageId: 'e' });
    expect(thread.lines.at(-1)).toMatchObject({ text: 'mended', sending: 'sent' });
  });

  it('shows the message as it was again when the edit is refused', async () => {
    const edit = anEdit();
    const thread = await withEdit(edit);
    thread.track(Object.assign(edit, { state: 'failed' }));
    expect(lastText(thread)).toBe('message 120');
  });

  it('forgets a reaction that changed nothing', async () => {
    const thread = await withEdit();
    const react = pendingOf('r', { type: 'react', target: 119, emoji: '👍', removed: false });
    thread.track(react);
    thread.track(Object.assign(react, { state: 'sent', seq: 0 }));
    expect(thread.lines.at(-2)).toMatchObject({ reactions: [] });
  });
});

describe('what is new in a thread', () => {
  async function withNew(): Promise<Thread> {
    const thread = new FakeServer().thread();
    await thread.load();
    thread.freshAbove = 110;
    return thread;
  }

  it('stays marked while others write, and while one edits', async () => {
    const thread = await withNew();
    thread.add(messageOf(121, 'ben'));
    thread.add(eventOf(122, 'ann', { type: 'edited', target: 119, text: 'changed' }));
    expect(thread.freshAbove).toBe(110);
  });

  it('is not new any more once one wrote oneself, on whatever device', async () => {
    const thread = await withNew();
    thread.add(messageOf(121, 'ann'));
    expect(thread.freshAbove).toBe(Number.POSITIVE_INFINITY);
    thread.add(messageOf(122, 'ben'));
    expect(thread.freshAbove).toBe(Number.POSITIVE_INFINITY);
  });

  it('is what follows the own message, where that comes late', async () => {
    const thread = await withNew();
    thread.add(messageOf(105, 'ann'));
    expect(thread.freshAbove).toBe(110);
    thread.add(messageOf(115, 'ann'));
    expect(thread.freshAbove).toBe(115);
  });
});

describe('an old part of a thread', () => {
  async function atForty(): Promise<{ server: FakeServer; thread: Thread }> {
    const server = new FakeServer();
    const thread = server.thread();
    await thread.load();
    await thread.jumpTo(40);
    return { server, thread };
  }

  it('is shown around the message that was asked for, and grows both ways up to the head', async () => {
    const { thread } = await atForty();
    expect(seqs(thread)).toEqual(upTo(16, 65));
    expect([thread.target?.seq, thread.atHead, thread.complete]).toEqual([40, false, false]);
    await thread.loadOlder();
    await thread.loadNewer();
    await thread.loadNewer();
    expect(seqs(thread)).toEqual(upTo(1, 120));
    expect([thread.atHead, thread.complete]).toEqual([true, true]);
  });

  it('asks for nothing where the message is there already', async () => {
    const server = new FakeServer();
    const thread = server.thread();
    await thread.load();
    await thread.jumpTo(100);
    expect(server.asked).toHaveLength(1);
    expect([thread.target?.seq, thread.atHead]).toEqual([100, true]);
  });

  it('has no new messages at its end, but what becomes of its own', async () => {
    const { server, thread } = await atForty();
    const edited = eventOf(122, 'ben', { type: 'edited', target: 40, text: 'changed' });
    server.log = [...LOG, messageOf(121, 'ben'), edited];
    for (const event of server.log.slice(120)) thread.add(event);
    expect(seqs(thread)).toEqual(upTo(16, 65));
    const texts = thread.lines.flatMap((line) => (line.type === 'message' && line.seq === 40 ? [line.text] : []));
    expect(texts).toEqual(['changed']);
    await thread.toNewest();
    expect(seqs(thread)).toEqual(upTo(73, 121));
    expect([thread.atHead, thread.target]).toEqual([true, { seq: undefined }]);
  });

  it('does not take itself for the end while a live event is newer than the page', async () => {
    const { server, thread } = await atForty();
    thread.add(messageOf(121, 'ben'));
    await thread.toNewest();
    expect(thread.atHead).toBe(false);
    server.log = [...LOG, messageOf(121, 'ben')];
    await thread.loadNewer();
    expect([thread.atHead, thread.head]).toEqual([true, 121]);
  });

  it('is left when the conversation is opened anew', async () => {
    const { thread } = await atForty();
    thread.leaveOldPart();
    await thread.load();
    expect(seqs(thread)).toEqual(upTo(71, 120));
    thread.leaveOldPart();
    expect(seqs(thread)).toEqual(upTo(71, 120));
  });

  it('stays when another part cannot be loaded', async () => {
    const { server, thread } = await atForty();
    server.fail = true;
    await expect(thread.jumpTo(1)).rejects.toThrow();
    await thread.loadNewer();
    expect(thread.newer).toBe('failed');
    expect(seqs(thread)).toEqual(upTo(16, 65));
  });
});

describe('the members of a large channel', () => {
  it('are shown page by page, counted all, and oneself is known from the beginning', async () => {
    const server = new FakeServer();
    server.membersById = Array.from({ length: 1_200 }, (_, at) => `u${String(at).padStart(4, '0')}`).concat('zoe');
    server.info = { ...server.info, members: [], memberCount: 1_201, me: { ...memberOf('zoe'), role: 'owner' } };
    const thread = server.thread('zoe');
    await thread.load();
    const seen = (): readonly unknown[] => [thread.members.size, thread.memberCount, thread.moreMembers];
    expect([...seen(), thread.myRole]).toEqual([501, 1_201, true, 'owner']);
    await thread.loadMoreMembers();
    expect(seen()).toEqual([1_001, 1_201, true]);
    await thread.loadMoreMembers();
    expect([...seen(), thread.myRole]).toEqual([1_201, 1_201, false, 'owner']);
  });
});
