/** A search of one's messages as it is being typed: its filters, and the pages found so far. */
import type { ParleyClient, SearchHit, SearchPage, SearchRequest } from '../../client/index.js';

export interface SearchFilters {
  readonly words: string;
  /** A user id; '' = anybody. */
  readonly from: string;
  /** '' = all. */
  readonly channelId: string;
  /** Days, such as `2026-01-31`, both included; '' = open. */
  readonly since: string;
  readonly until: string;
}

const NO_FILTERS: SearchFilters = { words: '', from: '', channelId: '', since: '', until: '' };

/** So long after the last key it is asked, milliseconds. */
const TYPING_MS = 300;
/** Pages that may be empty before one is asked whether to go on. */
const EMPTY_PAGES_MAX = 5;

export interface SearchHost {
  readonly client: Pick<ParleyClient, 'search'>;
  readonly changed: () => void;
  /** As `setTimeout`; returns what stops it. */
  readonly after: (ms: number, run: () => void) => () => void;
}

export class Search {
  filters: SearchFilters = NO_FILTERS;
  state: 'idle' | 'loading' | 'failed' = 'idle';
  failure: unknown;
  /** Newest first. */
  hits: readonly SearchHit[] = [];
  private next: string | undefined;
  private readonly host: SearchHost;
  /** What is answered for an earlier one counts no more. */
  private asked = 0;
  private cancel = (): void => undefined;

  constructor(host: SearchHost) {
    this.host = host;
  }

  /** There is something to look for; else the list of conversations stands. */
  get active(): boolean {
    return this.filters.words.trim() !== '' || this.filters.from.trim() !== '';
  }

  get more(): boolean {
    return this.next !== undefined;
  }

  change(change: Partial<SearchFilters>): void {
    this.cancel();
    this.asked += 1;
    this.filters = { ...this.filters, ...change };
    this.hits = [];
    this.next = undefined;
    this.state = this.active ? 'loading' : 'idle';
    if (this.active) this.cancel = this.host.after(TYPING_MS, () => void this.load());
    this.host.changed();
  }

  /** The next page below what is there; the first one, when there is none. */
  async load(): Promise<void> {
    const asked = ++this.asked;
    this.state = 'loading';
    this.host.changed();
    try {
      for (let pages = 0; pages < EMPTY_PAGES_MAX; pages++) {
        const page = await this.host.client.search(this.request());
        if (asked !== this.asked) return;
        this.take(page);
        if (page.items.length > 0 || !this.more) break;
      }
      this.state = 'idle';
    } catch (error) {
      if (asked !== this.asked) return;
      this.state = 'failed';
      this.failure = error;
    }
    this.host.changed();
  }

  private take(page: SearchPage): void {
    this.hits = [...this.hits, ...page.items];
    this.next = page.next;
  }

  private request(): SearchRequest {
    const { words, from, channelId, since, until } = this.filters;
    return {
      words: words.trimStart(),
      ...(from.trim() === '' ? {} : { from: from.trim().toLowerCase() }),
      ...(channelId === '' ? {} : { channelId }),
      ...(since === '' ? {} : { since: new Date(`${since}T00:00:00`) }),
      ...(until === '' ? {} : { until: new Date(`${until}T23:59:59.999`) }),
      ...(this.next === undefined ? {} : { before: this.next }),
    };
  }
}
