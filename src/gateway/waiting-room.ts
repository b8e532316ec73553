import type { Link } from './link.js';

/** The links that have not shown a token yet, counted by address. */
export class WaitingRoom {
  private readonly links = new Set<Link>();
  private readonly counts = new Map<string, number>();

  add(link: Link): void {
    if (this.links.has(link)) return;
    this.links.add(link);
    this.counts.set(link.address, this.countFrom(link.address) + 1);
  }

  delete(link: Link): void {
    if (!this.links.delete(link)) return;
    const count = this.countFrom(link.address) - 1;
    if (count === 0) this.counts.delete(link.address);
    else this.counts.set(link.address, count);
  }

  countFrom(address: string): number {
    return this.counts.get(address) ?? 0;
  }

  get size(): number {
    return this.links.size;
  }

  [Symbol.iterator](): IterableIterator<Link> {
    return this.links.values();
  }
}
