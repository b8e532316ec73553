import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import WebSocket from 'ws';
import { ParleyProcess, temporaryFolder } from './parley.js';

// Made for these tests only: a self-signed certificate for localhost, and its key.
const certificate = fileURLToPath(new URL('./tls/certificate.pem', import.meta.url));
const key = fileURLToPath(new URL('./tls/key.pem', import.meta.url));
const ca = readFileSync(certificate);

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const data = () => ['--port', '0', '--data', join(folder.path, 'data')];

interface Answer {
  readonly status: number | undefined;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

function ask(origin: string, method: string, path: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const asked = request(`${origin}${path}`, { method, ca, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: text }));
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

it('serves page, API and WebSocket over TLS, with secure cookies', async () => {
  const parley = await ParleyProcess.start(...data(), '--tls-cert', certificate, '--tls-key', key);
  try {
    expect(parley.origin).toMatch(/^https:/);
    const page = await ask(parley.origin, 'GET', '/');
    expect(page.headers['strict-transport-security']).toBeDefined();
    const head = await ask(parley.origin, 'HEAD', '/');
    expect(Number(head.headers['content-length'])).toBe(Buffer.byteLength(page.body));
    const account = { userId: 'alice', password: 'correct horse battery', session: 'cookie' };
    const signUp = await ask(parley.origin, 'POST', '/v1/accounts', account);
    expect(signUp.headers['set-cookie']?.[0]).toMatch(/HttpOnly/);
    expect(signUp.headers['set-cookie']?.[0]).toMatch(/Secure/);
    const { accessToken, gateways } = JSON.parse(signUp.body);
    expect(gateways[0]).toMatch(/^wss:/);
    const socket = new WebSocket(gateways[0], 'parley.v1.json', { ca });
    const welcome = new Promise<string>((resolve) => socket.once('message', (frame) => resolve(String(frame))));
    socket.once('open', () => socket.send(JSON.stringify({ requestId: 1, hello: { token: accessToken } })));
    expect(JSON.parse(await welcome)).toHaveProperty('welcome');
    socket.close();
  } finally {
    await parley.signal('SIGKILL');
  }
});

it('says in one sentence that a certificate cannot be used', async () => {
  const refused = await ParleyProcess.run(...data(), '--tls-cert', key, '--tls-key', certificate);
  expect(refused.code).toBe(1);
  expect(refused.output.trim().split('\n')).toHaveLength(1);
});
