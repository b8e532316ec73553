import { expect, it } from 'vitest';
import { LIMITS } from '../../core/limits.js';
import type { AuditEntry } from '../../directory/administration.js';
import { Long } from '../../protocol/wire.js';
import type { AdminDeps } from '../deps.js';
import { listAudit } from './audit.js';
import { listUsers } from './users.js';

const NAMES = Array.from({ length: LIMITS.operationsPageMax + 1 }, (_, at) => `user_${String(at).padStart(4, '0')}`);
const ENTRIES = NAMES.map((subject, at): AuditEntry => {
  const said = { who: 'root', role: 'admin', action: 'GetUser', outcome: 'ok' };
  return { ...said, subject, entry: NAMES.length - at, atMs: 0 };
});

const deps = {
  directory: {
    administration: {
      list: async (_: string, after: string, limit: number) =>
        NAMES.filter((name) => name > after)
          .slice(0, limit)
          .map((userId) => ({ userId, displayName: userId, state: 'active', createdAtMs: 0 })),
    },
    audit: {
      read: async (before: number, limit: number) =>
        ENTRIES.filter(({ entry }) => before === 0 || entry < before).slice(0, limit),
    },
  },
} as unknown as AdminDeps;

it.each([
  [LIMITS.operationsPageMax, 2],
  [NAMES.length / 3, 3],
])('a page of %i says that more come only when they do: %i pages and no empty one', async (limit, pages) => {
  const users: string[] = [];
  const entries: number[] = [];
  for (let page = 1; ; page++) {
    const { users: found = [], more } = await listUsers(deps, { after: users.at(-1) ?? '', limit });
    users.push(...(found ?? []).map(({ userId }) => userId ?? ''));
    const audit = await listAudit(deps, { before: Long.fromNumber(entries.at(-1) ?? 0), limit });
    entries.push(...(audit.entries ?? []).map(({ entry }) => entry?.toNumber() ?? 0));
    expect([more, audit.more]).toEqual([page < pages, page < pages]);
    if (page === pages) break;
  }
  expect(users).toEqual(NAMES.slice(0, limit * pages));
  expect(entries).toEqual(ENTRIES.slice(0, limit * pages).map(({ entry }) => entry));
});
