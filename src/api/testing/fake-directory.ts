/** A directory in memory, for tests of the API: the rules that its answers show, none of the SQL. */
import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import { addressOf, type PushEndpoint, type PushEndpoints } from '../../core/push.js';
import type { Accounts } from '../../directory/accounts.js';
import type { AccountState, Administration, AuditLog } from '../../directory/administration.js';
import type { Device, Devices } from '../../directory/devices.js';
import type { Directory } from '../../directory/directory.js';
import type { Friends, RelationChange, RelationState } from '../../directory/friends.js';
import type { RefreshTokens } from '../../directory/refresh-tokens.js';
import type { AccountSettings, ChannelSettings, Profile, Settings } from '../../directory/settings.js';

interface Account {
  hash: string;
  profile: Profile;
  settings: Settings;
  readonly channels: Map<string, ChannelSettings>;
  readonly devices: Map<string, Device>;
  readonly relations: Map<UserId, RelationState>;
  readonly endpoints: Map<string, PushEndpoint>;
}

interface Family {
  readonly userId: UserId;
  readonly deviceId: string;
  newest: number;
  revoked: boolean;
}

const SETTINGS: Settings = {
  notificationLevel: 'everything',
  muteUntilMs: 0,
  doNotDisturb: null,
  presenceFor: 'friends',
  receiptsFor: 'everyone',
};

const operatorsOnly: unknown = new Proxy(
  {},
  {
    get: (_, method) => () => Promise.reject(new Error(`the API has no business with ${String(method)}`)),
  },
);

/** PostgreSQL takes no NUL character; here is asked for what no directory checks itself. */
function storable(text: string): string {
  if (text.includes('\0')) throw new Error('invalid byte sequence for encoding "UTF8": 0x00');
  return text;
}

const accountOf = (userId: UserId, state: AccountState) => ({ userId, displayName: userId, state, createdAtMs: 1 });

export class FakeDirectory implements Directory {
  private readonly known = new Map<UserId, Account>();
  private readonly erased = new Set<UserId>();
  private readonly families: Family[] = [];
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  private account(userId: UserId, passwordHash?: string): Account {
    const account = this.known.get(userId);
    if (account === undefined) throw new ParleyError('user_not_found');
    if (passwordHash !== undefined && account.hash !== passwordHash) throw new ParleyError('wrong_credentials');
    return account;
  }

  private blocks(userId: UserId, other: UserId): boolean {
    return this.known.get(userId)?.relations.get(other) === 'blocked';
  }

  readonly accounts: Accounts = {
    create: async ({ userId, passwordHash }) => {
      if (this.known.has(userId) || this.erased.has(userId)) throw new ParleyError('name_taken');
      const profile = { userId, displayName: userId, locale: 'en', timeZone: 'UTC' };
      const maps = { channels: new Map(), devices: new Map(), relations: new Map(), endpoints: new Map() };
      this.known.set(userId, { hash: passwordHash, profile, settings: SETTINGS, ...maps });
      return profile;
    },
    createMany: async () => 0,
    passwordHashOf: async (userId) => this.known.get(userId)?.hash,
    changePasswordHash: async (userId, { passwordHash, before, keepDeviceId }) => {
      this.account(userId, before).hash = passwordHash;
      return this.removeOthers(userId, keepDeviceId);
    },
    find: async (asker, userId) => (this.blocks(storable(userId), asker) ? undefined : this.known.get(userId)?.profile),
    search: async (asker, { prefix, after = '', limit }) => {
      const found = [...this.known.values()]
        .map(({ profile: { userId, displayName } }) => ({ userId, displayName }))
        .filter(({ userId }) => userId.startsWith(prefix) && userId > after && !this.blocks(userId, asker))
        .sort((a, b) => (a.userId < b.userId ? -1 : 1));
      const people = found.slice(0, limit);
      const last = people.at(-1);
      return found.length > limit && last !== undefined ? { people, next: last.userId } : { people };
    },
  };

  readonly settings: AccountSettings = {
    profileOf: async (userId) => this.account(userId).profile,
    profilesOf: async (userIds) => userIds.flatMap((userId) => this.known.get(userId)?.profile ?? []),
    changeProfile: async (userId, change) => {
      const account = this.account(userId);
      account.profile = { ...account.profile, ...change };
      return account.profile;
    },
    settingsOf: async (userId) => this.account(userId).settings,
    changeSettings: async (userId, change) => {
      const account = this.account(userId);
      account.settings = { ...account.settings, ...change };
      return account.settings;
    },
    channelSettingsOf: async (userId) => [...this.account(userId).channels.values()],
    changeChannelSettings: async (userId, channelId, change) => {
      const { channels } = this.account(userId);
      const before = channels.get(channelId) ?? { channelId, notificationLevel: null, muteUntilMs: 0 };
      const after = { ...before, ...change };
      channels.set(channelId, after);
      return after;
    },
  };

  /** The API asks nothing else of it. */
  readonly administration = {
    find: async (userId: UserId) => {
      if (this.erased.has(userId)) return accountOf(userId, 'deleted');
      return this.known.has(userId) ? accountOf(userId, 'active') : undefined;
    },
    erase: async (userId: UserId) => {
      for (const other of this.account(userId).relations.keys()) this.account(other).relations.delete(userId);
      this.revokeWhere((family) => family.userId === userId);
      this.known.delete(userId);
      this.erased.add(userId);
      return accountOf(userId, 'deleted');
    },
  } as Administration;
  /** The API asks nothing of it. */
  readonly audit = operatorsOnly as AuditLog;

