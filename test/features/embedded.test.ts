/** What people and operators do with a chat, on one process. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { openSqliteDirectory } from '../../src/directory/sqlite/sqlite-directory.js';
import { OperatedParley } from '../process/operated.js';
import { FEATURES } from './features.js';
import { PushServices } from './push-services.js';
import { Stage } from './stage.js';

describe('the real process', () => {
  const parley = new OperatedParley();
  let pushServices: PushServices;
  let stage: Stage;

  beforeAll(async () => {
    pushServices = await PushServices.start();
    await parley.start('--push-private-addresses', 'true', ...pushServices.options);
    const makeAccounts = async (userIds: readonly string[]): Promise<void> => {
      const directory = await openSqliteDirectory({ file: join(parley.data, 'directory.sqlite') });
      await directory.accounts.createMany(userIds.map((userId) => ({ userId, passwordHash: 'nobody logs in' })));
      await directory.close();
    };
    const operate = (...args: readonly string[]) => parley.operate(...args);
    stage = new Stage({ origin: parley.origin, makeAccounts, operate, pushServices });
  }, 90_000);
  afterAll(async () => {
    await stage?.close();
    await parley.end();
    pushServices?.close();
  });

  it.concurrent.each(FEATURES)('has $what', ({ show }) => show(stage), 90_000);
});
