import type { RowOwner } from '../../cluster/owned-log.js';
import type { ParleyError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import type { Span } from '../../core/trace.js';
import type { EncodedEvent } from '../../protocol/encoded-event.js';

/** The channel whose events they are. */
interface Source {
  committed(open: OpenEvent): void;
  refused(error: ParleyError): void;
}

/** An event that has its position and is not committed yet, with what is to be known of it then. */
export class OpenEvent implements RowOwner {
  readonly event: EncodedEvent;
  /** Who is due it by inbox. */
  readonly due: readonly UserId[];
  /** The session that gets the acknowledgement; '' = none. */
  readonly senderSession: string;
  readonly span: Span | undefined;
  private readonly channel: Source;

  constructor(
    channel: Source,
    event: EncodedEvent,
    due: readonly UserId[],
    senderSession: string,
    span: Span | undefined,
  ) {
    this.channel = channel;
    this.event = event;
    this.due = due;
    this.senderSession = senderSession;
    this.span = span;
  }

  committed(): void {
    this.channel.committed(this);
  }

  refused(error: ParleyError): void {
    this.channel.refused(error);
  }
}
