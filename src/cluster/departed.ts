import { keepNewest } from '../core/keep-newest.js';
import type { Membership } from '../core/membership.js';
import { processSubject } from '../protocol/bus-subjects.js';

/** Departed processes remembered, at most: the newest. */
const REMEMBERED_MAX = 1_000;

/**
 * The processes that were registered and no longer are: dead, or cut off from the registry, which is why nobody may be
 * given up for this alone. One that comes back is here no more.
 */
export class Departed {
  private readonly membership: Membership;
  private registered = new Set<string>();
  private readonly gone = new Set<string>();

  constructor(membership: Membership) {
    this.membership = membership;
    this.look();
    membership.onChange(() => this.look());
  }

  /** By its address on the bus. */
  has(address: string): boolean {
    return this.gone.has(address);
  }

  private look(): void {
    const now = new Set(this.membership.processes().map(({ incarnation }) => processSubject(incarnation)));
    for (const address of this.registered) if (!now.has(address)) this.gone.add(address);
    for (const address of now) this.gone.delete(address);
    this.registered = now;
    keepNewest(this.gone, REMEMBERED_MAX);
  }
}
