/** Asks processes what operators want to know: all of them, or one. */
import type { Bus } from '../../core/bus.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import type { OperationsAnswer, OperationsQuestion } from '../../protocol/admin-messages.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';
import { OPERATIONS_SUBJECT, operationsReplySubject, operationsSubject } from '../../protocol/bus-subjects.js';
import { PossiblyAlive, type PossiblyAliveDeps } from './possibly-alive.js';

export interface AskerDeps extends PossiblyAliveDeps {
  readonly bus: Bus<BusEnvelope>;
  /** Unique in the cluster: where the answers go. */
  readonly name: string;
}

/** What came in time. `silent`: those that may live and did not answer, or could not. */
export interface Gathered {
  readonly answers: readonly { readonly incarnation: string; readonly answer: OperationsAnswer }[];
  readonly silent: readonly string[];
}

interface OpenQuestion {
  take(incarnation: string, outcome: OperationsAnswer | ParleyError): void;
  /** It stopped and will not answer. */
  left?(incarnation: string): void;
}

const OPEN_QUESTIONS_MAX = 4_096;

export class OperationsAsker {
  private readonly deps: AskerDeps;
  private readonly possiblyAlive: PossiblyAlive;
  private readonly replyTo: string;
  private readonly open = new Map<number, OpenQuestion>();
  private correlation = 0;

  constructor(deps: AskerDeps) {
    this.deps = deps;
    this.possiblyAlive = new PossiblyAlive(deps);
    this.replyTo = operationsReplySubject(deps.name);
  }

  /** Listens for as long as the bus is open. */
  async start(): Promise<void> {
    const receive = (envelopes: readonly BusEnvelope[]): void => {
      for (const envelope of envelopes) this.receive(envelope);
    };
    const subjects = [this.replyTo, OPERATIONS_SUBJECT];
    await Promise.all(subjects.map((subject) => this.deps.bus.subscribe(subject, receive)));
  }

  /** Whether it may live, though the registry may have lost it. */
  mayLive(incarnation: string): boolean {
    return this.possiblyAlive.incarnations().has(incarnation);
  }

  /**
   * Every process; resolves once all that may live have answered, or at the deadline with those that have. When none is known
   * to live, that is at the deadline.
   */
  askAll(question: OperationsQuestion, deadlineMs: number = LIMITS.operationsDeadlineMs): Promise<Gathered> {
    const waiting = this.possiblyAlive.incarnations();
    const answers: { incarnation: string; answer: OperationsAnswer }[] = [];
    const refused: string[] = [];
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.open.delete(correlation);
        cancel();
        answers.sort((a, b) => (a.incarnation < b.incarnation ? -1 : 1));
        resolve({ answers, silent: [...waiting, ...refused].sort() });
      };
      const cancel = this.deps.clock.after(deadlineMs, end);
      const take = (incarnation: string, outcome: OperationsAnswer | ParleyError): void => {
        if (outcome instanceof ParleyError) refused.push(incarnation);
        else answers.push({ incarnation, answer: outcome });
        left(incarnation);
      };
      const left = (incarnation: string): void => {
        if (waiting.delete(incarnation) && waiting.size === 0) end();
      };
      const correlation = this.ask(OPERATIONS_SUBJECT, question, { take, left }, (error) => {
        cancel();
        reject(error);
      });
    });
  }

  /** One process. Rejects with its ParleyError, or with `timeout`. */
  askOne(
    incarnation: string,
    question: OperationsQuestion,
    deadlineMs: number = LIMITS.operationsDeadlineMs,
  ): Promise<OperationsAnswer> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: OperationsAnswer | ParleyError): void => {
        this.open.delete(correlation);
        cancel();
        if (outcome instanceof ParleyError) reject(outcome);
        else resolve(outcome);
      };
      const cancel = this.deps.clock.after(deadlineMs, () => settle(new ParleyError('timeout')));
      const take = (_: string, outcome: OperationsAnswer | ParleyError): void => settle(outcome);
      const correlation = this.ask(operationsSubject(incarnation), question, { take }, settle);
    });
  }

  private ask(
    subject: string,
    question: OperationsQuestion,
    open: OpenQuestion,
    failed: (error: ParleyError) => void,
  ): number {
    this.correlation = (this.correlation + 1) >>> 0 || 1;
    const { correlation, replyTo } = this;
    if (this.open.size >= OPEN_QUESTIONS_MAX) {
      queueMicrotask(() => failed(new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.queue })));
      return correlation;
    }
    this.open.set(correlation, open);
    try {
      this.deps.bus.publish(subject, [{ type: 'operations_ask', replyTo, correlation, question }]);
    } catch (cause) {
      this.open.delete(correlation);
      queueMicrotask(() => failed(new ParleyError('unavailable', { cause })));
    }
    return correlation;
  }

  private receive(envelope: BusEnvelope): void {
    if (envelope.type === 'operations_answer')
      this.open.get(envelope.correlation)?.take(envelope.incarnation, envelope.answer);
    else if (envelope.type === 'operations_refusal') {
      const { error, sentence } = envelope;
      this.open.get(envelope.correlation)?.take(envelope.incarnation, new ParleyError(error, { sentence }));
    } else if (envelope.type === 'operations_farewell') this.left(envelope.incarnation);
  }

  private left(incarnation: string): void {
    this.possiblyAlive.left(incarnation);
    for (const question of [...this.open.values()]) question.left?.(incarnation);
  }
}
