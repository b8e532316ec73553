import type { ParleySession } from '../session/parley-session.js';
import type { DueChannel } from './orders.js';

type Reader = Pick<ParleySession, 'givenIn'>;

interface Wait {
  readonly reader: Reader;
  readonly channelId: string;
  readonly seq: number;
}

/** Who has not been given all that is due, of one generator's users. */
export class Awaited {
  private waits: Wait[] = [];

  /** `readerOf`: undefined for users of other generators. */
  expect(channels: readonly DueChannel[], readerOf: (user: number) => Reader | undefined): void {
    this.waits = [];
    for (const { channelId, members, top } of channels)
      for (let user = members.first; user < members.end; user++) {
        const reader = readerOf(user);
        const seq = user === top.by ? top.others : top.seq;
        if (reader !== undefined) this.waits.push({ reader, channelId, seq });
      }
  }

  /** Readers, once for each channel that they lack something of. */
  count(): number {
    this.waits = this.waits.filter(({ reader, channelId, seq }) => reader.givenIn(channelId) < seq);
    return this.waits.length;
  }
}
