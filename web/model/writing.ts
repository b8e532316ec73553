/** What one says in the conversations: what is being composed, and what was sent and is on its way. */
import type { MessageContent, ParleyClient, PendingMessage } from '../../client/index.js';
import { peerOf } from './conversations.js';
import {
  cancelled,
  type Draft,
  type DraftStorage,
  Drafts,
  editIn,
  editing,
  erased,
  hasEditOf,
  refused,
  replying,
  said,
  textIn,
  typed,
} from './drafts.js';
import { type Mentionable, mentionsIn } from './mentioning.js';
import type { Thread } from './thread.js';

export interface WritingHost {
  readonly client: ParleyClient;
  readonly me: string;
  /** Where drafts are kept. */
  readonly storage: DraftStorage;
  readonly thread: (channelId: string) => Thread;
  readonly mentionable: (channelId: string) => readonly Mentionable[];
  readonly toEnd: (channelId: string) => void;
  readonly changed: () => void;
  readonly complain: (error: unknown) => void;
  /** Something that the person should know, though nothing went wrong. */
  readonly tell: (sentence: string) => void;
}

export class Writing {
  readonly drafts: Drafts;
  private readonly host: WritingHost;

  constructor(host: WritingHost) {
    this.host = host;
    this.drafts = new Drafts(host.storage, host.me);
  }

  /** What stands in the composer is another text: it shows that already. Others see that one writes. */
  typed(channelId: string, text: string): void {
    this.drafts.change(channelId, (draft) => typed(draft, text));
    this.host.client.typing(channelId, text.trim() === '');
  }

  reply(channelId: string, seq: number): void {
    this.begin(channelId, seq, replying);
  }

  edit(channelId: string, seq: number): void {
    this.begin(channelId, seq, editing);
  }

  /** Back from an edit or a reply to a plain new message. */
  cancel(channelId: string): void {
    this.change(channelId, cancelled);
  }

  /** Sends what was composed: a message, a reply, or an edit. Throws when it was not taken: then it stays. */
  say(channelId: string): void {
    const { client } = this.host;
    const draft = this.drafts.of(channelId);
    const edit = editIn(draft);
    const text = textIn(draft).trim();
    const mentions = mentionsIn(text, this.host.mentionable(channelId));
    if (edit !== undefined) {
      if (text !== edit.target.text) this.track(client.edit(channelId, edit.target.seq, text, mentions));
    } else this.send(channelId, { text, mentions, ...(draft.reply === undefined ? {} : { replyTo: draft.reply.seq }) });
    this.change(channelId, said);
  }

  erase(channelId: string, seq: number): void {
    this.track(this.host.client.erase(channelId, seq));
    this.erased(channelId, seq);
  }

  react(channelId: string, seq: number, emoji: string, removed: boolean): void {
    this.track(this.host.client.react(channelId, seq, emoji, removed));
  }

  sendAgain(message: PendingMessage): void {
    this.discard(message);
    if (message.said.type === 'message') this.send(message.channelId, message.said);
  }

  discard(message: PendingMessage): void {
    this.host.thread(message.channelId).discard(message);
    this.host.changed();
  }

  /** That message was deleted, by whomever. */
  erased(channelId: string, seq: number): void {
    const before = this.drafts.of(channelId);
    if (!hasEditOf(before, seq)) return;
    this.change(channelId, (draft) => erased(draft, seq));
    const isKept = this.drafts.of(channelId).text !== before.text;
    if (isKept) this.host.tell('That message was deleted. What you changed in it is a new message now, not sent yet.');
  }

  /** A message shows by itself that it failed; all else is told, and an edit is given back unless its message is gone. */
  settled({ channelId, said, state, error }: PendingMessage): void {
    if (state !== 'failed' || said.type === 'message') return;
    if (said.type === 'edit' && error?.kind !== 'message_erased') {
      const { me, thread } = this.host;
      const target = thread(channelId).messageAt(said.target) ?? { seq: said.target, from: me, text: '' };
      this.change(channelId, (draft) => refused(draft, { target, text: said.text }));
    }
    this.host.complain(error);
  }

  private begin(channelId: string, seq: number, change: typeof replying): void {
    const target = this.host.thread(channelId).messageAt(seq);
    if (target !== undefined) this.change(channelId, (draft) => change(draft, target));
  }

  private change(channelId: string, change: (draft: Draft) => Draft): void {
    this.drafts.change(channelId, change);
    if (textIn(this.drafts.of(channelId)).trim() === '') this.host.client.typing(channelId, true);
    this.host.changed();
  }

  private send(channelId: string, content: MessageContent): void {
    const { client, me, toEnd } = this.host;
    const peer = peerOf(channelId, me);
    const to = peer === undefined ? { channelId } : { to: peer };
    this.track(client.send({ ...to, ...content }));
    toEnd(channelId);
  }

  private track(message: PendingMessage): void {
    this.host.thread(message.channelId).track(message);
    this.host.changed();
  }
}