  readonly devices: Devices = {
    register: async (userId, deviceId, name, passwordHash) => {
      const now = this.clock.now();
      const device = { deviceId, name, createdAtMs: now, lastSeenAtMs: now };
      const { devices } = this.account(userId, passwordHash);
      devices.set(deviceId, device);
      const evicted = devices.size > 3 ? [...devices.keys()].slice(0, 1) : [];
      for (const old of evicted) devices.delete(old);
      return { device, evicted };
    },
    list: async (userId) => [...this.account(userId).devices.values()],
    rename: async (userId, deviceId, name) => {
      const { devices } = this.account(userId);
      const device = devices.get(storable(deviceId));
      if (device === undefined) throw new ParleyError('not_found');
      devices.set(deviceId, { ...device, name });
      return { ...device, name };
    },
    seen: async (userId, deviceId) => this.account(userId).devices.has(deviceId),
    remove: async (userId, deviceId) => {
      this.revokeWhere((family) => family.userId === userId && family.deviceId === deviceId);
      return this.account(userId).devices.delete(storable(deviceId));
    },
    removeOthers: async (userId, keep) => this.removeOthers(userId, keep),
  };

  private removeOthers(userId: UserId, keep: string | undefined): readonly string[] {
    const { devices } = this.account(userId);
    const others = [...devices.keys()].filter((deviceId) => deviceId !== keep);
    for (const deviceId of others) devices.delete(deviceId);
    this.revokeWhere((family) => family.userId === userId && family.deviceId !== keep);
    return others;
  }

  private revokeWhere(matches: (family: Family) => boolean): void {
    for (const family of this.families) if (matches(family)) family.revoked = true;
  }

  private token(index: number, generation: number): { token: string; expiresAtMs: number } {
    return { token: `r${index}.${generation}`, expiresAtMs: this.clock.now() + 3_600_000 };
  }

  readonly refreshTokens: RefreshTokens = {
    issue: async (userId, deviceId) => {
      const index = this.families.push({ userId, deviceId, newest: 0, revoked: false }) - 1;
      return this.token(index, 0);
    },
    rotate: async (token) => {
      const [index = -1, generation = -1] = token.slice(1).split('.').map(Number);
      const family = this.families[index];
      if (family === undefined || family.revoked || generation > family.newest) return { type: 'unknown' };
      const { userId, deviceId } = family;
      family.revoked = generation < family.newest;
      if (family.revoked) return { type: 'reused', userId, deviceId };
      family.newest += 1;
      return { type: 'rotated', userId, deviceId, ...this.token(index, family.newest) };
    },
    holderOf: async (token) => {
      const family = this.families[Number(token.slice(1).split('.')[0])];
      return family?.revoked === false ? { userId: family.userId, deviceId: family.deviceId } : undefined;
    },
  };

  private relate(
    asker: UserId,
    other: UserId,
    mine: RelationState | undefined,
    theirs: RelationState | undefined,
  ): RelationChange {
    const factsChanged: UserId[] = [];
    const set = (from: UserId, to: UserId, state: RelationState | undefined): void => {
      const { relations } = this.account(from);
      const before = relations.get(to);
      if (before !== state && [before, state].some((one) => one === 'friend' || one === 'blocked'))
        factsChanged.push(from);
      if (state === undefined) relations.delete(to);
      else relations.set(to, state);
    };
    this.account(other);
    set(asker, other, mine);
    set(other, asker, theirs);
    return { state: mine ?? 'none', factsChanged, othersViewChanged: true };
  }

  readonly friends: Friends = {
    request: async (asker, other) => {
      const crossing = this.account(asker).relations.get(other) === 'request_received';
      return crossing
        ? this.relate(asker, other, 'friend', 'friend')
        : this.relate(asker, other, 'request_sent', 'request_received');
    },
    accept: async (asker, other) => {
      if (this.account(asker).relations.get(other) !== 'request_received') throw new ParleyError('not_found');
      return this.relate(asker, other, 'friend', 'friend');
    },
    decline: async (asker, other) => this.relate(asker, other, undefined, undefined),
    remove: async (asker, other) => this.relate(asker, other, undefined, undefined),
    block: async (asker, other) => this.relate(asker, other, 'blocked', undefined),
    unblock: async (asker, other) => this.relate(asker, other, undefined, undefined),
    list: async (userId, { state, limit }) => {
      const relations = [...this.account(userId).relations].map(([other, is]) => {
        return { userId: other, displayName: this.account(other).profile.displayName, state: is, sinceMs: 1 };
      });
      return { relations: relations.filter((one) => state === undefined || one.state === state).slice(0, limit) };
    },
  };

  readonly pushEndpoints: PushEndpoints = {
    set: async (userId, deviceId, endpoint) => {
      const account = this.account(userId);
      if (!account.devices.has(deviceId)) throw new ParleyError('not_found');
      const before = [...this.known].filter(([other, { endpoints }]) => {
        if (other === userId) return false;
        return [...endpoints].some(([id, one]) => addressOf(one) === addressOf(endpoint) && endpoints.delete(id));
      });
      account.endpoints.set(deviceId, endpoint);
      return before.map(([other]) => other);
    },
    remove: async (userId, deviceId) => this.account(userId).endpoints.delete(deviceId),
    list: async (userId) => [...this.account(userId).endpoints].map(([deviceId, endpoint]) => ({ deviceId, endpoint })),
  };

  readonly people = {
    factsOf: async (): Promise<undefined> => undefined,
    existing: async (): Promise<ReadonlySet<UserId>> => new Set<UserId>(),
    active: async (): Promise<ReadonlySet<UserId>> => new Set<UserId>(),
    deleted: async (): Promise<ReadonlySet<UserId>> => new Set<UserId>(),
  };

  async close(): Promise<void> {}
}
