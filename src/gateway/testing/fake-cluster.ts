import type { ActorClient, EdgeBus, Waiter } from '../../cluster/actor-client.js';
import { toParleyError } from '../../core/errors.js';
import type { ActorId, ChannelId } from '../../core/ids.js';
import type { ActorAnswer, EdgeEnvelope, Notice, Question } from '../../protocol/bus-messages.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import type { Delivery } from '../../protocol/frames.js';
import { Long, v1 } from '../../protocol/wire.js';

export interface Asked {
  readonly actor: ActorId;
  readonly question: Question;
}

export type Responder = (actor: ActorId, question: Question) => ActorAnswer | Promise<ActorAnswer>;

const EPOCH = { term: 1, sub: 1 };

export function cursor(inboxSeq: number, epoch = EPOCH): v1.ICursor {
  return { ...epoch, inboxSeq };
}

/** Answers as actors do when all is well: sessions open where they ask, sends get seq 1, the rest is done. */
export const obliging: Responder = (_actor, question) => {
  if (question.type === 'session_open') {
    return { type: 'session_opened', value: { cursor: question.cursor ?? cursor(0), fanoutChannels: [] } };
  }
  if (question.type === 'inbox_read') {
    return { type: 'inbox_page', value: { items: [], cursor: cursor(0), more: false, limited: undefined } };
  }
  if (question.type !== 'request' || question.body.type !== 'send') return { type: 'done', value: {} };
  const { channelId, clientMessageId } = question.body.value;
  const value = {
    channelId,
    clientMessageId,
    seq: 1,
    messageId: Long.fromNumber(7, true),
    createdAt: Long.fromNumber(5, true),
  };
  return { type: 'sendAck', value };
};

/** The bus and the actors, as far as a gateway sees them: it records what it is asked and told, and pushes on demand. */
export class FakeCluster implements EdgeBus, ActorClient {
  readonly address = 'gateway-1';
  readonly actors: ActorClient = this;
  readonly asked: Asked[] = [];
  readonly told: { readonly actor: ActorId; readonly notice: Notice }[] = [];
  readonly subscribed = new Set<ChannelId>();
  respond: Responder = obliging;
  /** Says that shards have new owners. */
  moved: (shards: readonly number[]) => void = () => {};
  private handler: (envelope: EdgeEnvelope) => void = () => {};

  async ask(actor: ActorId, question: Question): Promise<ActorAnswer> {
    this.asked.push({ actor, question });
    return this.respond(actor, question);
  }

  askFor(waiter: Waiter, actor: ActorId, question: Question): void {
    const refused = (thrown: unknown): void => waiter.refused(toParleyError(thrown));
    this.ask(actor, question).then((answer) => waiter.answered(answer), refused);
  }

  tell(actor: ActorId, notice: Notice): void {
    this.told.push({ actor, notice });
  }

  onEnvelope(handler: (envelope: EdgeEnvelope) => void): void {
    this.handler = handler;
  }

  onMoved(listener: (shards: readonly number[]) => void): void {
    this.moved = listener;
  }

  async subscribeFanout(channelId: ChannelId): Promise<void> {
    this.subscribed.add(channelId);
  }

  unsubscribeFanout(channelId: ChannelId): void {
    this.subscribed.delete(channelId);
  }

  emit(envelope: EdgeEnvelope): void {
    this.handler(envelope);
  }

  /** Pushes messages (or, without texts, only the cursor) at the inbox positions after `afterSeq`. */
  push(sessionId: string, afterSeq: number, texts: readonly (string | undefined)[], options: PushOptions = {}): void {
    const epoch = options.epoch ?? EPOCH;
    const items = texts.map((text, index) => delivery(afterSeq + index + 1, text, epoch));
    const sharedUpTo = options.sharedUpTo ?? afterSeq;
    const { confirmNow = false } = options;
    this.emit({ type: 'push', sessionId, epoch, afterSeq, sharedUpTo, ownFrom: 0, items, confirmNow });
  }

  noticesOf<Type extends Notice['type']>(type: Type): Extract<Notice, { type: Type }>[] {
    return this.told
      .map(({ notice }) => notice)
      .filter((notice): notice is Extract<Notice, { type: Type }> => notice.type === type);
  }
}

interface PushOptions {
  readonly epoch?: typeof EPOCH;
  readonly confirmNow?: boolean;
  readonly sharedUpTo?: number;
}

export function delivery(inboxSeq: number, text: string | undefined, epoch = EPOCH): Delivery {
  const event = text === undefined ? undefined : message(inboxSeq, text);
  return { cursor: cursor(inboxSeq, epoch), event, unread: 0 };
}

export function message(seq: number, text: string, channelId = 'alice~bob'): EncodedEvent {
  return EncodedEvent.of(
    v1.Event.create({ channelId, seq, messageId: Long.fromNumber(seq, true), from: 'bob', message: { text } }),
  );
}
