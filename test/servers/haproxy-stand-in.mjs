// A stand-in for an api or gateway process: says who it is and what it was asked. Arguments: name, port.
// GET /v1/ready: 200, or 503 after POST /drain. GET /slow: never answers. Anything else: JSON.
import { createServer } from 'node:http';

const [, , name, port] = process.argv;
const state = { ready: true, connections: 0 };

const server = createServer((request, response) => {
  if (request.url === '/slow') return;
  if (request.url === '/drain') state.ready = false;
  request.resume();
  response.writeHead(request.url === '/v1/ready' && !state.ready ? 503 : 200, { 'content-type': 'application/json' });
  const { url, headers } = request;
  response.end(JSON.stringify({ name, url, forwardedFor: headers['x-forwarded-for'], connections: state.connections }));
});
server.keepAliveTimeout = 60_000;
server.on('connection', () => {
  state.connections++;
});
server.listen(Number(port), '127.0.0.1');
