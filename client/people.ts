/**
 * People, friends, settings and devices: the HTTP API with types. Every method rejects with a ParleyError: those that it names,
 * `invalid_argument` for what is out of bounds, `unauthenticated` without a login, `session_revoked` after it, `rate_limited`, and `timeout`,
 * `unavailable` or `overloaded` when there was no answer in 15 s.
 */
import type { HttpCall } from './http.js';
import type {
  ChannelSettings,
  Device,
  Person,
  Profile,
  PushEndpoint,
  PushOffer,
  Relation,
  RelationState,
  Settings,
  SettingsChange,
} from './people-types.js';

export interface PageQuery {
  /** `next` of the page before. Default: from the beginning. */
  readonly after?: string;
  /** Of people: 1 to 50, default 20. Of relations: 1 to 200, default 100. */
  readonly limit?: number;
}

function query(values: object): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

const part = encodeURIComponent;

export class People {
  private readonly call: (call: HttpCall) => Promise<unknown>;
  /**
   * Deletes the account, for good: what was said stays in channels, under the name, which nobody else gets. Ends the login and
   * the connection here; what a storage holds is the application's to remove. Rejects with `wrong_credentials`. After any
   * other failure call it again: it tells what was done already from what was not.
   */
  readonly deleteAccount: (password: string) => Promise<void>;

  constructor(call: (call: HttpCall) => Promise<unknown>, deleteAccount: (password: string) => Promise<void>) {
    this.call = call;
    this.deleteAccount = deleteAccount;
  }

  /** The person of exactly this name, in lower or upper case; undefined when there is none, or they have blocked the caller. */
  async find(userId: string): Promise<Person | undefined> {
    const answer = (await this.get(`/people${query({ name: userId })}`)) as { people: readonly Person[] };
    return answer.people[0];
  }
  /** People whose names begin with `prefix` (1 to 32 characters), a page in their order; without `next` it is the last. */
  async search(prefix: string, page: PageQuery = {}): Promise<{ people: readonly Person[]; next?: string }> {
    return (await this.get(`/people${query({ prefix, ...page })}`)) as { people: readonly Person[]; next?: string };
  }
  /** What 1 to 100 people call themselves; who does not exist is left out. */
  async names(userIds: readonly string[]): Promise<readonly Person[]> {
    const answer = await this.get(`/people/names${query({ ids: userIds.join(',') })}`);
    return (answer as { people: readonly Person[] }).people;
  }

  /** What pushes the server sends, and the key that a browser subscribes with. */
  async pushes(): Promise<PushOffer> {
    return (await this.get('/push')) as PushOffer;
  }
  /**
   * Where this device is reached while it is away; replaces what was said before, ends with the login. `push_not_configured`: the
   * server sends none of that kind; `push_endpoint_refused`: an address that is none, or not a public one.
   */
  async registerPush(endpoint: PushEndpoint): Promise<void> {
    await this.call({ method: 'PUT', path: '/devices/current/push', body: endpoint });
  }
  /** No more pushes to this device. */
  async unregisterPush(): Promise<void> {
    await this.call({ method: 'DELETE', path: '/devices/current/push' });
  }

  /** One's own. */
  async profile(): Promise<Profile> {
    return (await this.get('/me')) as Profile;
  }
  /** What is absent stays as it is; resolves to the whole. */
  async changeProfile(change: Partial<Omit<Profile, 'userId'>>): Promise<Profile> {
    return (await this.call({ method: 'PATCH', path: '/me', body: change })) as Profile;
  }
  /**
   * Logs out all other devices. Not repeated by itself: what was current would be so no more. `next` is as in Credentials.
   * `wrong_credentials`: `current` is wrong; after five times in a row `rate_limited`.
   */
  async changePassword(current: string, next: string): Promise<void> {
    await this.call({ method: 'PUT', path: '/me/password', body: { current, new: next }, once: true });
  }
  /** One's own, and of the channels that have some of their own. */
  async settings(): Promise<Settings & { readonly channels: readonly ChannelSettings[] }> {
    return (await this.get('/me/settings')) as Settings & { readonly channels: readonly ChannelSettings[] };
  }
  /** What is absent stays as it is; resolves to the whole. */
  async changeSettings(change: SettingsChange): Promise<Settings> {
    return (await this.call({ method: 'PATCH', path: '/me/settings', body: change })) as Settings;
  }
  /** The same of one channel. `forbidden`: 2,000 channels have settings of their own. */
  async changeChannelSettings(
    channelId: string,
    change: Partial<Omit<ChannelSettings, 'channelId'>>,
  ): Promise<ChannelSettings> {
    const path = `/me/settings/channels/${part(channelId)}`;
    return (await this.call({ method: 'PATCH', path, body: change })) as ChannelSettings;
  }

  /** Friends, open requests and blocked people (`state`: those alone), a page in the order of their ids; without `next` it is the last. */
  async relations(
    page: PageQuery & { readonly state?: Exclude<RelationState, 'none'> } = {},
  ): Promise<{ relations: readonly Relation[]; next?: string }> {
    return (await this.get(`/friends${query(page)}`)) as { relations: readonly Relation[]; next?: string };
  }
  /**
   * Asks to be friends; accepts, when they have asked already. This and the five below resolve to how one then stands to them, may be
   * repeated, and reject with `user_not_found`, or `invalid_argument` for oneself. `forbidden`: one has blocked them, or has 2,000 friends,
   * own requests and blocked people.
   */
  requestFriend(userId: string): Promise<RelationState> {
    return this.relate({ method: 'POST', path: '/friends/requests', body: { userId } });
  }
  /** `not_found`: they have not asked, and are no friend; `forbidden`: as for a request, by their number alone. */
  acceptFriend(userId: string): Promise<RelationState> {
    return this.relate({ method: 'POST', path: `/friends/requests/${part(userId)}/accept` });
  }
  /** Their request is gone then, for both; where there is none nothing changes. */
  declineFriend(userId: string): Promise<RelationState> {
    return this.relate({ method: 'DELETE', path: `/friends/requests/${part(userId)}` });
  }
  /** Ends a friendship, or takes one's own request back; else nothing changes. */
  removeFriend(userId: string): Promise<RelationState> {
    return this.relate({ method: 'DELETE', path: `/friends/${part(userId)}` });
  }
  /** Ends friendship and requests, and hides one from them; they do not notice. `forbidden`: as for a request, by their number alone. */
  block(userId: string): Promise<RelationState> {
    return this.relate({ method: 'PUT', path: `/blocks/${part(userId)}` });
  }
  /** Brings neither friendship nor requests back. */
  unblock(userId: string): Promise<RelationState> {
    return this.relate({ method: 'DELETE', path: `/blocks/${part(userId)}` });
  }

  /** One's devices that are logged in, last seen first; 50 at most. */
  async devices(): Promise<readonly Device[]> {
    return ((await this.get('/devices')) as { devices: readonly Device[] }).devices;
  }
  /** `not_found`: there is no such device. */
  async renameDevice(deviceId: string, name: string): Promise<Device> {
    return (await this.call({ method: 'PATCH', path: `/devices/${part(deviceId)}`, body: { name } })) as Device;
  }
  /** Logs a device out. `not_found`: there is no such device. */
  async removeDevice(deviceId: string): Promise<void> {
    await this.call({ method: 'DELETE', path: `/devices/${part(deviceId)}` });
  }

  private get(path: string): Promise<unknown> {
    return this.call({ method: 'GET', path });
  }

  private async relate(call: HttpCall): Promise<RelationState> {
    return ((await this.call(call)) as { state: RelationState }).state;
  }
}
