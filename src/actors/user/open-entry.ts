import type { RowOwner } from '../../cluster/owned-log.js';
import type { ParleyError } from '../../core/errors.js';
import type { Span } from '../../core/trace.js';
import type { EncodedEvent } from '../../protocol/encoded-event.js';

/** The user whose inbox it is. */
interface Recipient {
  committed(entry: OpenEntry): void;
  refused(error: ParleyError): void;
}

/** An entry of an inbox that is not committed yet. */
export class OpenEntry implements RowOwner {
  readonly event: EncodedEvent;
  readonly span: Span | undefined;
  private readonly user: Recipient;

  constructor(user: Recipient, event: EncodedEvent, span: Span | undefined) {
    this.user = user;
    this.event = event;
    this.span = span;
  }

  committed(): void {
    this.user.committed(this);
  }

  refused(error: ParleyError): void {
    this.user.refused(error);
  }
}
