/** Envelopes about who owns what. */
import { unreachable } from '../../core/errors.js';
import type { ClusterEnvelope, ReleasedShard, ShardTerm } from '../bus-messages.js';
import { Long } from '../wire.js';
import type { bus } from './parts.js';

export function encodeClusterEnvelope(envelope: ClusterEnvelope): bus.IEnvelope {
  switch (envelope.type) {
    case 'heartbeat': {
      const { incarnation, storeReachable, ownedShards } = envelope;
      return { heartbeat: { incarnation, storeReachable, ownedShards } };
    }
    case 'owner':
      return { owner: { incarnation: envelope.incarnation, owned: encodeShardTerms(envelope.shards) } };
    case 'release_request':
      return { releaseRequest: { incarnation: envelope.incarnation, shards: [...envelope.shards] } };
    case 'released':
      return { released: encodeReleased(envelope.shards) };
    default:
      return unreachable(envelope);
  }
}

function encodeShardTerms(shards: readonly ShardTerm[]): bus.IShardTerms {
  return { shards: shards.map(({ shard }) => shard), terms: shards.map(({ term }) => term) };
}

function encodeReleased(shards: readonly ReleasedShard[]): bus.IReleased {
  const idFloorsMs = shards.map(({ idFloorMs }) => Long.fromNumber(idFloorMs, true));
  return { released: encodeShardTerms(shards), idFloorsMs };
}

// ---- and back --------------------------------------------------------------------------------------------------------

export function heartbeatOf({ incarnation, storeReachable, ownedShards }: bus.Heartbeat): ClusterEnvelope {
  return { type: 'heartbeat', incarnation, storeReachable, ownedShards };
}

export function ownerOf({ incarnation, owned }: bus.Owner): ClusterEnvelope {
  return { type: 'owner', incarnation, shards: shardTermsOf(owned) };
}

export function releaseRequestOf({ incarnation, shards }: bus.ReleaseRequest): ClusterEnvelope {
  return { type: 'release_request', incarnation, shards };
}

/** Without its floor a shard is left out: whoever misses it reads its row. */
export function releasedOf({ released, idFloorsMs }: bus.Released): ClusterEnvelope {
  const shards = shardTermsOf(released).flatMap((shard, at) => {
    const floor = idFloorsMs[at];
    return floor === undefined ? [] : [{ ...shard, idFloorMs: floor.toNumber() }];
  });
  return { type: 'released', shards };
}

function shardTermsOf(message: bus.IShardTerms | null | undefined): ShardTerm[] {
  const { shards = [], terms = [] } = message ?? {};
  return (shards ?? []).flatMap((shard, at) => {
    const term = terms?.[at];
    return term === undefined ? [] : [{ shard, term }];
  });
}
