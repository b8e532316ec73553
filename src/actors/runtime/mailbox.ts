/**
 * The queue of one actor, first in, first out. Actors are many and mostly have one message to handle: that one waits in a
 * field, since an array that is emptied gives its memory up and asks for it again with the next message. No message is undefined.
 */
export class Mailbox<Message> {
  private first: Message | undefined;
  private others: Message[] | undefined;
  /** How many of the others are gone. */
  private taken = 0;

  get length(): number {
    return (this.first === undefined ? 0 : 1) + (this.others === undefined ? 0 : this.others.length - this.taken);
  }

  push(message: Message): void {
    if (this.others !== undefined) this.others.push(message);
    else if (this.first === undefined) this.first = message;
    else this.others = [message];
  }

  /** Undefined when it is empty. */
  take(): Message | undefined {
    const { first, others } = this;
    if (first !== undefined) {
      this.first = undefined;
      return first;
    }
    if (others === undefined) return undefined;
    const next = others[this.taken++];
    if (this.taken === others.length) this.leave(undefined);
    else if (this.taken * 2 > others.length && this.taken >= KEPT_MAX) this.leave(others.slice(this.taken));
    return next;
  }

  /** All of it, and it is empty. */
  takeAll(): Message[] {
    const all: Message[] = [];
    for (let next = this.take(); next !== undefined; next = this.take()) all.push(next);
    return all;
  }

  private leave(others: Message[] | undefined): void {
    this.others = others;
    this.taken = 0;
  }
}

/** Places of messages that are gone, which are kept until they are more than half of the array. */
const KEPT_MAX = 1_024;
