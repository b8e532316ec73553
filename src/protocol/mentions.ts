/** Whom a message mentions: what the feed of mentions, push and the fan-out tier ask. Pure. */
import type { UserId } from '../core/ids.js';
import { v1 } from './wire.js';

type Mentioning = Pick<v1.IEvent, 'message' | 'from' | 'hidden' | 'deleted'>;

const mentionsOf = ({ message, hidden, deleted }: Mentioning): readonly v1.IMention[] =>
  hidden || deleted ? [] : (message?.mentions ?? []);

const isOfAll = ({ kind }: v1.IMention): boolean =>
  kind === v1.MentionKind.MENTION_CHANNEL || kind === v1.MentionKind.MENTION_HERE;

/**
 * Whether `event` is a message that mentions `userId`, a member: by name, or as one of all. Whoever writes mentions
 * nobody in themselves; an edit mentions nobody anew.
 */
export function mentionsUser(event: Mentioning, userId: UserId): boolean {
  return event.from !== userId && areOf(mentionsOf(event), userId);
}

const areOf = (mentions: readonly v1.IMention[], userId: UserId): boolean =>
  mentions.length > 0 && mentions.some((mention) => isOfAll(mention) || mention.userId === userId);

/** The same for whoever has no device online: `@here` is not for them. */
export function mentionsAbsent(event: Mentioning, userId: UserId): boolean {
  const mentions = mentionsOf(event).filter(({ kind }) => kind !== v1.MentionKind.MENTION_HERE);
  return event.from !== userId && areOf(mentions, userId);
}

/** Whom `event` mentions: everybody, or the users named, each once. */
export function mentionedBy(event: Mentioning): 'everybody' | readonly UserId[] {
  const mentions = mentionsOf(event);
  if (mentions.some(isOfAll)) return 'everybody';
  return [...new Set(mentions.map(({ userId }) => userId ?? ''))].filter((userId) => userId !== event.from);
}
