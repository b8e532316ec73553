/** Actors and sessions: where each is, and in what state. */
import type { Gathered } from '../../cluster/operations/asker.js';
import { ParleyError } from '../../core/errors.js';
import { type ActorId, isChannelId, isUserId, shardOf, userOf } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import { placedOn } from '../../core/membership.js';
import type { admin } from '../../protocol/admin-messages.js';
import type { AdminDeps } from '../deps.js';
import { type Call, METHODS } from '../methods.js';
import { mayAct } from '../roles.js';

const PAGE = 100;

/** Throws `invalid_argument` for what is no page. */
export function pageLimit(limit: number | null | undefined, most: number = LIMITS.operationsPageMax): number {
  const wanted = limit || PAGE;
  if (wanted > most) throw new ParleyError('invalid_argument', { sentence: `A page has at most ${most} rows.` });
  return wanted;
}

/** A page of rows of which one more was asked for than it has, so that it is known whether more come. */
export function pageOf<Row>(rows: readonly Row[], limit: number): { readonly page: Row[]; readonly more: boolean } {
  return { page: rows.slice(0, limit), more: rows.length > limit };
}

function actorIdOf(text: string | null | undefined): ActorId {
  const [kind, id = ''] = (text ?? '').split(/:(.*)/s);
  if ((kind === 'user' && isUserId(id)) || (kind === 'channel' && isChannelId(id))) return `${kind}:${id}`;
  const sentence = 'An actor is user:NAME, or channel: and the id of a channel.';
  throw new ParleyError('invalid_argument', { sentence });
}

/** Sessions of a user are shown to operators only, as elsewhere. */
export async function where(
  deps: AdminDeps,
  request: admin.IWhereRequest,
  { operator }: Call,
): Promise<admin.IActorPlace> {
  const { asker, board, membership } = deps;
  const actor = actorIdOf(request.actor);
  const shard = shardOf(actor);
  const activate = request.activate ?? false;
  const userId = mayAct(operator.role, METHODS.ListSessions.role) ? userOf(actor) : undefined;
  const deadlineMs = activate ? LIMITS.requestDeadlineMs : LIMITS.operationsDeadlineMs;
  const [owners, sessions] = await Promise.all([
    asker.askAll({ actor: { actor, activate } }, deadlineMs),
    userId === undefined ? undefined : sessionsOf(deps, { userId, limit: LIMITS.operationsPageMax }),
  ]);
  const owner = owners.answers
    .filter(({ answer }) => answer.actor?.owned === true)
    .sort((a, b) => (b.answer.actor?.term ?? 0) - (a.answer.actor?.term ?? 0))[0];
  const activation = owner?.answer.actor?.activation;
  const incarnation = owner?.incarnation ?? '';
  return {
    ...{ actor, shard },
    owner: incarnation,
    ownerName: membership.processes().find((process) => process.incarnation === incarnation)?.name ?? '',
    placedOn: board === undefined ? incarnation : (placedOn(board.placement(), shard) ?? ''),
    term: owner?.answer.actor?.term ?? 0,
    ...(activation && { activation: { ...activation, owner: incarnation } }),
    sessions: sessions?.sessions ?? [],
    silent: [...new Set([...owners.silent, ...(sessions?.silent ?? [])])],
  };
}

export async function listActors({ asker }: AdminDeps, request: admin.IListActorsRequest): Promise<admin.IActorList> {
  const limit = pageLimit(request.limit);
  const page = { prefix: request.prefix ?? '', after: request.after ?? '', limit };
  const gathered = await asker.askAll({ actors: page });
  const rows = gathered.answers.flatMap(({ incarnation, answer }) =>
    (answer.actors?.actors ?? []).map((actor): admin.IActor => ({ ...actor, owner: incarnation })),
  );
  const { page: actors, more } = merged(rows, ({ actor }) => actor ?? '', limit);
  return { actors, more: more || moreThere(gathered, 'actors'), silent: [...gathered.silent] };
}

export async function sessionsOf(
  { asker, membership }: AdminDeps,
  request: admin.IListSessionsRequest,
): Promise<admin.ISessionList> {
  const limit = pageLimit(request.limit);
  const names = new Map(membership.processes().map(({ incarnation, name }) => [incarnation, name]));
  const wanted = request.gateway ?? '';
  const isWanted = (incarnation: string): boolean =>
    wanted === '' || wanted === incarnation || wanted === names.get(incarnation);
  const all = await asker.askAll({ sessions: { userId: request.userId ?? '', after: request.after ?? '', limit } });
  const gathered: Gathered = {
    answers: all.answers.filter(({ incarnation }) => isWanted(incarnation)),
    silent: all.silent.filter(isWanted),
  };
  const rows = gathered.answers.flatMap(({ incarnation, answer }) =>
    (answer.sessions?.sessions ?? []).map((session): admin.ISession => ({ ...session, gateway: incarnation })),
  );
  const { page: sessions, more } = merged(rows, ({ sessionId }) => sessionId ?? '', limit);
  return { sessions, more: more || moreThere(gathered, 'sessions'), silent: [...gathered.silent] };
}

export async function disconnect(
  { asker }: AdminDeps,
  request: admin.IDisconnectRequest,
): Promise<admin.IDisconnected> {
  if (!request.sessionId && !request.userId)
    throw new ParleyError('invalid_argument', { sentence: 'Name a session or a user to disconnect.' });
  const { answers, silent } = await asker.askAll({ disconnect: request });
  return { sessions: answers.reduce((sum, { answer }) => sum + (answer.count?.count ?? 0), 0), silent: [...silent] };
}

/** The first rows of all pages together. */
function merged<Row>(rows: readonly Row[], key: (row: Row) => string, limit: number) {
  return pageOf(
    [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1)),
    limit,
  );
}

function moreThere({ answers }: Gathered, list: 'actors' | 'sessions'): boolean {
  return answers.some(({ answer }) => answer[list]?.more === true);
}
