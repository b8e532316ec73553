/** Searching messages: what is asked, what is found, and both as the wire has them. */
import { Long, type v1 } from '../src/protocol/wire.js';
import { eventOf } from './from-wire.js';
import type { ChannelEvent } from './types.js';

/** Messages of one's own channels that have all the words and were sent by `from`. Words, a sender, or both. */
export interface SearchRequest {
  /** In any order; the last one may be the beginning of a word. */
  readonly words?: string;
  readonly from?: string;
  /** Default: all of one's channels. */
  readonly channelId?: string;
  /** Both ends included. */
  readonly since?: Date;
  readonly until?: Date;
  /** `next` of the page before. */
  readonly before?: string;
  /** 1 to 50, default 20. */
  readonly limit?: number;
}

/** A part of a text, in UTF-16 code units: as strings of JavaScript count. */
export interface TextRange {
  readonly start: number;
  readonly length: number;
}

export interface SearchHit {
  /** As it is now. */
  readonly event: ChannelEvent & { readonly type: 'message' };
  /** Where the words stand in its text: ascending, not overlapping. */
  readonly highlights: readonly TextRange[];
}

export interface SearchPage {
  /** Newest first. May be empty although there is a next page. */
  readonly items: readonly SearchHit[];
  /** Where the next page begins; undefined: this is the last one. */
  readonly next: string | undefined;
}

export function wireSearch(request: SearchRequest): v1.ISearch {
  const { words = '', channelId = '', from = '', since, until, before = '0', limit = 0 } = request;
  const timeOf = (date: Date | undefined): Long => Long.fromNumber(date?.getTime() ?? 0, true);
  return {
    words,
    channelId,
    from,
    since: timeOf(since),
    until: timeOf(until),
    before: Long.fromString(before, true),
    limit,
  };
}

export function searchPageOf({ hits, next }: v1.ISearchResults): SearchPage {
  const items = (hits ?? []).flatMap(({ event, highlights }): SearchHit[] => {
    const found = eventOf(event ?? {});
    const ranges = (highlights ?? []).map(({ start, length }) => ({ start: start ?? 0, length: length ?? 0 }));
    return found.type === 'message' ? [{ event: found, highlights: ranges }] : [];
  });
  return { items, next: next && !next.isZero() ? next.toString() : undefined };
}
