/** What is kept in Consul's key-value store, as JSON; what cannot be read is not there. */
import { SHARD_COUNT } from '../../../core/ids.js';
import type { NodeOrders, Placement, ProcessInfo, ProcessLoad } from '../../../core/membership.js';

export const encodeProcess = (info: ProcessInfo): string => JSON.stringify(info);

export function decodeProcess(text: string): ProcessInfo | undefined {
  const value = parse(text);
  if (value === undefined) return undefined;
  const { incarnation, name, roles, publicUrl, zone, weight } = value;
  const load = decodeLoad(value.load);
  const known =
    typeof incarnation === 'string' &&
    typeof name === 'string' &&
    typeof zone === 'string' &&
    typeof weight === 'number' &&
    Array.isArray(roles) &&
    roles.every((role): role is string => typeof role === 'string');
  if (!known || load === undefined) return undefined;
  return {
    incarnation,
    name,
    roles,
    publicUrl: typeof publicUrl === 'string' ? publicUrl : undefined,
    zone,
    weight,
    load,
  };
}

function decodeLoad(value: unknown): ProcessLoad | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { sessions, eventLoopDelayMs, queuedBytes, draining, at } = value as Record<string, unknown>;
  const known =
    typeof sessions === 'number' &&
    typeof eventLoopDelayMs === 'number' &&
    typeof queuedBytes === 'number' &&
    typeof draining === 'boolean' &&
    typeof at === 'number';
  return known ? { sessions, eventLoopDelayMs, queuedBytes, draining, at } : undefined;
}

/** Two bytes a shard: 11 kB of base64, far below the 512 kB that Consul keeps under one key. */
export function encodePlacement({ version, coordinator, nodes, shards }: Placement): string {
  const bytes = Buffer.alloc(2 * SHARD_COUNT);
  for (const [shard, node] of shards.entries()) bytes.writeInt16LE(node, 2 * shard);
  return JSON.stringify({ version, coordinator, nodes, shards: bytes.toString('base64') });
}

export function decodePlacement(text: string): Placement | undefined {
  const { version, coordinator, nodes, shards } = parse(text) ?? {};
  if (typeof version !== 'number' || typeof coordinator !== 'string' || typeof shards !== 'string') return undefined;
  if (!Array.isArray(nodes) || !nodes.every((node): node is string => typeof node === 'string')) return undefined;
  const bytes = Buffer.from(shards, 'base64');
  if (bytes.length !== 2 * SHARD_COUNT) return undefined;
  return {
    version,
    coordinator,
    nodes,
    shards: Int16Array.from({ length: SHARD_COUNT }, (_, shard) => bytes.readInt16LE(2 * shard)),
  };
}

/** What cannot be read is no order. */
export function decodeOrders(text: string): NodeOrders {
  const { weights, cordoned, draining, pinned } = parse(text) ?? {};
  return {
    weights: valuesOf(weights, (value): value is number => typeof value === 'number' && value >= 0),
    cordoned: namesOf(cordoned),
    draining: namesOf(draining),
    pinned: valuesOf(pinned, (value): value is string => typeof value === 'string'),
  };
}

const namesOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];

function valuesOf<Value>(value: unknown, isOne: (value: unknown) => value is Value): Record<string, Value> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).flatMap(([name, one]) => (isOne(one) ? [[name, one]] : [])));
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
