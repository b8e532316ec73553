import { expect, test } from 'vitest';
import { LIMITS } from '../core/limits.js';
import { addressText, limitKey, TrustedProxies } from './addresses.js';
import { Admission } from './admission.js';
import { FakeSocket } from './testing/fake-socket.js';
import { Stage } from './testing/stage.js';

const request = { address: '10.0.0.1', origin: '', host: 'chat.example', subprotocols: 'parley.v1.json' };

test('the server prefers its own order of subprotocols', () => {
  const admission = new Admission(new Stage().host, []);
  expect(admission.admit({ ...request, subprotocols: 'x, parley.v1.json, parley.v1.protobuf' })).toBe(
    'parley.v1.protobuf',
  );
});

test('origins: the own one, listed ones, none at all; others are refused', () => {
  const admission = new Admission(new Stage().host, ['https://listed.example']);
  for (const origin of ['', 'https://chat.example', 'https://listed.example']) admission.admit({ ...request, origin });
  for (const origin of ['null', 'https://chat.example.evil.example', 'https://chat.example:444']) {
    expect(() => admission.admit({ ...request, origin })).toThrow('origin');
  }
});

test('an address that connects too fast is told when to come back; others are not bothered', () => {
  const admission = new Admission(new Stage().host, []);
  for (let i = 0; i < LIMITS.addressConnectsBurst; i++) admission.admit(request);
  expect(() => admission.admit(request)).toThrow(expect.objectContaining({ kind: 'rate_limited', retryAfterMs: 5 }));
  expect(admission.admit({ ...request, address: '10.0.0.2' })).toBe('parley.v1.json');
});

test('an address with too many connections that have not said hello is refused until they have', async () => {
  const stage = new Stage();
  const admission = new Admission(stage.host, []);
  const sockets = Array.from(
    { length: LIMITS.unauthenticatedPerAddressMax },
    () => new FakeSocket(stage.host, '10.0.0.1'),
  );
  expect(() => admission.admit(request)).toThrow(expect.objectContaining({ kind: 'overloaded', retryAfterMs: 5_000 }));
  sockets[0]?.send({ requestId: 1, hello: { token: 'alice.phone' } });
  await stage.clock.settle();
  expect(admission.admit(request)).toBe('parley.v1.json');
});

test('addresses as text, and who counts as one', () => {
  const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7).buffer;
  expect(addressText(Uint8Array.of(192, 0, 2, 7).buffer)).toBe('192.0.2.7');
  expect(addressText(mapped)).toBe('192.0.2.7');
  const six = addressText(Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9).buffer);
  expect(six).toBe('2001:db8:1:2:0:0:0:9');
  expect(limitKey(six)).toBe('2001:db8:1:2');
});

test('the client is the last hop that no trusted proxy vouches for', () => {
  const proxies = new TrustedProxies(['10.0.0.0/8', '2001:db8::1']);
  expect(proxies.clientAddress('192.0.2.1', '203.0.113.9')).toBe('192.0.2.1');
  expect(proxies.clientAddress('10.1.1.1', '198.51.100.66, 203.0.113.9, 10.2.2.2')).toBe('203.0.113.9');
  expect(proxies.clientAddress('2001:db8:0:0:0:0:0:1', '203.0.113.9')).toBe('203.0.113.9');
  expect(proxies.clientAddress('10.1.1.1', 'nonsense')).toBe('10.1.1.1');
  expect(() => new TrustedProxies(['everyone'])).toThrow('neither an address nor a subnet');
});
