import type { HttpResponse as Socket } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import type { ParleyError } from '../../core/errors.js';
import type { HttpResponse } from '../../core/http.js';

/** Headers that the HTTP layer writes itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
]);

export function jsonResponse(status: number, body: string): HttpResponse {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  return { status, headers, body };
}

/** An error as every HTTP path of Parley tells it. */
export function errorResponse(error: ParleyError): HttpResponse {
  const { code, kind: name, retry, message: sentence, retryAfterMs } = error;
  const response = jsonResponse(
    error.httpStatus,
    JSON.stringify({ error: { code, name, retry, sentence, retryAfterMs } }),
  );
  if (retryAfterMs === 0) return response;
  return { ...response, headers: { ...response.headers, 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } };
}

export function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`;
}

/** Writes a whole response. `close` ends the connection after it. The socket must not have been aborted. */
export function writeResponse(socket: Socket, response: HttpResponse, method: string, close = false): void {
  socket.cork(() => {
    socket.writeStatus(statusLine(response.status));
    for (const [name, value] of Object.entries(response.headers)) {
      if (OWN_HEADERS.has(name.toLowerCase())) continue;
      for (const one of typeof value === 'string' ? [value] : value) socket.writeHeader(name, one);
    }
    // The driver takes no further request after a length without a body: the connection ends with it.
    if (method === 'head') socket.endWithoutBody(lengthOf(response), true);
    else if (response.status === 204 || response.status === 304) socket.endWithoutBody(undefined, close);
    else socket.end(response.body, close);
  });
}

/** The length that a GET would have: an answer to HEAD may tell it without the body. */
function lengthOf({ headers, body }: HttpResponse): number {
  const told = headers['content-length'];
  return typeof told === 'string' ? Number(told) : Buffer.byteLength(body);
}
