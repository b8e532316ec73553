/** A process's answer to each question of an operator. */
import type { ActorId } from '../../core/ids.js';
import { parseMessageId } from '../../core/message-id.js';
import type { OperationsAnswer, OperationsQuestion } from '../../protocol/admin-messages.js';
import type { ProcessOperations } from './process-operations.js';
import { stepsOf } from './steps.js';

/** An empty answer: this process has no such thing. Rejects with a ParleyError. */
export async function answerQuestion(
  { report, node, gateway, tokens, spans }: ProcessOperations,
  question: OperationsQuestion,
): Promise<OperationsAnswer> {
  if (question.report) return { report: { ...report(), ...node?.report(), ...gateway?.report() } };
  if (question.shards && node) {
    const owned = node.owned();
    return { shards: { shards: owned.map(({ shard }) => shard), terms: owned.map(({ term }) => term) } };
  }
  if (question.actor && node) {
    const { actor, activate } = question.actor;
    return { actor: await node.actor((actor ?? '') as ActorId, activate ?? false) };
  }
  if (question.actors && node) {
    const { prefix, after, limit } = question.actors;
    return { actors: node.actors(prefix ?? '', after ?? '', limit ?? 0) };
  }
  if (question.logs && node) {
    const { after, limit } = question.logs;
    return { logs: { logs: [...(await node.logs(after ?? '', limit ?? 0))] } };
  }
  const messageId = question.message && parseMessageId(question.message.messageId ?? '');
  if (messageId && node) return { message: await node.message(messageId) };
  if (question.sessions && gateway) {
    const { userId, after, limit } = question.sessions;
    return { sessions: gateway.sessions({ userId: userId ?? '', after: after ?? '', limit: limit ?? 0 }) };
  }
  if (question.disconnect && gateway) return { count: { count: gateway.disconnect(question.disconnect) } };
  if (question.revoked) {
    const { userId, deviceIds, atMs, all } = question.revoked;
    for (const deviceId of all ? [''] : (deviceIds ?? []))
      for (const part of [tokens, gateway]) part?.revoke(userId ?? '', deviceId, atMs?.toNumber() ?? 0);
    return {};
  }
  if (question.drain && gateway) {
    gateway.drain(question.drain.to ?? []);
    return { count: { count: 1 } };
  }
  if (question.steps && spans) return { steps: stepsOf(spans, question.steps) };
  return {};
}
