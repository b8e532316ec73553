/** The journey of one message: what the processes traced of it, and what its channel knows of it now. */
import type { Gathered } from '../../cluster/operations/asker.js';
import { ParleyError, toParleyError } from '../../core/errors.js';
import { channelActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import { type MessageId, messageIdShard, messageIdTime } from '../../core/message-id.js';
import type { admin } from '../../protocol/admin-messages.js';
import type { MessageState } from '../../protocol/bus-messages.js';
import { Long } from '../../protocol/wire.js';
import type { AdminDeps } from '../deps.js';
import { messageIdOf, noSuchMessage } from './messages.js';

type JourneyDeps = Pick<AdminDeps, 'asker' | 'actors' | 'logger'>;

/**
 * Throws `invalid_argument` for what is no id, `message_not_found` for one that nobody has, and `unavailable` while nobody
 * owns its shard and no step of it is known.
 */
export async function journey(deps: JourneyDeps, request: admin.IJourneyRequest): Promise<admin.IJourney> {
  const { asker } = deps;
  const id = messageIdOf(request.messageId);
  const messageId = id.toString();
  const [places, first] = await Promise.all([
    asker.askAll({ message: { messageId } }),
    asker.askAll({ steps: { messageId } }),
  ]);
  const { owner, owned, channelId, seq, ownerTerm } = ownerOf(places);
  // A process may have taken part without hearing the message's id: it is asked by the traces.
  const traceIds = [...new Set(stepsOf(first).map((step) => step.traceId ?? ''))];
  if (channelId === '' && traceIds.length === 0) throw noSuchMessage(owned);
  const [second, state] = await Promise.all([
    traceIds.length === 0 ? first : asker.askAll({ steps: { traceIds } }),
    channelId === '' ? undefined : stateOf(deps, channelId, seq, id),
  ]);
  const steps = stepsOf(second);
  return {
    ...{ messageId, channelId, seq, steps, traceIds, owner, ownerTerm },
    traced: steps.length > 0,
    idTimeMs: Long.fromNumber(messageIdTime(id), true),
    shard: messageIdShard(id),
    ...(state && factsOf(state)),
    silent: [...new Set([...places.silent, ...first.silent, ...second.silent])],
  };
}

/** Two may say that they own the shard while it moves: the higher term does. */
function ownerOf({ answers }: Gathered) {
  const owners = answers.filter(({ answer }) => answer.message?.owned === true);
  const [newest] = owners.sort((a, b) => (b.answer.message?.term ?? 0) - (a.answer.message?.term ?? 0));
  const { channelId, seq, term } = newest?.answer.message ?? {};
  return {
    owned: newest !== undefined,
    owner: newest?.incarnation ?? '',
    ownerTerm: term ?? 0,
    channelId: channelId ?? '',
    seq: seq ?? 0,
  };
}

function stepsOf({ answers }: Gathered): admin.IStep[] {
  return answers
    .flatMap(({ incarnation, answer }) =>
      (answer.steps?.steps ?? []).map((step): admin.IStep => ({ ...step, process: incarnation })),
    )
    .sort((a, b) => timeOf(a) - timeOf(b));
}

const timeOf = ({ atUs }: admin.IStep): number => atUs?.toNumber() ?? 0;

/** Undefined when the channel's owner cannot say. */
async function stateOf(
  { actors, logger }: JourneyDeps,
  channelId: string,
  seq: number,
  id: MessageId,
): Promise<MessageState | undefined> {
  const answer = await actors
    .ask(channelActor(channelId), { type: 'message_wanted', seq }, LIMITS.operationsDeadlineMs)
    .catch((thrown: unknown) => toParleyError(thrown));
  if (answer instanceof ParleyError) {
    logger.warn({ err: answer, channelId }, 'a channel does not say what became of a message');
    return undefined;
  }
  return answer.type === 'message_state' && answer.value.messageId.equals(id) ? answer.value : undefined;
}

function factsOf(state: MessageState): Partial<admin.IJourney> {
  const { committed, from, clientMessageId, createdAtMs, members, recipients } = state;
  return {
    ...{ committed, clientMessageId, members },
    messageFrom: from,
    createdAtMs: Long.fromNumber(createdAtMs, true),
    recipients: [...recipients],
  };
}
