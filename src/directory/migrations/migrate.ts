import { assert } from '../../core/errors.js';
import type { Db } from '../sql/transactions.js';
import * as accounts from './0001-accounts.js';
import * as pushEndpoints from './0002-push-endpoints.js';
import * as administration from './0003-administration.js';

export interface Migration {
  /** 1, 2, 3 … without gaps. A migration that was released never changes. */
  readonly version: number;
  up(db: Db): Promise<void>;
}

export const MIGRATIONS: readonly Migration[] = [
  { version: 1, up: accounts.up },
  { version: 2, up: pushEndpoints.up },
  { version: 3, up: administration.up },
];

/** A newer program has been here; its message is one sentence. Waiting does not help. */
export class DirectoryTooNewError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'DirectoryTooNewError';
  }
}

type VersionTable = { schema_version: { version: number } };

/**
 * Brings a schema to the newest version; one transaction around it is the caller's, so that it ends up whole or as it was.
 * Resolves to the version it found (0: empty). Rejects with DirectoryTooNewError when it is newer than known here.
 */
export async function migrate(db: Db, migrations: readonly Migration[] = MIGRATIONS): Promise<number> {
  migrations.forEach((migration, at) => {
    assert(migration.version === at + 1, 'migrations are numbered without gaps');
  });
  const versions = db.withTables<VersionTable>();
  await db.schema.createTable('schema_version').ifNotExists().addColumn('version', 'integer').execute();
  const found = (await versions.selectFrom('schema_version').select('version').executeTakeFirst())?.version ?? 0;
  if (found > migrations.length) {
    const sentence = `Its schema has version ${found}, newer than the ${migrations.length} known here: start the Parley that made it.`;
    throw new DirectoryTooNewError(sentence);
  }
  if (found === migrations.length) return found;
  for (const migration of migrations.slice(found)) await migration.up(db);
  await versions.deleteFrom('schema_version').execute();
  await versions.insertInto('schema_version').values({ version: migrations.length }).execute();
  return found;
}
