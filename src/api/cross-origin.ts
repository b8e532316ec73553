import type { FastifyInstance } from 'fastify';

const PREFLIGHT_SECONDS = 600;

/**
 * Lets pages of other origins call the API (CORS): those of `allowedOrigins` with the session cookie, any page without
 * it when `*` is among them. With none, browsers keep every other origin out, and nothing is added here.
 */
export function allowOrigins(app: FastifyInstance, allowedOrigins: readonly string[]): void {
  if (allowedOrigins.length === 0) return;
  const any = allowedOrigins.includes('*');
  app.addHook('onRequest', async ({ headers: { origin } }, reply) => {
    reply.header('vary', 'origin');
    if (origin === undefined) return;
    const named = allowedOrigins.includes(origin);
    if (!named && !any) return;
    reply
      .header('access-control-allow-origin', named ? origin : '*')
      .header('access-control-expose-headers', 'retry-after');
    if (named) reply.header('access-control-allow-credentials', 'true');
  });
  app.options('/v1/*', { schema: { hide: true } }, (_request, reply) =>
    reply
      .code(204)
      .header('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE')
      .header('access-control-allow-headers', 'authorization, content-type')
      .header('access-control-max-age', String(PREFLIGHT_SECONDS))
      .send(),
  );
}
