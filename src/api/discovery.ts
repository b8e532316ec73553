import type { Clock } from '../core/clock.js';
import type { Membership, ProcessInfo } from '../core/membership.js';
import type { Random } from '../core/random.js';
import { HandOuts } from './hand-outs.js';

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

type Busyness = (gateway: ProcessInfo) => number;

/** By its sessions and those on their way to it, and by how late its event loop runs. */
const busynessWith =
  (handOuts: HandOuts): Busyness =>
  (gateway) => {
    const { sessions, eventLoopDelayMs } = gateway.load;
    return (sessions + handOuts.notYetReported(gateway) + 1) * (1 + eventLoopDelayMs / DELAY_DOUBLES_MS);
  };

/**
 * Ranks by the power of two choices (Mitzenmacher): each place goes to the less busy of two gateways drawn at
 * random. Always taking the least busy one would send every login between two load reports to the same gateway, from
 * every process that ranks; what this one has sent meanwhile, it counts.
 */
function rankByTwoChoices(gateways: readonly ProcessInfo[], random: Random, busyness: Busyness): ProcessInfo[] {
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
  const handOuts = new HandOuts();
  const busyness = busynessWith(handOuts);
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
        busyness,
      );
      const far = rankByTwoChoices(
        usable.filter((process) => process.zone !== zone),
        random,
        busyness,
      );
      const ranked = [...near, ...far].slice(0, GATEWAYS_MAX);
      handOuts.keep(all);
      if (ranked[0] !== undefined) handOuts.add(ranked[0].incarnation, now);
      return ranked;
    },
  };
}
