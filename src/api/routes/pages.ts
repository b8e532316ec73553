/** What is not JSON under /v1: the web page's files, the API's description and the page to try it on. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ParleyError } from '../../core/errors.js';
import { DOCS_POLICY } from '../security-headers.js';
import { loadStaticFiles, type StaticFile } from '../static-files.js';

/** Keeps a route out of the API's description. */
const HIDDEN = { schema: { hide: true } } as const;

const acceptsGzip = ({ headers }: FastifyRequest): boolean =>
  /\bgzip\b(?!\s*;\s*q=0(?![.\d]*[1-9]))/i.test(String(headers['accept-encoding'] ?? ''));

async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: StaticFile | undefined,
): Promise<FastifyReply> {
  if (file === undefined) throw new ParleyError('not_found', { sentence: 'There is nothing at this address.' });
  reply.header('cache-control', file.cacheControl).header('etag', file.etag).header('vary', 'accept-encoding');
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
  reply.type(file.contentType);
  const gzipped = acceptsGzip(request) ? await file.gzipped() : undefined;
  return gzipped === undefined ? reply.send(file.body) : reply.header('content-encoding', 'gzip').send(gzipped);
}

/** The built page at `/`, its files below; nothing but /v1 when `folder` is undefined. */
export function addWebPage(app: FastifyInstance, folder: string | undefined): void {
  if (folder === undefined) return;
  const files = loadStaticFiles(folder);
  app.get('/', HIDDEN, (request, reply) => sendFile(request, reply, files.get('index.html')));
  app.get<{ Params: { '*': string } }>('/*', HIDDEN, (request, reply) =>
    sendFile(request, reply, files.get(request.params['*'])),
  );
}

const DOCS_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Parley: the HTTP API</title>
    <link rel="stylesheet" href="/v1/docs/swagger-ui.css">
    <link rel="icon" href="/v1/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="docs"></div>
    <script src="/v1/docs/swagger-ui-bundle.js"></script>
    <script src="/v1/docs/start.js"></script>
  </body>
</html>
`;
const DOCS_START = "SwaggerUIBundle({ url: '/v1/openapi.json', dom_id: '#docs' });\n";
const DOCS_FILES = new Set(['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']);

function loadDocsFiles(): ReadonlyMap<string, StaticFile> {
  const home = dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json'));
  return loadStaticFiles(join(home, 'static'), (name) => DOCS_FILES.has(name));
}

/** `description`: as JSON. Two megabytes of Swagger UI are read when somebody first looks, not at the start. */
export function addDocs(app: FastifyInstance, description: () => Promise<string>): void {
  let files: ReadonlyMap<string, StaticFile> | undefined;
  app.get('/v1/openapi.json', HIDDEN, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(await description()),
  );
  app.get('/v1/docs', HIDDEN, (_request, reply) =>
    reply.header('content-security-policy', DOCS_POLICY).type('text/html; charset=utf-8').send(DOCS_PAGE),
  );
  app.get('/v1/docs/start.js', HIDDEN, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(DOCS_START),
  );
  app.get<{ Params: { file: string } }>('/v1/docs/:file', HIDDEN, (request, reply) => {
    files ??= loadDocsFiles();
    return sendFile(request, reply, files.get(request.params.file));
  });
}
