import type { Clock } from '../core/clock.js';
import type { Membership, ProcessInfo } from '../core/membership.js';
import type { Random } from '../core/random.js';

/** Where a client should connect. */
export interface Discovery {
  /**
   * Gateways to try, best first, at most 5. Never empty while a gateway lives: when none is both recently heard of
   * and open to newcomers, those that are neither follow.
   */
  gateways(): readonly ProcessInfo[];
}

const GATEWAYS_MAX = 5;
/** A load report older than this says nothing. */
const LOAD_FRESH_MS = 5_000;
/** An event-loop delay at which a gateway counts as twice as busy as its sessions say. */
const DELAY_DOUBLES_MS = 20;

function busyness({ load }: ProcessInfo): number {
  return (load.sessions + 1) * (1 + load.eventLoopDelayMs / DELAY_DOUBLES_MS);
}

/**
 * Ranks by the power of two choices (Mitzenmacher): each place goes to the less busy of two gateways drawn at
 * random. Always taking the least busy one would send every login between two load reports to the same gateway.
 */
function rankByTwoChoices(gateways: readonly ProcessInfo[], random: Random): ProcessInfo[] {
  const left = [...gateways];
  const ranked: ProcessInfo[] = [];
  const draw = (): number => Math.floor(random.fraction() * left.length);
  while (left.length > 0 && ranked.length < GATEWAYS_MAX) {
    const first = draw();
    const other =
      left.length === 1 ? first : (first + 1 + Math.floor(random.fraction() * (left.length - 1))) % left.length;
    const [a, b] = [left[first], left[other]];
    if (a === undefined || b === undefined) break;
    const best = busyness(b) < busyness(a) ? b : a;
    ranked.push(best);
    left.splice(left.indexOf(best), 1);
  }
  return ranked;
}

/** Ranks what `membership` knows of: those of `zone` before all others, then by load. */
export function createDiscovery(deps: {
  readonly membership: Membership;
  readonly clock: Clock;
  readonly random: Random;
  readonly zone: string;
}): Discovery {
  const { membership, clock, random, zone } = deps;
  return {
    gateways() {
      const all = membership.processes().filter((process) => process.roles.includes('gateway'));
      const open = all.filter((process) => !process.load.draining);
      const now = clock.now();
      const fresh = open.filter((process) => Math.abs(now - process.load.at) <= LOAD_FRESH_MS);
      const usable = [fresh, open, all].find((candidates) => candidates.length > 0) ?? [];
      const near = rankByTwoChoices(
        usable.filter((process) => process.zone === zone),
        random,
      );
      const far = rankByTwoChoices(
        usable.filter((process) => process.zone !== zone),
        random,
      );
      return [...near, ...far].slice(0, GATEWAYS_MAX);
    },
  };
}
