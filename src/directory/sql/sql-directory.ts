import type { Directory } from '../directory.js';
import { sqlAccounts } from './accounts.js';
import { sqlAdministration } from './administration.js';
import { sqlAudit } from './audit.js';
import { sqlDevices } from './devices.js';
import { sqlFriends } from './friends.js';
import { sqlPeople } from './people.js';
import { sqlPushEndpoints } from './push-endpoints.js';
import { sqlRefreshTokens } from './refresh-tokens.js';
import { sqlSettings } from './settings.js';
import type { SqlContext } from './transactions.js';

/** The directory as queries that every SQL database understands; what differs lies behind `Transactions`. */
export function createSqlDirectory(context: SqlContext): Directory {
  return {
    accounts: sqlAccounts(context),
    settings: sqlSettings(context),
    friends: sqlFriends(context),
    devices: sqlDevices(context),
    refreshTokens: sqlRefreshTokens(context),
    pushEndpoints: sqlPushEndpoints(context),
    administration: sqlAdministration(context),
    audit: sqlAudit(context),
    people: sqlPeople(context),
    close: () => context.transactions.close(),
  };
}
