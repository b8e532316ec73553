import type { ClusterEnvelope } from '../../protocol/bus-messages.js';
import type { OwnedTerm } from '../active-set.js';
import type { ShardTable } from '../shard-table.js';

/** The actors of a node, as whoever decides what it owns sees them. */
export interface OwnedActors {
  /** These shards are held now: wakes what their earlier owners left owing work. Goes on by itself where the store fails. */
  recover(owned: readonly OwnedTerm[]): Promise<void>;
  /** Whether any actor of the shard is in memory: somebody may be waiting for it. */
  hosts(shard: number): boolean;
  /**
   * Takes nothing more for the actors of the shard, and lets them finish: their writes, their acknowledgements, what they
   * write down. Resolves when none is left, or at the deadline.
   */
  retire(shard: number, deadlineMs: number): Promise<void>;
  /** Ends what is left of the shard, in this tick: nothing of it is acknowledged any more. */
  end(shard: number): void;
  /** This process is FENCED: it has lost everything. */
  fenced(): void;
}

/** How a node comes to own shards, and how it parts with them. */
export interface Ownership {
  /** What it owns now. */
  readonly shards: ShardTable;
  /** Begins to take part. Rejects when it cannot. */
  start(actors: OwnedActors): Promise<void>;
  /** Somebody asked for an actor of a shard that is not held here. */
  wanted(shard: number): void;
  /** What other processes say to this node about who owns what. */
  receive(envelope: ClusterEnvelope): void;
  /** Parts with everything in good order, as far as there is time; claims nothing more. */
  drain(deadlineMs: number): Promise<void>;
}
