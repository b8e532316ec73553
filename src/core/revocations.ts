import { LIMITS } from './limits.js';
import { SparseMap } from './sparse-map.js';

/**
 * Who was logged out when: an access token that was issued before is refused for as long as it could live. Pure; bounded,
 * the oldest dropped first.
 */
export class Revocations {
  /** In the order of their times. */
  private readonly atMs = new SparseMap<string, number>();
  private readonly most: number;

  constructor(most: number, entries: Iterable<readonly [string, number]> = []) {
    this.most = most;
    for (const [key, atMs] of entries) this.atMs.set(key, atMs);
  }

  /** Forgets what is of no use any more. A time before the one that is known changes nothing: it was heard of late. */
  revoke(key: string, atMs: number): void {
    if ((this.atMs.get(key) ?? 0) > atMs) return;
    this.atMs.delete(key);
    this.atMs.set(key, atMs);
    for (const [other, otherMs] of this.atMs) {
      if (otherMs > atMs - LIMITS.accessTokenMs && this.atMs.size <= this.most) break;
      this.atMs.delete(other);
    }
  }

  /** Whether a token issued then is one of before. Undefined: not known when, and never refused. */
  covers(key: string, issuedAtMs: number | undefined): boolean {
    const atMs = this.atMs.get(key);
    return atMs !== undefined && issuedAtMs !== undefined && issuedAtMs <= atMs;
  }

  entries(): Iterable<[string, number]> {
    return this.atMs;
  }
}
