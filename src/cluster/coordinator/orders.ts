/** What operators ordered, over what the placement would be without them. */
import type { NodeOrders } from '../../core/membership.js';
import type { PlacementNode } from '../placement.js';

/** The weight of a node under these orders: one that is to take nothing new has none. */
export function orderedWeight(name: string, weight: number, { weights, cordoned, draining }: NodeOrders): number {
  if (weight === 0 || cordoned.includes(name) || draining.includes(name)) return 0;
  return weights[name] ?? weight;
}

/** `wanted`, but cordoned nodes keep what they have, and pinned shards are where they belong while that node is there. */
export function followOrders(
  wanted: Int16Array,
  current: Int16Array,
  nodes: readonly PlacementNode[],
  { cordoned, draining, pinned }: NodeOrders,
): Int16Array {
  const keeps = new Set(
    nodes.flatMap(({ name }, index) => (cordoned.includes(name) && !draining.includes(name) ? [index] : [])),
  );
  const shards = wanted.map((node, shard) => (keeps.has(current[shard] ?? -1) ? (current[shard] ?? node) : node));
  for (const [shard, name] of Object.entries(pinned)) {
    const index = nodes.findIndex((node) => node.name === name);
    if (index >= 0 && !draining.includes(name)) shards[Number(shard)] = index;
  }
  return shards;
}
