import type { AccessClaims } from '../core/access-token.js';
import { ParleyError, toParleyError } from '../core/errors.js';
import { RETRY_AFTER_MS } from '../core/retry-after.js';
import type { ClientFrame } from '../protocol/frames.js';
import type { v1 } from '../protocol/wire.js';
import { closeReasonFor, type Link } from './link.js';
import type { SessionHost } from './session-host.js';

/** Frames that may wait for the answer to a hello. */
const WAITING_FRAMES_MAX = 32;
const CLIENT_NAME_CHARACTERS = 64;

/**
 * Handles a frame on a link without a session: the first must be a hello; what follows it before the welcome waits.
 * `resumeWith` handles those frames once there is a session.
 */
export function greet(host: SessionHost, link: Link, frame: ClientFrame, resumeWith: (frame: ClientFrame) => void) {
  if (link.waitingFrames !== undefined) {
    if (link.waitingFrames.push(frame) <= WAITING_FRAMES_MAX) return;
    return link.closeWithError(
      frame.requestId,
      new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.slow }),
      'overloaded',
    );
  }
  if (frame.body.type !== 'hello') {
    return link.closeWithError(frame.requestId, new ParleyError('hello_required'), 'bad_frame');
  }
  if (host.draining) return link.closeWithError(frame.requestId, new ParleyError('draining'), 'draining');
  link.waitingFrames = [];
  begin(host, link, frame.body.value, frame.requestId).then(
    () => {
      const waiting = link.waitingFrames ?? [];
      link.waitingFrames = undefined;
      for (const next of waiting) if (!link.closed) resumeWith(next);
    },
    (thrown: unknown) => {
      const error = toParleyError(thrown);
      if (error.kind === 'internal') host.deps.logger.error({ cause: String(error.cause) }, 'A hello failed.');
      link.closeWithError(frame.requestId, error, closeReasonFor(error));
    },
  );
}

async function begin(host: SessionHost, link: Link, hello: v1.Hello, requestId: number): Promise<void> {
  const claims = await authenticate(host, hello);
  if (link.closed) return;
  const resumed = hello.resume != null && host.resume(link, claims, hello.resume, requestId);
  if (!resumed) await host.open(link, claims, hello.cursor ?? undefined, requestId);
  const client = hello.clientName.slice(0, CLIENT_NAME_CHARACTERS);
  host.deps.logger.debug({ session: link.session?.id, resumed, client }, 'a session begins');
}

async function authenticate(host: SessionHost, hello: v1.Hello): Promise<AccessClaims> {
  const claims = await host.deps.verifier.verify(hello.token);
  if (hello.deviceId !== '' && hello.deviceId !== claims.deviceId) {
    throw new ParleyError('unauthenticated', { sentence: 'The token is for another device.' });
  }
  return claims;
}
