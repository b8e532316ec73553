import { errorAnswer } from '../api/error-answers.js';
import { ParleyError } from '../core/errors.js';
import type { HttpHandler, HttpResponse } from '../core/http.js';

const HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

const answer = (status: number, body: object): HttpResponse => ({
  status,
  headers: HEADERS,
  body: JSON.stringify(body),
});

/** What a gateway without an API beside it answers on its port: health, readiness, and nothing else. */
export function operationsHandler(notReady: () => string | undefined): HttpHandler {
  return async ({ url }) => {
    const path = url.split('?', 1)[0];
    if (path === '/v1/health') return answer(200, { status: 'ok' });
    if (path === '/v1/ready') {
      const reason = notReady();
      return reason === undefined ? answer(200, { status: 'ready' }) : answer(503, { status: reason });
    }
    const error = new ParleyError('not_found', { sentence: 'This is a gateway: the HTTP API has another address.' });
    return answer(error.httpStatus, errorAnswer(error));
  };
}
