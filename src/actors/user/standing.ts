/** How a user chose to appear, as it is kept. Pure. */
import { stored } from '../../protocol/stored.js';
import { Long, v1 } from '../../protocol/wire.js';

export const STANDING_KEY = 'standing';

export interface Standing {
  /** ONLINE (what the sessions say), AWAY, DO_NOT_DISTURB or INVISIBLE. */
  readonly choice: v1.PresenceState;
  readonly status: string;
  /** When the status ends, milliseconds since 1970; 0: never. */
  readonly statusUntilMs: number;
}

const PLAIN: Standing = { choice: v1.PresenceState.ONLINE, status: '', statusUntilMs: 0 };

/** Whether there is nothing that a device has to be told. */
export function isPlain({ choice, status }: Standing): boolean {
  return choice === PLAIN.choice && status === '';
}

/** The standing after a change that names some of it. */
export function changed(standing: Standing, { choice, status, statusUntil }: v1.SetPresence): Standing {
  const chosen = choice === v1.PresenceState.PRESENCE_UNKNOWN ? standing : { ...standing, choice };
  if (typeof status !== 'string') return chosen;
  return { ...chosen, status, statusUntilMs: status === '' ? 0 : statusUntil.toNumber() };
}

/** Without a status whose time is over. */
export function asOf(standing: Standing, nowMs: number): Standing {
  const { statusUntilMs } = standing;
  return statusUntilMs !== 0 && statusUntilMs <= nowMs ? { ...standing, status: '', statusUntilMs: 0 } : standing;
}

export function ownPresence({ choice, status, statusUntilMs }: Standing): v1.IOwnPresence {
  return { choice, status, statusUntil: Long.fromNumber(statusUntilMs, true) };
}

export function encodeStanding({ choice, status, statusUntilMs }: Standing, lastSeenMs: number): Uint8Array {
  const statusUntil = Long.fromNumber(statusUntilMs, true);
  return stored.Standing.encode({ choice, status, statusUntil, lastSeen: Long.fromNumber(lastSeenMs, true) }).finish();
}

/** What the record says, with the last seen of then. */
export function decodeStanding(value: Uint8Array | undefined): { standing: Standing; lastSeenMs: number } {
  if (value === undefined) return { standing: PLAIN, lastSeenMs: 0 };
  const { choice, status, statusUntil, lastSeen } = stored.Standing.decode(value);
  return { standing: { choice, status, statusUntilMs: statusUntil.toNumber() }, lastSeenMs: lastSeen.toNumber() };
}
