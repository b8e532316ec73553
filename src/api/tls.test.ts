import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createHarness, type Harness } from './testing/harness.js';

const pem = (name: string): string => readFileSync(new URL(`../../test/process/tls/${name}`, import.meta.url), 'utf8');
const certificate = { cert: pem('certificate.pem'), key: pem('key.pem') };

let chat: Harness;
afterEach(() => chat.api.close());

it('serves TLS by its certificate, and nothing in clear', async () => {
  chat = await createHarness({ tls: true, certificate });
  const port = await chat.api.listen({ host: '127.0.0.1', port: 0 });
  const [answer] = await once(
    get({ port, path: '/v1/health', ca: certificate.cert, servername: 'localhost' }),
    'response',
  );
  expect(answer).toMatchObject({
    statusCode: 200,
    headers: { 'strict-transport-security': expect.any(String) as string },
  });
  answer.resume();

  const plain = connect(port, '127.0.0.1');
  let received = '';
  plain.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  plain.on('error', () => undefined).write('GET /v1/health HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await once(plain, 'close');
  expect(received).not.toContain('HTTP/1.1 200');
});
