import type { FastifyInstance } from 'fastify';
import { CrossOrigin, PREFLIGHT_HEADERS } from '../core/cross-origin.js';

/** Lets pages of other origins call the API, as `CrossOrigin` decides. */
export function allowOrigins(app: FastifyInstance, allowedOrigins: readonly string[]): void {
  const crossOrigin = new CrossOrigin(allowedOrigins);
  if (!crossOrigin.isOpen) return;
  app.addHook('onRequest', async ({ headers: { origin } }, reply) => {
    reply.headers(crossOrigin.headersFor(origin));
  });
  app.options('/v1/*', { schema: { hide: true } }, (_request, reply) =>
    reply.code(204).headers(PREFLIGHT_HEADERS).send(),
  );
}
