/** Who the others are: names, friends, presence. */
import type { ParleyClient, Person, Presence, Relation } from '../../client/index.js';
import { RELATIONS_PAGE_MAX, WATCH_PRESENCE_MAX } from '../../src/core/client-bounds.js';

const NAMES_AT_ONCE_MAX = 100;
const FOUND_MAX = 30;

/** In place of the name of somebody whom the server does not know any more. */
export const DELETED_ACCOUNT = 'Deleted account';

export class People {
  relations: readonly Relation[] = [];
  loaded = false;
  private readonly client: ParleyClient;
  private readonly changed: () => void;
  /** By user id; another map whenever a name is another. */
  names: ReadonlyMap<string, string> = new Map();
  private readonly asked = new Set<string>();
  private presences: ReadonlyMap<string, Presence> = new Map();
  private talkedWith: readonly string[] = [];
  private readonly missing: string[] = [];
  private watched = '';

  constructor(client: ParleyClient, changed: () => void) {
    this.client = client;
    this.changed = changed;
  }

  /** The display name, or the user id until it is known: asks for it at the first mention. */
  readonly nameOf = (userId: string): string => {
    const name = this.names.get(userId);
    if (name === undefined && !this.asked.has(userId)) this.ask(userId);
    return name ?? userId;
  };

  know(people: readonly Person[]): void {
    const names = people.map(({ userId, displayName }) => [userId, displayName || userId] as const);
    if (names.some(([userId, name]) => this.names.get(userId) !== name))
      this.names = new Map([...this.names, ...names]);
  }

  presenceOf(userId: string): Presence | undefined {
    return this.presences.get(userId);
  }

  /** All in that state, by name. */
  those(state: Relation['state']): readonly Relation[] {
    const found = this.relations.filter((relation) => relation.state === state);
    return found.sort((one, other) => one.displayName.localeCompare(other.displayName));
  }

  stateOf(userId: string): Relation['state'] | undefined {
    return this.relations.find((relation) => relation.userId === userId)?.state;
  }

  heard(items: readonly Presence[]): void {
    const presences = new Map(this.presences);
    for (const presence of items) presences.set(presence.userId, presence);
    this.presences = presences;
    this.changed();
  }

  async load(): Promise<void> {
    this.relations = await this.allRelations();
    this.loaded = true;
    this.know(this.relations);
    this.changed();
    await this.watch(this.talkedWith);
  }

  async find(prefix: string): Promise<readonly Person[]> {
    const { people } = await this.client.people.search(prefix, { limit: FOUND_MAX });
    this.know(people);
    return people;
  }

  /** Asks somebody to be friends, or accepts their request. */
  async befriend(userId: string): Promise<void> {
    await this.client.people.requestFriend(userId);
    await this.load();
  }

  /** Ends a friendship, takes a request back, or refuses theirs. */
  async part(userId: string): Promise<void> {
    const { people } = this.client;
    await (this.stateOf(userId) === 'request_received' ? people.declineFriend(userId) : people.removeFriend(userId));
    await this.load();
  }

  async block(userId: string): Promise<void> {
    await this.client.people.block(userId);
    await this.load();
  }

  async unblock(userId: string): Promise<void> {
    await this.client.people.unblock(userId);
    await this.load();
  }

  /** Watches the presence of friends first, then of those one talks with, as far as the server does. */
  async watch(talkedWith: readonly string[]): Promise<void> {
    this.talkedWith = talkedWith;
    const wanted = new Set([...this.those('friend').map((friend) => friend.userId), ...talkedWith]);
    const userIds = [...wanted].slice(0, WATCH_PRESENCE_MAX);
    const key = [...userIds].sort().join(' ');
    if (key === this.watched) return;
    this.watched = key;
    await this.client.watchPresence(userIds);
  }

  private async allRelations(): Promise<readonly Relation[]> {
    const found: Relation[] = [];
    let after: string | undefined;
    do {
      const query = { limit: RELATIONS_PAGE_MAX, ...(after === undefined ? {} : { after }) };
      const page = await this.client.people.relations(query);
      found.push(...page.relations);
      after = page.next;
    } while (after !== undefined);
    return found;
  }

  /** All names that one drawing of the page misses are asked for at once. */
  private ask(userId: string): void {
    this.asked.add(userId);
    this.missing.push(userId);
    if (this.missing.length === 1) queueMicrotask(() => void this.askMissing());
  }

  private async askMissing(): Promise<void> {
    const userIds = this.missing.splice(0, NAMES_AT_ONCE_MAX);
    if (this.missing.length > 0) queueMicrotask(() => void this.askMissing());
    try {
      const known = await this.client.people.names(userIds);
      const found = new Set(known.map(({ userId }) => userId));
      const gone = userIds.filter((userId) => !found.has(userId));
      this.know([...known, ...gone.map((userId) => ({ userId, displayName: DELETED_ACCOUNT }))]);
      this.changed();
    } catch {
      for (const userId of userIds) this.asked.delete(userId); // the id stands for the name until the next drawing
      this.names = new Map(this.names); // which then asks again
    }
  }
}
