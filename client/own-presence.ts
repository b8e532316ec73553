/** How one appears oneself, on all one's devices, and whether anybody is at this one. */
import type { v1 } from '../src/protocol/wire.js';
import { ownPresenceOf, wireChange } from './from-wire.js';
import type { OwnPresence, PresenceChange } from './types.js';

/** As nobody has chosen anything. */
export const PLAIN: OwnPresence = { choice: 'online', status: '', statusUntil: undefined };

export interface OwnPresencePorts {
  readonly ask: (body: v1.IClientFrame) => Promise<unknown>;
  readonly changed: (own: OwnPresence) => void;
}

export class OwnPresenceKeeper {
  own = PLAIN;
  private readonly ports: OwnPresencePorts;
  private idle = false;
  /** What the session has answered that it knows. */
  private told = false;
  private saying = false;

  constructor(ports: OwnPresencePorts) {
    this.ports = ports;
  }

  async set(change: PresenceChange): Promise<void> {
    await this.ports.ask({ setPresence: wireChange(change) });
  }

  setIdle(idle: boolean): void {
    this.idle = idle;
    void this.sayIdle();
  }

  /** A connection is there. A new session: nobody has heard yet who is idle, and the server tells what was chosen, unless that is nothing. */
  online(resumed: boolean): void {
    if (!resumed) {
      this.told = false;
      if (this.own !== PLAIN) this.become(PLAIN);
    }
    void this.sayIdle();
  }

  /** One question at a time, so that none overtakes a newer one. What is refused for good is said again on the next connection. */
  private async sayIdle(): Promise<void> {
    if (this.saying) return;
    this.saying = true;
    try {
      while (this.told !== this.idle) {
        const { idle } = this;
        await this.ports.ask({ setPresence: { idle } });
        this.told = idle;
      }
    } catch {
      // Refused, or without an answer for too long.
    }
    this.saying = false;
  }

  heard(own: v1.IOwnPresence): void {
    this.become(ownPresenceOf(own));
  }

  private become(own: OwnPresence): void {
    this.own = own;
    this.ports.changed(own);
  }
}
