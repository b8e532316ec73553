/** Web Push: encrypted for the browser alone (RFC 8291), signed as ours (VAPID, RFC 8292), by the package `web-push`. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import type { HttpPoster } from '../http-post.js';
import { outcomeOfStatus, type PushSender, payloadOf, retryAfterMs } from '../sender.js';
import type { VapidKeys } from './vapid-keys.js';
import { VapidRefusals } from './vapid-refusals.js';

export interface WebPushOptions {
  readonly keys: VapidKeys;
  /** Whom a push service may ask: `mailto:` or `https:`. */
  readonly subject: string;
  readonly poster: HttpPoster;
  readonly clock: Clock;
}

/** Loads the package: not before something is sent. */
export function webPushSender({ keys, subject, poster, clock }: WebPushOptions): PushSender<'webpush'> {
  const vapidDetails = { subject, publicKey: keys.publicKey, privateKey: keys.privateKey };
  const refusals = new VapidRefusals();
  return {
    notReady: () => refusals.reason,
    async send({ url, p256dh, auth }, job) {
      const { default: webPush } = await import('web-push');
      let request: ReturnType<typeof webPush.generateRequestDetails>;
      try {
        request = webPush.generateRequestDetails({ endpoint: url, keys: { p256dh, auth } }, payloadOf(job), {
          vapidDetails,
          contentEncoding: 'aes128gcm',
          TTL: LIMITS.pushKeepMs / 1_000,
          urgency: 'high',
          // What a push service still holds of the same channel is replaced.
          topic: createHash('sha256').update(job.channelId).digest('base64url').slice(0, 32),
        });
      } catch (error) {
        // Keys that are no point of the curve, say: they will never do.
        return { type: 'gone', reason: error instanceof Error ? error.message : String(error) };
      }
      try {
        const headers = request.headers as Record<string, string | number>;
        const reply = await poster.post(request.endpoint, headers, request.body ?? '');
        refusals.answered(url, job.userId, reply.status);
        return outcomeOfStatus(reply.status, retryAfterMs(reply.headers['retry-after'], clock.now()));
      } catch (error) {
        if (error instanceof ParleyError) return { type: 'refused', reason: error.message };
        return { type: 'retry', reason: error instanceof Error ? error.message : String(error), afterMs: undefined };
      }
    },
  };
}
