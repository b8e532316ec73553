/**
 * Fills a data folder before a server starts on it: accounts with one password, and an access token for each that
 * outlives the run. Usage: seed.js --data FOLDER --users N --tokens FILE
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/core/clock.js';
import { LIMITS } from '../../src/core/limits.js';
import { createPasswordHasher } from '../../src/directory/passwords/argon2-password-hasher.js';
import { openSqliteDirectory } from '../../src/directory/sqlite/sqlite-directory.js';
import { createAccessTokenSigner } from '../../src/directory/tokens/access-tokens.js';
import { loadSigningKeys } from '../../src/directory/tokens/signing-keys.js';
import { openDataFolder } from '../../src/storage/lmdb/data-folder.js';
import { benchUserId } from '../load/generator/crowd.js';
import { BENCH_PASSWORD } from '../load/generator/requests.js';

const TOKEN_LIFETIME_MS = 3 * 3600 * 1000;
const DEVICE = 'bench';

const { values } = parseArgs({
  options: { data: { type: 'string' }, users: { type: 'string' }, tokens: { type: 'string' } },
});
const { data = '', users = '0', tokens = '' } = values;

mkdirSync(data, { recursive: true });
const folder = await openDataFolder(data, { now: Date.now() });
const directory = await openSqliteDirectory({ file: join(folder.path, 'directory.sqlite') });
const hasher = createPasswordHasher();
const passwordHash = await hasher.hash(BENCH_PASSWORD);
const accounts = Array.from({ length: Number(users) }, (_, user) => ({ userId: benchUserId(user), passwordHash }));
for (let from = 0; from < accounts.length; from += LIMITS.bulkAccountsMax)
  await directory.accounts.createMany(accounts.slice(from, from + LIMITS.bulkAccountsMax));
const signer = createAccessTokenSigner(loadSigningKeys(folder.path), systemClock, TOKEN_LIFETIME_MS);
writeFileSync(tokens, JSON.stringify(accounts.map(({ userId }) => signer.sign(userId, DEVICE).token)));
await directory.close();
await hasher.close();
await folder.release();
