import type { Membership } from '../core/membership.js';
import type { admin } from '../protocol/admin-messages.js';
import { Long } from '../protocol/wire.js';

export const VERSION = '0.1.0';

const count = (value: number): Long => Long.fromNumber(Math.round(value), true);

/** What every process says of itself, whatever its roles: as it registered, and what it costs. */
export function processReport(membership: Membership, incarnation: string): () => admin.IProcess {
  const startedAtMs = count(Date.now() - performance.now());
  return () => {
    const self = membership.processes().find((process) => process.incarnation === incarnation);
    const { user, system } = process.cpuUsage();
    return {
      incarnation,
      name: self?.name ?? '',
      roles: [...(self?.roles ?? [])],
      zone: self?.zone ?? '',
      version: VERSION,
      startedAtMs,
      residentBytes: count(process.memoryUsage.rss()),
      processorSeconds: (user + system) / 1e6,
      eventLoopDelayMs: self?.load.eventLoopDelayMs ?? 0,
      draining: self?.load.draining ?? false,
      publicUrl: self?.publicUrl ?? '',
      weight: self?.weight ?? 0,
    };
  };
}
