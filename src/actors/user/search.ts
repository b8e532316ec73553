/** A user's search over all channels: each channel's owner searches its own, and the newest of all come first. */
import type { ActorHost } from '../../cluster/actor-host.js';
import { ParleyError } from '../../core/errors.js';
import { type ChannelId, channelActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import { rateOf, takeToken, tokenInMs } from '../../core/rate.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import type { Caller } from '../../protocol/bus-messages.js';
import { Long, v1 } from '../../protocol/wire.js';
import { bytesOfHit } from '../../search/hit.js';
import { parseQuery } from '../../search/query.js';
import { isFanout, type UserChannelState, type UserChannels } from './state.js';

const LIMIT_DEFAULT = 20;
const RATE = rateOf(LIMITS.searchesPerSecond, LIMITS.searchesBurst);
/** What is left for the way back, milliseconds. */
const RESERVE_MS = 250;

interface Searched {
  readonly channelId: ChannelId;
  readonly hidden: UserChannelState['hidden'];
  /** No message of the channel has a greater id. Undefined: that is not known here. */
  readonly newestId: Long | undefined;
  /** Asked for by its name. */
  readonly named: boolean;
}

const idOf = (hit: v1.ISearchHit): Long => (hit.event?.messageId as Long | undefined) ?? Long.UZERO;

/** What the channels answered so far. */
class Gathered {
  private readonly limit: number;
  private hits: v1.ISearchHit[] = [];
  /** Below this id some channel has not looked yet. */
  private floor: Long = Long.UZERO;

  constructor(limit: number) {
    this.limit = limit;
  }

  add(results: v1.ISearchResults): void {
    this.hits.push(...(results.hits ?? []));
    this.hits.sort((a, b) => idOf(b).compare(idOf(a)));
    const next = Long.fromValue(results.next ?? 0, true);
    if (next.greaterThan(this.floor)) this.floor = next;
  }

  /** Whether a channel whose newest message is that one can add nothing to this page. */
  completeWithout(newestId: Long | undefined): boolean {
    const last = this.hits[this.limit];
    return last !== undefined && newestId !== undefined && idOf(last).greaterThan(newestId);
  }

  page(): v1.ISearchResults {
    const certain = this.hits.filter((hit) => !idOf(hit).lessThan(this.floor));
    const page: v1.ISearchHit[] = [];
    let bytes = 0;
    for (const hit of certain.slice(0, this.limit)) {
      bytes += bytesOfHit(hit);
      if (page.length > 0 && bytes > LIMITS.historyPageBytesMax) break;
      page.push(hit);
    }
    const last = page.at(-1);
    const isCut = last !== undefined && page.length < certain.length;
    return { hits: page, next: isCut ? idOf(last) : this.floor };
  }
}

export class UserSearch {
  private readonly host: ActorHost;
  private readonly channels: UserChannels;
  private bucket = 0;
  private inFlight = 0;

  constructor(host: ActorHost, channels: UserChannels) {
    this.host = host;
    this.channels = channels;
  }

  /** Rejects with `rate_limited`, `search_empty`, `search_too_many_words`, or a channel's refusal. */
  async answer(caller: Caller, request: v1.Search, budgetMs: number): Promise<v1.ISearchResults> {
    this.admit();
    if (parseQuery(request.words).clauses.length === 0 && request.from === '') throw new ParleyError('search_empty');
    this.inFlight++;
    try {
      return await this.gather(caller, request, Math.max(0, budgetMs - RESERVE_MS));
    } finally {
      this.inFlight--;
    }
  }

  private admit(): void {
    const now = this.host.clock.monotonic();
    const bucket = takeToken(this.bucket, now, RATE);
    if (bucket === undefined)
      throw new ParleyError('rate_limited', { retryAfterMs: tokenInMs(this.bucket, now, RATE) });
    if (this.inFlight >= LIMITS.searchesInFlightPerUserMax)
      throw new ParleyError('rate_limited', { retryAfterMs: RETRY_AFTER_MS.queue });
    this.bucket = bucket;
  }

  private async gather(caller: Caller, request: v1.Search, budgetMs: number): Promise<v1.ISearchResults> {
    const { clock } = this.host;
    const deadlineMs = clock.monotonic() + budgetMs;
    const limit = request.limit || LIMIT_DEFAULT;
    const gathered = new Gathered(limit);
    const targets = this.targets(request)[Symbol.iterator]();
    let refused = false;
    const worker = async (): Promise<void> => {
      for (let next = targets.next(); next.done !== true && !refused; next = targets.next()) {
        if (gathered.completeWithout(next.value.newestId)) return;
        const value = v1.Search.create({
          ...request,
          channelId: next.value.channelId,
          limit: Math.min(limit + 1, LIMITS.searchPageMax),
        });
        gathered.add(await this.askChannel(caller, value, next.value, deadlineMs - clock.monotonic()));
      }
    };
    const workers = Array.from({ length: LIMITS.searchChannelsAtOnce }, async () => {
      await worker().catch((error: unknown) => {
        refused = true;
        throw error;
      });
    });
    for (const outcome of await Promise.allSettled(workers)) if (outcome.status === 'rejected') throw outcome.reason;
    return gathered.page();
  }

  private async askChannel(
    caller: Caller,
    value: v1.Search,
    { channelId, hidden, named }: Searched,
    budgetMs: number,
  ): Promise<v1.ISearchResults> {
    const question = { type: 'request', caller, body: { type: 'search', value }, hidden } as const;
    try {
      const answer = await this.host.ask(channelActor(channelId), question, budgetMs);
      return answer.type === 'searchResults' ? answer.value : {};
    } catch (error) {
      // Left, and the inbox does not know it yet.
      const gone =
        error instanceof ParleyError && (error.kind === 'not_a_member' || error.kind === 'channel_not_found');
      if (gone && !named) return {};
      throw error;
    }
  }

  /** Those with the newest messages come first, after those of which that is not known. */
  private targets(request: v1.Search): Searched[] {
    if (request.channelId !== '') {
      const hidden = this.channels.get(request.channelId)?.hidden ?? [];
      return [{ channelId: request.channelId, hidden, newestId: undefined, named: true }];
    }
    const since = request.since.toNumber();
    return [...this.channels]
      .filter(([, channel]) => !channel.left && (isFanout(channel) || channel.activeAtMs >= since))
      .map(([channelId, channel]) => {
        const newestId = isFanout(channel) ? undefined : channel.lastMessage?.value.messageId;
        return { channelId, hidden: channel.hidden, newestId, named: false };
      })
      .sort((a, b) => (b.newestId ?? Long.MAX_UNSIGNED_VALUE).compare(a.newestId ?? Long.MAX_UNSIGNED_VALUE));
  }
}
