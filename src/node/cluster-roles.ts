/** The roles of a cluster, each a process with no more code than it needs: their modules name the adapters. */
import type { Logger } from '../core/logger.js';
import { ClusterMember, type Started } from './cluster-member.js';
import { createMetrics } from './metrics.js';
import type { Role } from './option-spec.js';
import type { Options } from './option-table.js';

export interface RunningProcess extends Started {
  /** Hands over what it has and leaves. */
  stop(): Promise<void>;
}

/** `onFenced`: this process has lost what it owned, and must end. */
type StartOfRole = (member: ClusterMember, onFenced: () => void) => Promise<Started>;

const ROLES: Readonly<Record<Exclude<Role, 'all'>, () => Promise<{ readonly start: StartOfRole }>>> = {
  gateway: () => import('./roles/gateway.js'),
  node: () => import('./roles/node.js'),
  api: () => import('./roles/api.js'),
  push: () => import('./roles/push.js'),
  admin: () => import('./roles/admin.js'),
};

/** Their own port is the clients', who are told no metrics. */
const SERVES_CLIENTS: readonly Role[] = ['gateway', 'api'];

/**
 * Starts one process of a cluster. Waits for servers that cannot be reached yet; rejects with one sentence for what waiting
 * does not mend.
 */
export async function startRole(
  role: Exclude<Role, 'all'>,
  options: Options,
  logger: Logger,
  onFenced: () => void,
): Promise<RunningProcess> {
  const served = options.metricsPort !== 0 || !SERVES_CLIENTS.includes(role);
  const [{ start }, metrics] = await Promise.all([ROLES[role](), createMetrics(served)]);
  const member = new ClusterMember(role, options, logger, metrics);
  try {
    if (options.metricsPort !== 0) await member.serveOperations('127.0.0.1', options.metricsPort);
    const started = await start(member, onFenced);
    return { ...started, stop: () => member.teardown.run() };
  } catch (error) {
    await member.teardown.run();
    throw error;
  }
}
