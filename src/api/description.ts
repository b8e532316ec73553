/** The API's description, made of its routes when somebody first asks for it: a start that nobody reads about is shorter. */
import { type FastifyInstance, fastify, type RouteOptions } from 'fastify';
import { OWN_COMPILERS } from './own-compilers.js';

/** Call before routes are added. Returns what resolves to OpenAPI as JSON, with all that were added, save hidden ones. */
export function descriptionOf(app: FastifyInstance, version: string): () => Promise<string> {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    if (route.method !== 'HEAD') routes.push(route); // beside each GET
  });
  let description: Promise<string> | undefined;
  return () => {
    description ??= describe(routes, version).catch((error: unknown) => {
      description = undefined;
      throw error;
    });
    return description;
  };
}

async function describe(routes: readonly RouteOptions[], version: string): Promise<string> {
  const { default: swagger } = await import('@fastify/swagger');
  const described = fastify({ exposeHeadRoutes: false, schemaController: OWN_COMPILERS });
  // It answers no request.
  described.setValidatorCompiler(() => () => true);
  described.setSerializerCompiler(() => () => '');
  await described.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Parley',
        version,
        description: 'Accounts, people, channels and service discovery. Messages travel by WebSocket: see PROTOCOL.md.',
      },
      components: { securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
  });
  for (const { method, url, schema } of routes)
    described.route({ method, url, schema: schema ?? {}, handler: noAnswer });
  await described.ready();
  return JSON.stringify(described.swagger());
}

const noAnswer = async (): Promise<void> => undefined;
