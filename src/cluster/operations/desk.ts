import type { Bus, Subscription } from '../../core/bus.js';
import { toParleyError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';
import { OPERATIONS_SUBJECT, operationsSubject } from '../../protocol/bus-subjects.js';
import { answerQuestion } from './answers.js';
import type { ProcessOperations } from './process-operations.js';

export interface DeskDeps {
  readonly bus: Bus<BusEnvelope>;
  readonly incarnation: string;
  readonly operations: ProcessOperations;
  readonly logger: Logger;
}

/** Answers for one process what the admin service asks, and does what API processes tell all. */
export class OperationsDesk {
  private readonly deps: DeskDeps;
  private subscriptions: Subscription[] = [];

  constructor(deps: DeskDeps) {
    this.deps = deps;
  }

  async start(): Promise<void> {
    const { bus, incarnation } = this.deps;
    const receive = (envelopes: readonly BusEnvelope[]): void => {
      for (const envelope of envelopes) if (envelope.type === 'operations_ask') void this.answer(envelope);
    };
    const subjects = [OPERATIONS_SUBJECT, operationsSubject(incarnation)];
    this.subscriptions = await Promise.all(subjects.map((subject) => bus.subscribe(subject, receive)));
  }

  /** Once it has nothing left: whoever asks all waits for it no more. */
  stop(): void {
    const { bus, incarnation, logger } = this.deps;
    try {
      bus.publish(OPERATIONS_SUBJECT, [{ type: 'operations_farewell', incarnation }]);
    } catch (cause) {
      logger.debug({ err: cause }, 'operators do not hear that this process stops');
    }
    for (const subscription of this.subscriptions) subscription.unsubscribe();
  }

  private async answer(ask: Extract<BusEnvelope, { type: 'operations_ask' }>): Promise<void> {
    const { incarnation, operations, logger, bus } = this.deps;
    const { correlation, replyTo, question } = ask;
    const outcome = await answerQuestion(operations, question).catch(toParleyError);
    if (replyTo === '') return;
    const envelope: BusEnvelope =
      outcome instanceof Error
        ? { type: 'operations_refusal', correlation, incarnation, error: outcome.kind, sentence: outcome.message }
        : { type: 'operations_answer', correlation, incarnation, answer: outcome };
    try {
      bus.publish(replyTo, [envelope]);
    } catch (cause) {
      logger.warn({ err: cause }, 'an operator gets no answer');
    }
  }
}
