import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DIRECTORY_GUARANTEES, describeDirectory, type Harness, harnessOf, SettableClock } from '../conformance.js';
import type { Directory } from '../directory.js';
import { connectDirectory } from '../rpc/client.js';
import { localLink } from './links.js';
import { openLocalDirectory } from './local-directory.js';

type Wrap = (directory: Directory) => Directory | Promise<Directory>;

async function sqliteHarness(wrap: Wrap): Promise<Harness> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-directory-'));
  const clock = new SettableClock();
  const open = async () => wrap(await openLocalDirectory({ file: join(folder, 'directory.sqlite'), clock }));
  return harnessOf(clock, open, () => rmSync(folder, { recursive: true }));
}

describeDirectory('SQLite', () => sqliteHarness((directory) => directory));

describeDirectory('SQLite behind its queue of calls', () =>
  sqliteHarness((directory) =>
    connectDirectory({ link: localLink(directory), clock: new SettableClock(), onFailure: () => {} }),
  ),
);

interface Fault {
  readonly wrap: Wrap;
  /** Of the sentence that this breaks. */
  readonly breaks: string;
}

/** Implementations with one fault each; the suite is worth something only if it finds every one. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'shows people who have blocked the asker': {
    breaks: 'whoever has blocked the asker',
    wrap: (directory) => ({
      ...directory,
      accounts: { ...directory.accounts, find: (_asker, userId) => directory.accounts.find(userId, userId) },
    }),
  },
  'tells of a blocked person’s request': {
    breaks: 'one who is blocked asks as ever',
    wrap: (directory) => ({
      ...directory,
      friends: {
        ...directory.friends,
        request: async (asker, other) => {
          const change = await directory.friends.request(asker, other);
          return change.state === 'request_sent' ? { ...change, othersViewChanged: true } : change;
        },
      },
    }),
  },
  'keeps a family alive after an old token came back': {
    breaks: 'an old refresh token that comes back',
    wrap: (directory) => ({
      ...directory,
      refreshTokens: {
        ...directory.refreshTokens,
        rotate: async (token) => {
          const rotation = await directory.refreshTokens.rotate(token);
          if (rotation.type !== 'reused') return rotation;
          return {
            ...rotation,
            type: 'rotated',
            ...(await directory.refreshTokens.issue(rotation.userId, rotation.deviceId)),
          };
        },
      },
    }),
  },
  'lets the last of two accounts win': {
    breaks: 'of two accounts created at once',
    wrap: (directory) => ({
      ...directory,
      accounts: {
        ...directory.accounts,
        create: async (account) => {
          await directory.accounts.createMany([account]);
          await directory.accounts.changePasswordHash(account.userId, account);
          return { userId: account.userId, displayName: account.userId };
        },
      },
    }),
  },
};

describe('the conformance suite', () => {
  it.each(Object.entries(FAULTS))('catches a directory that %s', async (_fault, { wrap, breaks }) => {
    const guarantee = DIRECTORY_GUARANTEES.find(({ sentence }) => sentence.startsWith(breaks));
    const harness = await sqliteHarness(wrap);
    await expect(guarantee?.check(harness)).rejects.toThrow();
    await harness.dispose();
  });
});
