/** Who is writing where: what others say ends by itself; what one says oneself is said now and then. */
import { TYPING_EVERY_MS, TYPING_SHOWN_MS } from '../src/core/client-bounds.js';
import type { ClientClock } from './clock.js';

export interface TypingPorts {
  readonly clock: ClientClock;
  /** Others who write to the channel now. */
  readonly changed: (channelId: string, userIds: readonly string[]) => void;
  /** Tells the server; false: offline. */
  readonly say: (channelId: string, stopped: boolean) => boolean;
}

export class Typing {
  private readonly ports: TypingPorts;
  /** Channel → user → cancels the end. */
  private readonly writers = new Map<string, Map<string, () => void>>();
  private saidIn = '';
  private saidAt = Number.NEGATIVE_INFINITY;

  constructor(ports: TypingPorts) {
    this.ports = ports;
  }

  /** Somebody else writes. */
  heard(channelId: string, userId: string): void {
    let users = this.writers.get(channelId);
    if (users === undefined) {
      users = new Map();
      this.writers.set(channelId, users);
    }
    const cancel = users.get(userId);
    cancel?.();
    users.set(
      userId,
      this.ports.clock.after(TYPING_SHOWN_MS, () => this.ended(channelId, userId)),
    );
    if (cancel === undefined) this.tell(channelId);
  }

  /** They stopped, a message or an edit of theirs came, or the time is over. */
  ended(channelId: string, userId: string): void {
    const users = this.writers.get(channelId);
    const cancel = users?.get(userId);
    if (users === undefined || cancel === undefined) return;
    cancel();
    users.delete(userId);
    if (users.size === 0) this.writers.delete(channelId);
    this.tell(channelId);
  }

  /** One writes oneself, or stopped; to be called as often as one likes. */
  say(channelId: string, stopped: boolean): void {
    const now = this.ports.clock.now();
    const known = channelId === this.saidIn && now - this.saidAt < (stopped ? TYPING_SHOWN_MS : TYPING_EVERY_MS);
    if (known !== stopped || !this.ports.say(channelId, stopped)) return;
    this.saidIn = channelId;
    this.saidAt = now;
    if (stopped) this.sent();
  }

  /** What one wrote was sent, or taken back: the next letter is news again. */
  sent(): void {
    this.saidAt = Number.NEGATIVE_INFINITY;
  }

  private tell(channelId: string): void {
    this.ports.changed(channelId, [...(this.writers.get(channelId)?.keys() ?? [])]);
  }
}
