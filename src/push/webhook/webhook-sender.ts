/**
 * Push by webhook: a POST of the payload, signed as `Parley-Signature: t=<seconds>,v1=<hex>`, which is the HMAC-SHA256 under
 * the endpoint's secret of `<seconds>.<body>`. The receiver checks it, and that the time is near.
 */
import { createHmac } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import type { AnyPush, PushEndpoint } from '../../core/push.js';
import type { HttpPoster } from '../http-post.js';
import { jobIdOf, outcomeOfStatus, type PushSender, payloadOf, retryAfterMs, type SendOutcome } from '../sender.js';

type Webhook = Extract<PushEndpoint, { kind: 'webhook' }>;

export function webhookSender(poster: HttpPoster, clock: Clock): PushSender<'webhook'> {
  const post = async ({ url, secret }: Webhook, job: AnyPush): Promise<SendOutcome> => {
    const body = payloadOf(job);
    const seconds = Math.floor(clock.now() / 1_000);
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'parley-signature': `t=${seconds},v1=${signatureOf(secret, seconds, body)}`,
      'parley-job': jobIdOf(job),
    };
    try {
      const { status, headers: answered } = await poster.post(url, headers, body);
      return outcomeOfStatus(status, retryAfterMs(answered['retry-after'], clock.now()));
    } catch (error) {
      if (error instanceof ParleyError) return { type: 'refused', reason: error.message };
      return { type: 'retry', reason: error instanceof Error ? error.message : String(error), afterMs: undefined };
    }
  };
  return { send: post, takeBack: post };
}

function signatureOf(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}
