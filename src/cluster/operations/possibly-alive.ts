import type { Clock } from '../../core/clock.js';
import type { Membership, PlacementBoard } from '../../core/membership.js';

/** Whoever has not come back to the registry for so long has left it, rather than been late for once. */
const MISSED_MS = 5_000;
/** Of those that have left, remembered at most: the newest. */
const LEFT_MAX = 1_000;

export interface PossiblyAliveDeps {
  readonly membership: Membership;
  /** Undefined where nothing is placed. */
  readonly board: PlacementBoard | undefined;
  readonly clock: Clock;
}

/**
 * The processes of which nobody can say that they are gone. The registry loses one that is late for a moment: so those count,
 * too, that were in it a few seconds ago, and the nodes of the map, which stay until the coordinator calls them gone. Whoever
 * said that it stops is gone, whatever registry and map still have.
 */
export class PossiblyAlive {
  private readonly deps: PossiblyAliveDeps;
  private registered: ReadonlySet<string> = new Set();
  /** Incarnation → when it was first missed, monotonic milliseconds. */
  private readonly missedAtMs = new Map<string, number>();
  private readonly farewells = new Set<string>();

  constructor(deps: PossiblyAliveDeps) {
    this.deps = deps;
    this.look();
    deps.membership.onChange(() => this.look());
  }

  /** It said so itself; no run of a process comes back. */
  left(incarnation: string): void {
    this.farewells.add(incarnation);
    const [oldest = ''] = this.farewells;
    if (this.farewells.size > LEFT_MAX) this.farewells.delete(oldest);
  }

  incarnations(): Set<string> {
    this.look();
    const placed = this.deps.board?.placement()?.nodes ?? [];
    const all = [...this.registered, ...this.missedAtMs.keys(), ...placed];
    return new Set(all.filter((incarnation) => !this.farewells.has(incarnation)));
  }

  private look(): void {
    const { membership, clock } = this.deps;
    const nowMs = clock.monotonic();
    const now = new Set(membership.processes().map(({ incarnation }) => incarnation));
    for (const incarnation of this.registered) if (!now.has(incarnation)) this.missedAtMs.set(incarnation, nowMs);
    this.registered = now;
    for (const [incarnation, atMs] of this.missedAtMs)
      if (now.has(incarnation) || nowMs - atMs >= MISSED_MS) this.missedAtMs.delete(incarnation);
  }
}
