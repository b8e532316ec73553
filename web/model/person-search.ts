/** Finds people by the beginning of a name while it is typed, and shows nothing of a search that was overtaken. */
import type { Person } from '../../client/index.js';
import { sentenceFor } from './sentence.js';

/** So long after the last key the search begins. */
const SEARCH_DELAY_MS = 250;

export interface PersonSearchState {
  query: string;
  /** Undefined while nothing has been answered yet. */
  found: readonly Person[] | undefined;
  complaint: string | undefined;
}

export const NO_SEARCH: PersonSearchState = { query: '', found: undefined, complaint: undefined };

export class PersonSearch {
  private readonly find: (prefix: string) => Promise<readonly Person[]>;
  private readonly show: (change: Partial<PersonSearchState>) => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wanted = '';

  constructor(
    find: (prefix: string) => Promise<readonly Person[]>,
    show: (change: Partial<PersonSearchState>) => void,
  ) {
    this.find = find;
    this.show = show;
  }

  typed(query: string): void {
    this.stop();
    this.wanted = query.trim().toLowerCase();
    this.show({ query, complaint: undefined, ...(this.wanted === '' ? { found: undefined } : {}) });
    if (this.wanted !== '') this.timer = setTimeout(() => void this.look(this.wanted), SEARCH_DELAY_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.wanted = '';
  }

  private async look(prefix: string): Promise<void> {
    const change = await this.find(prefix).then(
      (found) => ({ found }),
      (error: unknown) => ({ found: [], complaint: sentenceFor(error) }),
    );
    if (this.wanted === prefix) this.show(change);
  }
}
