import type { AnyPush, PushEndpoint, PushJob, PushKind, PushRead } from '../core/push.js';

/** What became of one notification at one endpoint. */
export type SendOutcome =
  | { readonly type: 'sent' }
  /** There was nothing to be sent to this one. */
  | { readonly type: 'skipped' }
  /** The endpoint is dead, for good: it is taken out of the directory. */
  | { readonly type: 'gone'; readonly reason: string }
  /** Not now. `afterMs`: when the service wants to be asked again; undefined where it did not say. */
  | { readonly type: 'retry'; readonly reason: string; readonly afterMs: number | undefined }
  /** This notification will never be taken, others may. */
  | { readonly type: 'refused'; readonly reason: string };

/** One way to devices. Sends never reject, and are settled within LIMITS.pushDeadlineMs or a little more. */
export interface PushSender<Kind extends PushKind = PushKind> {
  send(endpoint: Extract<PushEndpoint, { kind: Kind }>, job: PushJob): Promise<SendOutcome>;
  /**
   * Has the device take back what it shows of what was read, and show the badge that is left, without a sound. Not there where
   * the service's rules want each push to show something.
   */
  takeBack?(endpoint: Extract<PushEndpoint, { kind: Kind }>, read: PushRead): Promise<SendOutcome>;
  /** Why nothing can be sent at the moment, for readiness: wrong credentials, say. */
  notReady?(): string | undefined;
  /** Asks the service about the credentials, where it can be asked, so that `notReady` says it before anything is sent. */
  check?(): Promise<void>;
  close?(): void;
}

/** The ways that are configured here. */
export type PushSenders = { readonly [Kind in PushKind]?: PushSender<Kind> };

/** What a device is told, as JSON: docs/PROTOCOL.md, Push. */
export function payloadOf(job: AnyPush): string {
  const { type, userId, channelId, seq, badge } = job;
  if (job.type === 'read') return JSON.stringify({ version: 1, type, userId, channelId, seq, badge });
  return JSON.stringify({
    version: 1,
    type,
    userId: job.userId,
    channelId: job.channelId,
    channelName: job.channelName,
    seq: job.seq,
    messageId: job.messageId,
    from: job.from,
    text: job.text,
    mentioned: job.mentioned,
    unread: job.unread,
    badge: job.badge,
    createdAt: job.createdAtMs,
  });
}

/** The id that names a job to whoever gets it more than once. */
export const jobIdOf = ({ type, userId, channelId, seq }: AnyPush): string =>
  `${userId}/${channelId}/${seq}${type === 'read' ? '/read' : ''}`;

/** `Retry-After` (RFC 9110, 10.2.3): seconds or a date; undefined when there is none that can be read. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/**
 * What a service says of an endpoint may be the fault of the credentials: those of another app, or of the wrong environment. So it
 * counts as dead only where these credentials have brought something to another one.
 */
export class Credentials {
  private proven = false;

  /** The outcome to go by. `doubtful`: the service says `gone` also to who asks by the wrong credentials. */
  judge(outcome: SendOutcome, doubtful: boolean): SendOutcome {
    if (outcome.type === 'sent') this.proven = true;
    return outcome.type === 'gone' && doubtful && !this.proven ? { ...outcome, type: 'refused' } : outcome;
  }
}

/** What an HTTP status means where the service's protocol says nothing else about it. */
export function outcomeOfStatus(status: number, afterMs: number | undefined): SendOutcome {
  const reason = `status ${status}`;
  if (status >= 200 && status < 300) return { type: 'sent' };
  if (status === 404 || status === 410) return { type: 'gone', reason };
  if (status === 408 || status === 425 || status === 429 || status >= 500) return { type: 'retry', reason, afterMs };
  return { type: 'refused', reason };
}
