/** Cordon, drain, weights, moves: orders to the coordinator; a gateway is drained by asking it. */
import { underOrders } from '../../cluster/coordinator/orders.js';
import { sleep } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { SHARD_COUNT } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { NodeOrders, PlacementBoard, ProcessInfo } from '../../core/membership.js';
import type { admin, OperationsAnswer } from '../../protocol/admin-messages.js';
import type { AdminDeps } from '../deps.js';
import type { Call } from '../methods.js';

const LOOK_MS = 500;
const WAIT_MS = 600_000;

export function ordersMessage({ weights, cordoned, draining, pinned }: NodeOrders): admin.INodeOrders {
  return { weights, cordoned: [...cordoned], draining: [...draining], pinned };
}

const without = (names: readonly string[], name: string): string[] => names.filter((other) => other !== name);
const withName = (names: readonly string[], name: string): string[] => [...without(names, name), name].sort();

/** Throws `not_clustered` where nothing is placed; first of all `node_not_found` for a name that is nobody's there. */
function boardOf(deps: AdminDeps, node?: string | null): PlacementBoard {
  if (deps.board !== undefined) return deps.board;
  if (node) processOf(deps, node);
  throw new ParleyError('not_clustered');
}

/** A living process by its name or incarnation. Throws `node_not_found`. */
function processOf({ membership }: AdminDeps, text: string | null | undefined, role?: string): ProcessInfo {
  const found = membership
    .processes()
    .find(({ name, incarnation, roles }) => (name === text || incarnation === text) && (!role || roles.includes(role)));
  if (found !== undefined) return found;
  const what = role ?? 'process';
  throw new ParleyError('node_not_found', { sentence: `There is no living ${what} ${JSON.stringify(text ?? '')}.` });
}

/** Throws `last_node` unless a living node would take shards under these orders. */
function keepOne({ membership }: AdminDeps, orders: NodeOrders): NodeOrders {
  const takes = membership
    .processes()
    .some((process) => process.roles.includes('node') && underOrders(process, orders).weight > 0);
  if (!takes) throw new ParleyError('last_node');
  return orders;
}

export async function cordon(deps: AdminDeps, { node, lift }: admin.ICordonRequest): Promise<admin.INodeOrders> {
  const board = boardOf(deps, node);
  const orders = await board.changeOrders((before) => {
    if (lift) return lifted(deps, before, node ?? '');
    return keepOne(deps, { ...before, cordoned: withName(before.cordoned, processOf(deps, node, 'node').name) });
  });
  return ordersMessage(orders);
}

/** What is taken back may be that of a node that is gone. Throws `node_not_found` for what is neither ordered nor a node. */
function lifted(deps: AdminDeps, before: NodeOrders, node: string): NodeOrders {
  const { cordoned, draining } = before;
  const name = cordoned.includes(node) || draining.includes(node) ? node : processOf(deps, node, 'node').name;
  return { ...before, cordoned: without(cordoned, name), draining: without(draining, name) };
}

export async function setWeight(
  deps: AdminDeps,
  { node, weight }: admin.ISetWeightRequest,
): Promise<admin.INodeOrders> {
  const board = boardOf(deps, node);
  const wanted = weight ?? 0;
  if (!(wanted >= 0 && wanted <= 1_000))
    throw new ParleyError('invalid_argument', { sentence: 'A weight is 0 to 1000.' });
  const { name } = processOf(deps, node, 'node');
  const orders = await board.changeOrders((before) =>
    keepOne(deps, { ...before, weights: { ...before.weights, [name]: wanted } }),
  );
  return ordersMessage(orders);
}

export async function moveShard(deps: AdminDeps, { shard, node }: admin.IMoveShardRequest): Promise<admin.INodeOrders> {
  const board = boardOf(deps, node);
  const moved = shard ?? 0;
  if (moved >= SHARD_COUNT)
    throw new ParleyError('invalid_argument', { sentence: `Shards are 0 to ${SHARD_COUNT - 1}.` });
  const target = node ? processOf(deps, node, 'node') : undefined;
  const orders = await board.changeOrders((before) => {
    const { [moved]: _, ...others } = before.pinned;
    if (target === undefined) return { ...before, pinned: others };
    if (target.load.draining || before.draining.includes(target.name))
      throw new ParleyError('node_not_found', { sentence: `${target.name} is being drained.` });
    return { ...before, pinned: { ...others, [moved]: target.name } };
  });
  return ordersMessage(orders);
}

export async function* drain(
  deps: AdminDeps,
  { node, wait, deadlineMs }: admin.IDrainRequest,
  { signal }: Call,
): AsyncGenerator<admin.IDrainProgress> {
  const board = boardOf(deps, node);
  const process = processOf(deps, node);
  const { roles, name, incarnation } = process;
  if (roles.includes('node'))
    await board.changeOrders((before) => keepOne(deps, { ...before, draining: withName(before.draining, name) }));
  else if (roles.includes('gateway')) await drainGateway(deps, process);
  else throw new ParleyError('invalid_argument', { sentence: 'Nodes and gateways are drained, nothing else.' });
  const end = deps.clock.monotonic() + (deadlineMs || WAIT_MS);
  for (;;) {
    const progress = await lookAt(deps, incarnation);
    yield progress;
    if (progress.done || !wait || signal.aborted) return;
    if (deps.clock.monotonic() >= end) throw new ParleyError('timeout', { sentence: 'It is still being drained.' });
    await sleep(deps.clock, LOOK_MS);
  }
}

async function drainGateway(deps: AdminDeps, { incarnation }: ProcessInfo): Promise<void> {
  const { asker, membership } = deps;
  const leaving = await drainingByOwnWord(deps);
  const others = membership
    .processes()
    .filter((other) => other.roles.includes('gateway') && other.incarnation !== incarnation)
    .filter((other) => !other.load.draining && !leaving.has(other.incarnation));
  if (others.length === 0) throw new ParleyError('last_node');
  await asker.askOne(incarnation, { drain: { to: others.flatMap(({ publicUrl }) => publicUrl ?? []) } });
}

/** The registry hears of a drain some seconds late; whoever drains knows at once. */
async function drainingByOwnWord({ asker }: AdminDeps): Promise<ReadonlySet<string>> {
  const { answers } = await asker.askAll({ report: {} });
  return new Set(answers.flatMap(({ incarnation, answer }) => (answer.report?.draining ? [incarnation] : [])));
}

/** One that is gone has nothing left; one that only does not answer may have all that it had. */
async function lookAt({ asker }: AdminDeps, incarnation: string): Promise<admin.IDrainProgress> {
  try {
    if (asker.mayLive(incarnation))
      return progressOf(await asker.askOne(incarnation, { report: {} }, LIMITS.requestDeadlineMs));
  } catch (error) {
    if (asker.mayLive(incarnation)) throw error;
  }
  return { shardsLeft: 0, sessionsLeft: 0, done: true };
}

function progressOf({ report }: OperationsAnswer): admin.IDrainProgress {
  const shardsLeft = report?.shards ?? 0;
  const sessionsLeft = report?.sessions ?? 0;
  return { shardsLeft, sessionsLeft, done: shardsLeft === 0 && sessionsLeft === 0 };
}
