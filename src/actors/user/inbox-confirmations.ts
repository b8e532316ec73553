import type { ActorMail } from '../../cluster/actor-host.js';
import { Confirmation } from '../../cluster/confirmations.js';
import type { ChannelId } from '../../core/ids.js';
import { SparseMap } from '../../core/sparse-map.js';
import type { Inbox } from './inbox.js';

/** Tells channels how far a user's inbox holds them. */
export class InboxConfirmations {
  private readonly mail: ActorMail;
  private readonly inbox: Inbox;
  private readonly byChannel = new SparseMap<ChannelId, Confirmation>();

  constructor(mail: ActorMail, inbox: Inbox) {
    this.mail = mail;
    this.inbox = inbox;
  }

  /** Everything that was due of the channel up to `seq` is durable. */
  durable(channelId: ChannelId, seq: number): void {
    let confirmation = this.byChannel.get(channelId);
    if (confirmation === undefined) {
      confirmation = new Confirmation(channelId, this.inbox.userId);
      this.byChannel.set(channelId, confirmation);
    }
    this.mail.confirm(confirmation, seq);
  }

  /** Confirms again what is durable; of a row under way the confirmation follows by itself. */
  again(channelId: ChannelId, seq: number): void {
    const durableSeq = this.inbox.durableSeq(channelId);
    if (seq <= durableSeq) this.durable(channelId, durableSeq);
  }
}
