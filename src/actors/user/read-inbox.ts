/** Where a device goes on in an inbox, and what that holds from there, for devices that ask instead of being told. */
import type { ActorMail, Ask } from '../../cluster/actor-host.js';
import { LIMITS } from '../../core/limits.js';
import type { Question } from '../../protocol/bus-messages.js';
import type { v1 } from '../../protocol/wire.js';
import { type Resumption, resume } from './cursor.js';
import type { CursorReports } from './cursor-reports.js';
import type { Inbox } from './inbox.js';
import { limitedAll } from './limited.js';
import type { Pushes } from './pushes.js';

type InboxRead = Extract<Question, { type: 'inbox_read' }>;

/** A user, as far as it is about reading. */
interface Reader {
  readonly inbox: Inbox;
  readonly reports: CursorReports;
  readonly pushes: Pushes;
  /** Throws `user_not_found` when there is no account. */
  checkExists(): void;
  /** Somebody is there, who asks. */
  asked(): void;
}

/** As the device asks itself; without a cursor from now on. Throws what `resume` throws. */
export function resumption(inbox: Inbox, cursor: v1.ICursor | undefined): Resumption {
  return cursor === undefined ? { type: 'after', seq: inbox.head } : resume(cursor, inbox.extent);
}

/** The inbox position after which entries follow: to whom it is limited, what comes from now on. */
export function startOf(inbox: Inbox, from: Resumption): number {
  return from.type === 'limited' ? inbox.head : from.seq;
}

/** Answers with the events after the cursor, a page of them. Rejects as `resume` throws. */
export async function readInbox(host: ActorMail, user: Reader, ask: Ask, question: InboxRead): Promise<void> {
  const { inbox } = user;
  user.checkExists();
  const from = resumption(inbox, question.cursor);
  const after = startOf(inbox, from);
  const limit = Math.min(question.limit || LIMITS.deliveryPageItems, LIMITS.deliveryPageItems);
  // Whoever asks for what follows a cursor has what is before it.
  if (question.cursor !== undefined && from.type === 'after') {
    user.reports.delivered(after);
    user.pushes.acknowledged(after);
  }
  const events = await inbox.page(after, limit);
  if (events === undefined) return readInbox(host, user, ask, question); // it is limited now
  const items = events.map((event, index) => inbox.deliveryOf(after + index + 1, event));
  const end = after + items.length;
  user.asked();
  host.answer(ask, {
    type: 'inbox_page',
    value: {
      items,
      cursor: inbox.cursorAt(end),
      more: end < inbox.head,
      limited: from.type === 'limited' ? limitedAll(inbox.channels, inbox.cursorAt(after)) : undefined,
    },
  });
}
