/** What the real process refuses of what is said about messages: a code, a sentence, and nothing happens. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { openSqliteDirectory } from '../../src/directory/sqlite/sqlite-directory.js';
import { ParleyProcess, temporaryFolder } from '../process/parley.js';
import { BadInput, REFUSALS } from './bad-input.js';

describe('the real process', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let parley: ParleyProcess;
  let bad: BadInput;

  beforeAll(async () => {
    folder = temporaryFolder();
    const data = join(folder.path, 'data');
    parley = await ParleyProcess.start('--port', '0', '--data', data);
    const { origin } = parley;
    const makeAccounts = async (userIds: readonly string[]): Promise<void> => {
      const directory = await openSqliteDirectory({ file: join(data, 'directory.sqlite') });
      await directory.accounts.createMany(userIds.map((userId) => ({ userId, passwordHash: 'nobody logs in' })));
      await directory.close();
    };
    bad = new BadInput({ origin, gateway: origin, makeAccounts });
    await bad.begin();
  }, 90_000);
  afterAll(async () => {
    await parley?.signal('SIGKILL');
    folder?.remove();
  });

  it.each(REFUSALS)('refuses $what', (refusal) => bad.isRefused(refusal));
  it('refuses a search in a foreign channel', () => bad.refusesForeignSearch());
  it('refuses a read cursor ahead of the head, and keeps the one before', () => bad.refusesCursorAhead());
  it('refuses to name all of more than a thousand members', () => bad.refusesToNameAll(), 90_000);
});
