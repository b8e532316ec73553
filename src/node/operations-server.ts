import { createServer, type Server, type ServerResponse } from 'node:http';
import { NOTHING_HERE } from '../api/error-answers.js';
import { errorServiceAnswer, type Readiness, type ServiceAnswer, serviceAnswer } from '../api/readiness.js';
import { ParleyError } from '../core/errors.js';
import type { ReadableMetrics } from './metrics.js';

export interface OperationsServer {
  readonly server: Server;
  readonly port: number;
}

/** What operators and their tools ask a process: `/metrics`, `/v1/health` and `/v1/ready`. Rejects when the port is taken. */
export function serveOperations(
  metrics: ReadableMetrics,
  address: { readonly host: string; readonly port: number },
  readiness: Readiness,
): Promise<OperationsServer> {
  const server = createServer(({ url = '' }, response) => {
    if (url === '/metrics') {
      metrics.text().then(
        (text) => answer(response, 200, 'text/plain; version=0.0.4; charset=utf-8', text),
        () => response.writeHead(500).end(),
      );
      return;
    }
    const { status, body } = serviceAnswer(url, readiness) ?? nothingHere();
    answer(response, status, 'application/json; charset=utf-8', JSON.stringify(body));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      const bound = server.address();
      resolve({ server, port: typeof bound === 'object' && bound !== null ? bound.port : address.port });
    });
  });
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

const nothingHere = (): ServiceAnswer => errorServiceAnswer(new ParleyError('not_found', { sentence: NOTHING_HERE }));
