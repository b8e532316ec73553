import { describe, expect, it } from 'vitest';
import { type ParleyClient, ParleyError, type PendingMessage, type Said } from '../../client/index.js';
import { textIn } from './drafts.js';
import { CHANNEL } from './testing/events.js';
import { pendingOf } from './testing/pending.js';
import type { Thread } from './thread.js';
import { Writing } from './writing.js';

/** One conversation, whose loaded messages are `loaded`, and what was sent to its server. */
class FakeConversation {
  loaded = new Map([[2, 'I owe you 100 euros']]);
  readonly sent: Said[] = [];
  readonly complaints: unknown[] = [];
  readonly told: string[] = [];
  readonly tracked: PendingMessage[] = [];
  /** What others see: that one writes, or stopped. */
  readonly typing: ('writing' | 'stopped')[] = [];
  readonly writing: Writing;

  constructor() {
    const send = (said: Said): PendingMessage => {
      this.sent.push(said);
      return pendingOf('m', said);
    };
    const client = {
      send: ({ to: _, ...content }: { to: string; text: string }) => send({ type: 'message', ...content }),
      edit: (_: string, target: number, text: string) => send({ type: 'edit', target, text }),
      erase: (_: string, target: number) => send({ type: 'erase', target }),
      typing: (_: string, stopped: boolean) => this.typing.push(stopped ? 'stopped' : 'writing'),
    } as unknown as ParleyClient;
    const thread = {
      messageAt: (seq: number) => {
        const text = this.loaded.get(seq);
        return text === undefined ? undefined : { seq, from: 'ann', text };
      },
      track: (message: PendingMessage) => this.tracked.push(message),
    } as unknown as Thread;
    this.writing = new Writing({
      ...{ client, me: 'ann', changed: () => {}, toEnd: () => {}, mentionable: () => [], thread: () => thread },
      storage: { getItem: () => null, setItem: () => {}, removeItem: () => {}, key: () => null, length: 0 },
      complain: (error) => this.complaints.push(error),
      tell: (sentence) => this.told.push(sentence),
    });
  }

  get draft() {
    return this.writing.drafts.of(CHANNEL);
  }

  say(text: string): void {
    this.writing.typed(CHANNEL, text);
    this.writing.say(CHANNEL);
  }
}

describe('what one writes', () => {
  it('is shown as an edit for as long as it is one, also when the message is not loaded any more', () => {
    const conversation = new FakeConversation();
    conversation.writing.edit(CHANNEL, 2);
    conversation.loaded.clear();
    const target = { seq: 2, from: 'ann', text: 'I owe you 100 euros' };
    expect(conversation.draft.edits).toEqual([{ target, text: target.text }]);
    conversation.say('I owe you 10 euros');
    conversation.say('see you at eight');
    expect(conversation.sent).toMatchObject([
      { type: 'edit', target: 2, text: 'I owe you 10 euros' },
      { type: 'message', text: 'see you at eight' },
    ]);
  });

  it('answers the message that it was begun for, once', () => {
    const conversation = new FakeConversation();
    conversation.writing.reply(CHANNEL, 2);
    conversation.loaded.clear();
    expect(conversation.draft.reply).toMatchObject({ seq: 2, from: 'ann' });
    conversation.say('yes');
    conversation.say('and more');
    expect(conversation.sent).toEqual([
      { type: 'message', text: 'yes', mentions: [], replyTo: 2 },
      { type: 'message', text: 'and more', mentions: [] },
    ]);
  });

  it('shows others that one writes until one takes it all back, by hand or with the edit that it is', () => {
    const conversation = new FakeConversation();
    const { writing, typing } = conversation;
    for (const text of ['h', 'hi', ' ']) writing.typed(CHANNEL, text);
    expect(typing.splice(0)).toEqual(['writing', 'writing', 'stopped']);
    writing.edit(CHANNEL, 2);
    writing.typed(CHANNEL, 'I owe you 10 euros');
    writing.cancel(CHANNEL);
    expect(typing).toEqual(['writing', 'stopped']);
  });

  it('only ends an edit in which nothing is changed', () => {
    const conversation = new FakeConversation();
    conversation.writing.edit(CHANNEL, 2);
    conversation.say('I owe you 100 euros ');
    expect([conversation.sent, conversation.draft.edits]).toEqual([[], []]);
  });

  it('comes back when the server refuses the edit, with the reason', () => {
    const conversation = new FakeConversation();
    conversation.writing.edit(CHANNEL, 2);
    conversation.say('too long');
    const refused = { ...pendingOf('m', { type: 'edit', target: 2, text: 'too long' }, 'failed'), error: undefined };
    conversation.writing.settled(refused);
    expect([textIn(conversation.draft), conversation.complaints]).toEqual(['too long', [undefined]]);
  });

  it('is no edit of a message that was deleted: the server says so, and the edit stays away', () => {
    const conversation = new FakeConversation();
    conversation.writing.edit(CHANNEL, 2);
    conversation.say('mended');
    const error = new ParleyError('message_erased');
    const refused = { ...pendingOf('m', { type: 'edit', target: 2, text: 'mended' }, 'failed'), error };
    conversation.writing.settled(refused);
    expect([conversation.draft, conversation.complaints]).toEqual([{ text: '', edits: [] }, [error]]);
  });

  it('is a new message as soon as the message that it changes is deleted, and one is told so', () => {
    const conversation = new FakeConversation();
    conversation.writing.edit(CHANNEL, 2);
    conversation.writing.typed(CHANNEL, 'half mended');
    conversation.writing.erase(CHANNEL, 2);
    expect(conversation.draft).toEqual({ text: 'half mended', edits: [] });
    conversation.writing.erased(CHANNEL, 2);
    expect(conversation.told).toHaveLength(1);
  });

  it('is no edit of a message that is not there', () => {
    const conversation = new FakeConversation();
    conversation.writing.edit(CHANNEL, 7);
    expect(conversation.draft.edits).toEqual([]);
  });
});
