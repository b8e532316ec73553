/** What operators ordered of the placement. */
import type { NodeOrders } from '../../core/membership.js';
import { NOBODY, type PlacementNode } from '../placement.js';

/** What a node says of itself. */
export interface RegisteredNode {
  readonly name: string;
  readonly weight: number;
  readonly load: { readonly draining: boolean };
}

/** A node as the placement has it to see, under the orders of operators. */
export interface OrderedNode extends PlacementNode {
  /** It gives away what it has, by its own word or an operator's: no other order keeps anything there. */
  readonly leaving: boolean;
}

/** One that is to take nothing new has no weight. */
export function underOrders({ name, weight, load }: RegisteredNode, orders: NodeOrders): OrderedNode {
  const leaving = load.draining || orders.draining.includes(name);
  if (leaving || orders.cordoned.includes(name)) return { name, weight: 0, leaving };
  return { name, weight: orders.weights[name] ?? weight, leaving };
}

/**
 * By shard, the node that has it by order, whatever the placement would be; NOBODY: by no order. Cordoned nodes keep what they have,
 * and pinned shards are where they belong, unless that node is leaving.
 */
export function heldByOrder(
  current: Int16Array,
  nodes: readonly OrderedNode[],
  { cordoned, pinned }: NodeOrders,
): Int16Array {
  const keeps = nodes.map(({ name, leaving }) => cordoned.includes(name) && !leaving);
  const held = current.map((node) => (keeps[node] === true ? node : NOBODY));
  for (const [shard, name] of Object.entries(pinned)) {
    const index = nodes.findIndex((node) => node.name === name && !node.leaving);
    if (index >= 0) held[Number(shard)] = index;
  }
  return held;
}
