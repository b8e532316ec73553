/** How one appears oneself, on all one's devices, and whether anybody is at this one. */
import type { v1 } from '../src/protocol/wire.js';
import { ownPresenceOf, wireChange } from './from-wire.js';
import type { OwnPresence, PresenceChange } from './types.js';

const PLAIN: OwnPresence = { choice: 'online', status: '', statusUntil: undefined };

export interface OwnPresencePorts {
  readonly ask: (body: v1.IClientFrame) => Promise<unknown>;
  /** Without a repetition; it may be lost with the connection. */
  readonly attempt: (body: v1.IClientFrame) => void;
  readonly changed: (own: OwnPresence) => void;
}

export class OwnPresenceKeeper {
  own = PLAIN;
  private readonly ports: OwnPresencePorts;
  private idle: boolean | undefined;

  constructor(ports: OwnPresencePorts) {
    this.ports = ports;
  }

  async set(change: PresenceChange): Promise<void> {
    await this.ports.ask({ setPresence: wireChange(change) });
  }

  setIdle(idle: boolean): void {
    if (idle === (this.idle ?? false)) return;
    this.idle = idle;
    this.resumed();
  }

  /** A session goes on: what was said while it had no connection was not heard. */
  resumed(): void {
    if (this.idle !== undefined) this.ports.attempt({ setPresence: { idle: this.idle } });
  }

  /** A new session: the server tells what was chosen, unless that is nothing. */
  begun(): void {
    if (this.own !== PLAIN) this.become(PLAIN);
    if (this.idle) this.ports.attempt({ setPresence: { idle: true } });
  }

  heard(own: v1.IOwnPresence): void {
    this.become(ownPresenceOf(own));
  }

  private become(own: OwnPresence): void {
    this.own = own;
    this.ports.changed(own);
  }
}
