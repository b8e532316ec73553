import { errorServiceAnswer, type Readiness, type ServiceAnswer, serviceAnswer } from '../api/readiness.js';
import { ParleyError } from '../core/errors.js';
import type { HttpHandler } from '../core/http.js';

const HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

/** What a gateway without an API beside it answers on its port: health, readiness, and nothing else. */
export function operationsHandler(readiness: Readiness): HttpHandler {
  return async ({ url }) => {
    const { status, body } = serviceAnswer(url, readiness) ?? nothingHere();
    return { status, headers: HEADERS, body: JSON.stringify(body) };
  };
}

const nothingHere = (): ServiceAnswer =>
  errorServiceAnswer(
    new ParleyError('not_found', { sentence: 'This is a gateway: the HTTP API has another address.' }),
  );
