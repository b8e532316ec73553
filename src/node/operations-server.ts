import { createServer, type Server, type ServerResponse } from 'node:http';
import type { ReadableMetrics } from './metrics.js';

export interface OperationsServer {
  readonly server: Server;
  readonly port: number;
}

/**
 * What operators and their tools ask a process: `/metrics`, `/v1/health` (it answers at all) and `/v1/ready` (it serves; 503
 * while it starts, drains, or lacks what it needs, with why). Rejects when the port is taken.
 */
export function serveOperations(
  metrics: ReadableMetrics,
  address: { readonly host: string; readonly port: number },
  notReady: () => string | undefined,
): Promise<OperationsServer> {
  const server = createServer((request, response) => {
    switch (request.url) {
      case '/metrics':
        metrics.text().then(
          (text) => answer(response, 200, 'text/plain; version=0.0.4; charset=utf-8', text),
          () => response.writeHead(500).end(),
        );
        return;
      case '/v1/health':
        return answerJson(response, 200, { status: 'ok' });
      case '/v1/ready': {
        const reason = notReady();
        return answerJson(
          response,
          reason === undefined ? 200 : 503,
          reason ? { status: reason } : { status: 'ready' },
        );
      }
      default:
        return answerJson(response, 404, { status: 'There is nothing at this address.' });
    }
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

function answerJson(response: ServerResponse, status: number, body: object): void {
  answer(response, status, 'application/json; charset=utf-8', JSON.stringify(body));
}
