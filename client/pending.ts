import type { ParleyError } from '../src/core/errors.js';
import type { PendingMessage, Said, SendState, SentMessage } from './types.js';

/** The live object an application gets for a send; the outbox moves it on. */
export class Pending implements PendingMessage {
  clientMessageId: string;
  readonly channelId: string;
  readonly said: Said;
  readonly queuedAt: Date;
  state: SendState = 'pending';
  seq: number | undefined;
  messageId: string | undefined;
  createdAt: Date | undefined;
  error: ParleyError | undefined;
  private waiters: { resolve(sent: SentMessage): void; reject(error: ParleyError): void }[] = [];

  constructor(clientMessageId: string, channelId: string, said: Said, queuedAt: Date) {
    this.clientMessageId = clientMessageId;
    this.channelId = channelId;
    this.said = said;
    this.queuedAt = queuedAt;
  }

  get text(): string {
    return 'text' in this.said ? this.said.text : '';
  }

  sent(): Promise<SentMessage> {
    if (this.error !== undefined) return Promise.reject(this.error);
    const sent = this.position();
    if (sent !== undefined) return Promise.resolve(sent);
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject });
    });
  }

  settle(sent: SentMessage): void {
    this.state = 'sent';
    this.seq = sent.seq;
    this.messageId = sent.messageId;
    this.createdAt = sent.createdAt;
    for (const waiter of this.waiters) waiter.resolve(sent);
    this.waiters = [];
  }

  fail(error: ParleyError): void {
    this.state = 'failed';
    this.error = error;
    for (const waiter of this.waiters) waiter.reject(error);
    this.waiters = [];
  }

  private position(): SentMessage | undefined {
    const { channelId, clientMessageId, seq, messageId, createdAt } = this;
    if (seq === undefined || messageId === undefined || createdAt === undefined) return undefined;
    return { channelId, clientMessageId, seq, messageId, createdAt };
  }
}
