/** Whether a process serves, as each role answers it: the API among its routes, the others with `serviceAnswer` alone. */
import { ParleyError } from '../core/errors.js';
import { type ErrorAnswer, errorAnswer } from './error-answers.js';

export interface Readiness {
  /** Why requests cannot be served now: `draining`, or words such as `waits for the start`; undefined: they can. */
  readonly notReady: () => string | undefined;
  /** Why pushes cannot be sent, of a process that sends them beside the rest. */
  readonly pushNotReady?: () => string | undefined;
}

export interface ReadyAnswer {
  readonly status: 'ready';
  readonly push?: string;
}

/** What a process that serves says. Throws `draining`, or `unavailable` with why it does not serve. */
export function readyAnswer({ notReady, pushNotReady }: Readiness): ReadyAnswer {
  const reason = notReady();
  if (reason === 'draining') throw new ParleyError('draining');
  if (reason !== undefined) throw new ParleyError('unavailable', { sentence: `Not ready: ${reason}.` });
  const push = pushNotReady?.();
  return push === undefined ? { status: 'ready' } : { status: 'ready', push };
}

export interface ServiceAnswer {
  readonly status: number;
  readonly body: ErrorAnswer | ReadyAnswer | { readonly status: 'ok' };
}

/** The answer to `/v1/health` (it answers at all) and `/v1/ready`; undefined: another address. */
export function serviceAnswer(url: string, readiness: Readiness): ServiceAnswer | undefined {
  const path = url.split('?', 1)[0];
  if (path === '/v1/health') return { status: 200, body: { status: 'ok' } };
  if (path !== '/v1/ready') return undefined;
  try {
    return { status: 200, body: readyAnswer(readiness) };
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    return errorServiceAnswer(error);
  }
}

export const errorServiceAnswer = (error: ParleyError): ServiceAnswer => ({
  status: error.httpStatus,
  body: errorAnswer(error),
});
