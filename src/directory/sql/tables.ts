import type { Audience } from '../../core/people.js';
import type { PushKind } from '../../core/push.js';
import type { AccountState } from '../administration.js';
import type { RelationState } from '../friends.js';
import type { NotificationLevel } from '../settings.js';

/** The tables as the newest migration leaves them. All times are milliseconds since 1970. */
export interface Tables {
  accounts: AccountsTable;
  settings: SettingsTable;
  channel_settings: ChannelSettingsTable;
  relations: RelationsTable;
  devices: DevicesTable;
  refresh_families: RefreshFamiliesTable;
  push_endpoints: PushEndpointsTable;
  audit: AuditTable;
}

export interface AccountsTable {
  user_id: string;
  password_hash: string;
  created_at_ms: number;
  display_name: string;
  locale: string;
  time_zone: string;
  state: AccountState;
}

/** What operators did. */
export interface AuditTable {
  entry: number;
  at_ms: number;
  who: string;
  role: string;
  action: string;
  subject: string;
  outcome: string;
}

/** No row: all defaults. */
export interface SettingsTable {
  user_id: string;
  notification_level: NotificationLevel;
  mute_until_ms: number;
  quiet_from_minute: number | null;
  quiet_to_minute: number | null;
  presence_for: Audience;
  receipts_for: Audience;
}

export interface ChannelSettingsTable {
  user_id: string;
  channel_id: string;
  notification_level: NotificationLevel | null;
  mute_until_ms: number;
}

/** One row is one person's view of another: two friends have two rows, a hidden request has one. */
export interface RelationsTable {
  user_id: string;
  other_id: string;
  state: RelationState;
  since_ms: number;
}

export interface DevicesTable {
  user_id: string;
  device_id: string;
  name: string;
  created_at_ms: number;
  last_seen_at_ms: number;
}

export interface PushEndpointsTable {
  user_id: string;
  device_id: string;
  kind: PushKind;
  /** A URL or a token; one device has it. */
  address: string;
  /** What its kind needs besides, as JSON. */
  keys: string;
  created_at_ms: number;
}

/** One row a login: only its two newest tokens are known, by their SHA-256; any other one is an old one come back. */
export interface RefreshFamiliesTable {
  family_id: string;
  user_id: string;
  device_id: string;
  current_hash: string;
  previous_hash: string | null;
  /** Makes the current secret from the previous one, so that a retry can be given the same answer. */
  salt: string;
  rotated_at_ms: number;
  expires_at_ms: number;
}
