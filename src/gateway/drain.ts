import { type Clock, sleep } from '../core/clock.js';
import type { DrainOptions } from './gateway.js';
import type { Session } from './session.js';
import type { SessionHost } from './session-host.js';

const BATCH_MS = 100;
/** Sessions closed in each batch while there is time enough. */
const BATCH_SESSIONS = 100;

/** What a drain waits for beside the sessions. */
export interface OtherWork {
  /** Has long polls answer now. */
  finishPolls(): void;
  /** HTTP requests without an answer yet. */
  requestsInFlight(): number;
}

/**
 * Empties a gateway: nobody new comes in, everybody is told to go elsewhere, and whoever has not gone is closed, a batch
 * at a time, those with open requests last. Resolves when no session and no request is left, at the deadline, or soon
 * after it is called off.
 */
export async function drainSessions(host: SessionHost, options: DrainOptions, other: OtherWork): Promise<void> {
  const { clock } = host.deps;
  const { calledOff } = options;
  host.drains++;
  calledOff?.addEventListener('abort', () => host.drains--, { once: true });
  const endsAtMs = clock.monotonic() + options.deadlineMs;
  const spreadMs = Math.min(options.deadlineMs / 2, Math.ceil(host.sessions.size / BATCH_SESSIONS) * BATCH_MS);
  announce(host, options, spreadMs);
  other.finishPolls();
  const closedByMs = clock.monotonic() + spreadMs;
  while (!calledOff?.aborted && !isEmpty(host, other) && clock.monotonic() < endsAtMs) {
    closeBatch(host, closedByMs - clock.monotonic(), closedByMs < clock.monotonic());
    if (isEmpty(host, other)) break;
    await sleep(clock, Math.min(BATCH_MS, Math.max(1, endsAtMs - clock.monotonic())));
  }
  if (calledOff?.aborted) return;
  for (const session of [...host.sessions.values()]) closeSession(host, session);
  await settle(clock);
}

function isEmpty(host: SessionHost, other: OtherWork): boolean {
  return host.sessions.size === 0 && other.requestsInFlight() === 0;
}

function announce(host: SessionHost, { deadlineMs, to }: DrainOptions, spreadMs: number): void {
  const value = { deadlineMs, spreadMs, to: [...to] };
  for (const session of [...host.sessions.values()]) {
    if (session.link === undefined) host.end(session);
    else session.link.send({ requestId: 0, sessionSeq: 0, body: { type: 'reconnect', value } });
  }
  for (const link of [...host.unauthenticated]) if (link.waitingFrames === undefined) link.close('draining');
}

/** Closes as many idle sessions as the time that is left asks for. */
function closeBatch(host: SessionHost, leftMs: number, late: boolean): void {
  const batches = Math.max(1, Math.floor(leftMs / BATCH_MS));
  let count = late ? Number.POSITIVE_INFINITY : Math.ceil(host.sessions.size / batches);
  for (const session of [...host.sessions.values()]) {
    if (count <= 0) return;
    if (session.requestsInFlight > 0) continue;
    closeSession(host, session);
    count -= 1;
  }
}

function closeSession(host: SessionHost, session: Session): void {
  if (session.link === undefined) host.end(session);
  else session.link.close('draining');
}

/** Lets what was written last reach the sockets. */
function settle(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.defer(resolve));
}
