import { ParleyError } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import type { Session } from './session.js';
import type { SessionHost } from './session-host.js';

export const SWEEP_MS = 1000;
/** Transports without heartbeats of the client's get one of ours this often. */
const KEEP_ALIVE_MS = 10_000;

/** A round of a sweep is spread over so many turns, so that many sessions do not hold up the messages at once. */
const TURNS = 20;
export const SWEEP_TURN_MS = SWEEP_MS / TURNS;
/** A process that was held up for longer has not read what came meanwhile. */
const HELD_UP_MS = 1000;

/** What each session and link needs once a second, in rounds: no session has a timer of its own. */
export class Sweeper {
  private readonly host: SessionHost;
  private round: readonly Session[] = [];
  private turn = 0;
  private passed = false;

  constructor(host: SessionHost) {
    this.host = host;
  }

  /** The next part of the round; called every SWEEP_TURN_MS, or `lateMs` later: then nobody is silent before the turn after it. */
  sweepSome(lateMs = 0): void {
    this.passed = !this.passed && lateMs > HELD_UP_MS;
    if (this.passed) return;
    const nowMs = this.host.nowMs();
    if (this.turn === 0) {
      sweepUnauthenticated(this.host, nowMs);
      this.host.fanout.sweep();
      this.round = [...this.host.sessions.values()];
    }
    const { length } = this.round;
    const end = Math.floor((length * (this.turn + 1)) / TURNS);
    for (let index = Math.floor((length * this.turn) / TURNS); index < end; index++) {
      const session = this.round[index];
      if (session !== undefined && this.host.sessions.get(session.id) === session)
        sweepSession(this.host, session, nowMs);
    }
    this.turn = (this.turn + 1) % TURNS;
    if (this.turn === 0) this.round = [];
  }

  /** A whole round at once. */
  sweepAll(): void {
    for (let turn = 0; turn < TURNS; turn++) this.sweepSome();
  }
}

function sweepUnauthenticated(host: SessionHost, nowMs: number): void {
  for (const link of host.unauthenticated) {
    if (link.waitingFrames === undefined && nowMs - link.heardAtMs > LIMITS.helloDeadlineMs) {
      link.closeWithError(0, new ParleyError('hello_required'), 'hello_timeout');
    }
  }
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
  if (session.stream.hasWaiting || link.hasWaiting) link.flush();
  host.confirm(session);
}
