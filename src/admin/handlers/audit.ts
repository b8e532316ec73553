import type { admin } from '../../protocol/admin-messages.js';
import { Long } from '../../protocol/wire.js';
import type { AdminDeps } from '../deps.js';
import { pageLimit, pageOf } from './actors.js';

export async function listAudit({ directory }: AdminDeps, request: admin.IListAuditRequest): Promise<admin.IAuditList> {
  const limit = pageLimit(request.limit);
  const { page, more } = pageOf(await directory.audit.read(request.before?.toNumber() ?? 0, limit + 1), limit);
  return {
    entries: page.map(({ entry, atMs, who, role, action, subject, outcome }) => ({
      ...{ who, role, action, subject, outcome },
      entry: Long.fromNumber(entry, true),
      atMs: Long.fromNumber(atMs, true),
    })),
    more,
  };
}
