/** What a node tells everybody: that it lives, and what it owns. All of it may be lost, so all of it is said again. */
import type { Clock } from '../../core/clock.js';
import { every } from '../../core/every.js';
import type { ClusterEnvelope } from '../../protocol/bus-messages.js';
import { CLUSTER_SUBJECT } from '../../protocol/bus-subjects.js';
import type { OwnedTerm } from '../active-set.js';
import { HEARTBEAT_MS } from '../heartbeats.js';
import type { ShardTable } from '../shard-table.js';

/** How often everything owned is announced again, milliseconds. */
const AGAIN_MS = 5_000;
/** How long after somebody joined it is, milliseconds. */
const SOON_MS = 200;

export class Announcer {
  private readonly incarnation: string;
  private readonly shards: ShardTable;
  private readonly clock: Clock;
  private readonly publish: (subject: string, envelope: ClusterEnvelope) => void;
  private stops: (() => void)[] = [];
  private soon = false;

  constructor(
    incarnation: string,
    shards: ShardTable,
    clock: Clock,
    publish: (subject: string, envelope: ClusterEnvelope) => void,
  ) {
    this.incarnation = incarnation;
    this.shards = shards;
    this.clock = clock;
    this.publish = publish;
  }

  start(storeReachable: () => boolean): void {
    this.stops = [
      every(this.clock, HEARTBEAT_MS, () => this.beat(storeReachable())),
      every(this.clock, AGAIN_MS, () => this.ownedAll()),
    ];
  }

  stop(): void {
    for (const stop of this.stops) stop();
  }

  /** Somebody may have missed what was said before. */
  repeatSoon(): void {
    if (this.soon) return;
    this.soon = true;
    this.clock.after(SOON_MS, () => {
      this.soon = false;
      this.ownedAll();
    });
  }

  owned(shards: readonly OwnedTerm[]): void {
    if (shards.length > 0) this.publish(CLUSTER_SUBJECT, { type: 'owner', incarnation: this.incarnation, shards });
  }

  private ownedAll(): void {
    this.owned([...this.shards.shards].map((shard) => ({ shard, term: this.shards.termOf(shard) ?? 0 })));
  }

  private beat(storeReachable: boolean): void {
    const { incarnation, shards } = this;
    this.publish(CLUSTER_SUBJECT, { type: 'heartbeat', incarnation, storeReachable, ownedShards: shards.size });
  }
}
