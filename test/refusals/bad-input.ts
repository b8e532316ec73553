/** What clients say that makes no sense or is not theirs to say, and what each is answered with: on one process and on a cluster. */
import { expect } from 'vitest';

const PASSWORD = 'correct horse battery';
/** One more than `@channel` may name. */
const CROWD = 1_001;
const INVITED_AT_ONCE = 200;

export interface Place {
  /** Of the API, and of a gateway. */
  readonly origin: string;
  readonly gateway: string;
  /** Makes accounts that nobody logs in to. */
  makeAccounts(userIds: readonly string[]): Promise<void>;
}

interface Answered {
  readonly status: number;
  readonly json: Record<string, Record<string, unknown>>;
}

export interface Refusal {
  readonly what: string;
  readonly userId: string;
  /** A request; of one with `send`, the rest of it is filled in. */
  readonly body: object;
  readonly status: number;
  readonly name: string;
}

const said = (userId: string, content: object, status: number, name: string, what: string): Refusal => ({
  ...{ what, userId, status, name },
  body: { send: content },
});
const mention = (kind: string, userId = '') => ({
  message: { text: '@you', mentions: [{ kind, userId, start: 0, length: 4 }] },
});
const words = (text: string, status: number, name: string, what: string): Refusal => ({
  ...{ what, userId: 'alice', status, name },
  body: { search: { words: text } },
});

/** In a group of alice's with bob and carol; bob's message has seq 2, and the one that he deleted 3. */
export const REFUSALS: readonly Refusal[] = [
  said('carol', { edit: { seq: 2, message: { text: 'mine' } } }, 403, 'forbidden', 'an edit by another member'),
  said('mallory', { edit: { seq: 2, message: { text: 'mine' } } }, 403, 'not_a_member', 'an edit by a stranger'),
  said('bob', { edit: { seq: 3, message: { text: 'back' } } }, 410, 'message_erased', 'an edit of a deleted message'),
  said('carol', { erase: { seq: 2 } }, 403, 'forbidden', 'a deletion by another member'),
  said('mallory', { erase: { seq: 2 } }, 403, 'not_a_member', 'a deletion by a stranger'),
  said('bob', { erase: { seq: 3 } }, 410, 'message_erased', 'a deletion of a deleted message'),
  said('bob', { react: { seq: 99, emoji: '👍' } }, 404, 'message_not_found', 'a reaction to a message that is none'),
  said('bob', mention('MENTION_USER', 'mallory'), 400, 'mention_not_member', 'a mention of somebody who is no member'),
  words('x'.repeat(10_000), 400, 'search_too_long', 'a search of 10 kB'),
  words(
    Array.from({ length: 1_000 }, () => 'a').join(' '),
    400,
    'search_too_many_words',
    'a search of a thousand terms',
  ),
];

export class BadInput {
  private readonly place: Place;
  private readonly tokens = new Map<string, string>();
  private sends = 0;
  group = '';

  constructor(place: Place) {
    this.place = place;
  }

  /** The people, their group, and what was said in it. */
  async begin(): Promise<void> {
    for (const userId of ['alice', 'bob', 'carol', 'mallory']) {
      const { json } = await this.post(`${this.place.origin}/v1/accounts`, '', { userId, password: PASSWORD });
      this.tokens.set(userId, String(json.accessToken));
    }
    this.group = await this.create(['bob', 'carol'], 'k');
    await this.say('bob', { message: { text: 'two' } });
    await this.say('bob', { message: { text: 'three' } });
    await this.say('bob', { erase: { seq: 3 } });
  }

  async isRefused({ userId, body, status, name }: Refusal): Promise<void> {
    const before = await this.history(this.group);
    const answered = 'send' in body ? await this.say(userId, body.send as object) : await this.request(userId, body);
    expect([answered.json.error?.name, answered.status]).toEqual([name, status]);
    expect(answered.json.error?.sentence ?? answered.json.error?.message).toMatch(/\.$/);
    expect(await this.history(this.group)).toEqual(before);
  }

  async refusesForeignSearch(): Promise<void> {
    const { status, json } = await this.request('mallory', { search: { words: 'two', channelId: this.group } });
    expect([status, json.error?.name]).toEqual([403, 'not_a_member']);
  }

  async refusesCursorAhead(): Promise<void> {
    const unread = async () => (await this.request('alice', { listChannels: {} })).json.channelList;
    const before = await unread();
    const { status, json } = await this.request('alice', { markRead: { channelId: this.group, seq: 99 } });
    expect([status, json.error?.name]).toEqual([400, 'invalid_argument']);
    expect(await unread()).toEqual(before);
  }

  /** `@channel` and `@here` where there are too many; a single one may be named there. */
  async refusesToNameAll(): Promise<void> {
    const crowd = Array.from({ length: CROWD - 1 }, (_, at) => `crowd_${at}`);
    await this.place.makeAccounts(crowd);
    const channelId = await this.create([], 'crowd', 'BROADCAST');
    for (let from = 0; from < crowd.length; from += INVITED_AT_ONCE) {
      const userIds = crowd.slice(from, from + INVITED_AT_ONCE);
      const invite = async () => (await this.request('alice', { invite: { channelId, userIds, role: 'MEMBER' } })).json;
      await expect.poll(invite, { timeout: 30_000, interval: 500 }).toHaveProperty('channel');
    }
    const before = await this.history(channelId);
    for (const kind of ['MENTION_CHANNEL', 'MENTION_HERE']) {
      const { status, json } = await this.say('alice', mention(kind), channelId);
      expect([kind, status, json.error?.name]).toEqual([kind, 400, 'mention_too_wide']);
    }
    expect(await this.history(channelId)).toEqual(before);
    expect((await this.say('alice', mention('MENTION_USER', 'crowd_7'), channelId)).json).toHaveProperty('sendAck');
  }

  private async create(members: readonly string[], idempotencyKey: string, kind = 'GROUP'): Promise<string> {
    const createChannel = { kind, name: 'Us', members, idempotencyKey };
    const made = await this.request('alice', { createChannel });
    return String(made.json.channel?.channelId);
  }

  private history(channelId: string): Promise<Answered> {
    return this.request('alice', { readHistory: { channelId, limit: 100 } });
  }

  private say(userId: string, content: object, channelId = this.group): Promise<Answered> {
    return this.request(userId, { send: { channelId, clientMessageId: `m${++this.sends}`, ...content } });
  }

  private request(userId: string, body: object): Promise<Answered> {
    return this.post(`${this.place.gateway}/v1/request`, userId, body);
  }

  private async post(address: string, userId: string, body: object): Promise<Answered> {
    const authorization = userId === '' ? {} : { authorization: `Bearer ${this.tokens.get(userId)}` };
    const headers = { 'content-type': 'application/json', ...authorization };
    const answer = await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, json: (await answer.json()) as Answered['json'] };
  }
}
