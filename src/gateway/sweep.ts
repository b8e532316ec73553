import { ParleyError } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import type { Session } from './session.js';
import type { SessionHost } from './session-host.js';

export const SWEEP_MS = 1000;
/** Transports without heartbeats of the client's get one of ours this often. */
const KEEP_ALIVE_MS = 10_000;

/** What each session and link needs once a second, in one pass: no session has a timer of its own. */
export function sweep(host: SessionHost): void {
  const nowMs = host.nowMs();
  for (const link of host.unauthenticated) {
    if (link.waitingFrames === undefined && nowMs - link.heardAtMs > LIMITS.helloDeadlineMs) {
      link.closeWithError(0, new ParleyError('hello_required'), 'hello_timeout');
    }
  }
  for (const session of host.sessions.values()) sweepSession(host, session, nowMs);
}

function sweepSession(host: SessionHost, session: Session, nowMs: number): void {
  const link = session.link;
  if (link === undefined) {
    if (nowMs - session.detachedAtMs > LIMITS.sessionResumeMs) host.end(session);
    return;
  }
  const silentMs = nowMs - link.heardAtMs;
  if (!link.transport.resumable) {
    if (silentMs >= KEEP_ALIVE_MS) {
      link.heardAtMs = nowMs;
      link.transport.keepAlive();
    }
  } else if (silentMs > LIMITS.heartbeatMs + LIMITS.heartbeatGraceMs) {
    link.close('heartbeat_missed');
    return;
  }
  if (session.stream.hasWaiting) link.flush();
  host.confirm(session);
}
