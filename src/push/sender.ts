import type { PushEndpoint, PushJob, PushKind } from '../core/push.js';

/** What became of one notification at one endpoint. */
export type SendOutcome =
  | { readonly type: 'sent' }
  /** The endpoint is dead, for good: it is taken out of the directory. */
  | { readonly type: 'gone'; readonly reason: string }
  /** Not now. `afterMs`: when the service wants to be asked again; undefined where it did not say. */
  | { readonly type: 'retry'; readonly reason: string; readonly afterMs: number | undefined }
  /** This notification will never be taken, others may. */
  | { readonly type: 'refused'; readonly reason: string };

/** One way to devices. Sends never reject, and are settled within LIMITS.pushDeadlineMs or a little more. */
export interface PushSender<Kind extends PushKind = PushKind> {
  send(endpoint: Extract<PushEndpoint, { kind: Kind }>, job: PushJob): Promise<SendOutcome>;
  /** Why nothing can be sent at the moment, for readiness: wrong credentials, say. */
  notReady?(): string | undefined;
  close?(): void;
}

/** The ways that are configured here. */
export type PushSenders = { readonly [Kind in PushKind]?: PushSender<Kind> };

/** What a device is told, as JSON: docs/PROTOCOL.md, Push. */
export function payloadOf(job: PushJob): string {
  return JSON.stringify({
    version: 1,
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
export const jobIdOf = ({ userId, channelId, seq }: PushJob): string => `${userId}/${channelId}/${seq}`;

/** `Retry-After` (RFC 9110, 10.2.3): seconds or a date; undefined when there is none that can be read. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** What an HTTP status means where the service's protocol says nothing else about it. */
export function outcomeOfStatus(status: number, afterMs: number | undefined): SendOutcome {
  const reason = `status ${status}`;
  if (status >= 200 && status < 300) return { type: 'sent' };
  if (status === 404 || status === 410) return { type: 'gone', reason };
  if (status === 408 || status === 425 || status === 429 || status >= 500) return { type: 'retry', reason, afterMs };
  return { type: 'refused', reason };
}
