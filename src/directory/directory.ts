import type { PeopleDirectory } from '../core/people.js';
import type { PushEndpoints } from '../core/push.js';
import type { Accounts } from './accounts.js';
import type { Administration, AuditLog } from './administration.js';
import type { Devices } from './devices.js';
import type { Friends } from './friends.js';
import type { RefreshTokens } from './refresh-tokens.js';
import type { AccountSettings } from './settings.js';

/**
 * The relational store: accounts, credentials, profiles, settings, friends, devices. A write that resolves is on disk,
 * and every call that starts after it sees it. Calls never block the thread that makes them.
 */
export interface Directory {
  readonly accounts: Accounts;
  readonly settings: AccountSettings;
  readonly friends: Friends;
  readonly devices: Devices;
  readonly refreshTokens: RefreshTokens;
  readonly pushEndpoints: PushEndpoints;
  readonly administration: Administration;
  readonly audit: AuditLog;
  readonly people: PeopleDirectory;
  /** Finishes what was asked before, then lets go of the store. Later calls reject with `unavailable`. */
  close(): Promise<void>;
}
