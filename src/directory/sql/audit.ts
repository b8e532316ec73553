import { LIMITS } from '../../core/limits.js';
import type { AuditLog } from '../administration.js';
import { checkPage } from './checks.js';
import type { SqlContext } from './transactions.js';

/** Entries of one millisecond that have numbers of their own. */
const ENTRIES_A_MILLISECOND = 1_000;

export function sqlAudit({ transactions, clock }: SqlContext): AuditLog {
  return {
    append: (note) =>
      transactions.write(async (db) => {
        const atMs = clock.now();
        const newest = await db
          .selectFrom('audit')
          .select(({ fn }) => fn.max('entry').as('entry'))
          .executeTakeFirst();
        const entry = Math.max(atMs * ENTRIES_A_MILLISECOND, Number(newest?.entry ?? 0) + 1);
        await db
          .insertInto('audit')
          .values({ ...note, entry, at_ms: atMs })
          .execute();
        const keptFrom = (atMs - LIMITS.auditKeepMs) * ENTRIES_A_MILLISECOND;
        await db.deleteFrom('audit').where('entry', '<', keptFrom).execute();
      }),
    async read(before, limit) {
      checkPage(limit, LIMITS.operationsPageMax + 1);
      return transactions.read(async (db) => {
        const all = db.selectFrom('audit').selectAll().orderBy('entry', 'desc').limit(limit);
        const rows = await (before === 0 ? all : all.where('entry', '<', before)).execute();
        return rows.map(({ at_ms: atMs, ...row }) => ({ ...row, atMs }));
      });
    },
  };
}
