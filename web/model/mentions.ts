/** The messages in which one was mentioned, newest first: the newest page, and the older ones that were asked for. */
import type { MentionItem, ParleyClient } from '../../client/index.js';

const PAGE = 50;

export class Mentions {
  items: readonly MentionItem[] = [];
  /** There are older ones than these. */
  more = false;
  /** Of all that the server keeps. */
  unread = 0;
  private readonly client: Pick<ParleyClient, 'mentions'>;
  private readonly changed: () => void;

  constructor(client: Pick<ParleyClient, 'mentions'>, changed: () => void) {
    this.client = client;
    this.changed = changed;
  }

  /** Nobody asked for it: where it fails, what was known stays. */
  async refresh(): Promise<void> {
    const page = await this.client.mentions({ limit: PAGE }).catch(() => undefined);
    if (page === undefined) return;
    const last = page.items.at(-1);
    const older = last === undefined ? [] : this.items.filter((item) => idOf(item) < idOf(last));
    this.items = [...page.items, ...older];
    this.more = older.length > 0 ? this.more : page.more;
    this.unread = page.unread;
    this.changed();
  }

  /** The page below what is there. */
  async loadOlder(): Promise<void> {
    const before = this.items.at(-1)?.event.messageId;
    const page = await this.client.mentions({ limit: PAGE, ...(before === undefined ? {} : { before }) });
    const last = this.items.at(-1);
    this.items = [...this.items, ...page.items.filter((item) => last === undefined || idOf(item) < idOf(last))];
    this.more = page.more;
    this.changed();
  }
}

const idOf = ({ event }: MentionItem): bigint => BigInt(event.messageId);
