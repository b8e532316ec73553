import type { lookup } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { checkPushAddress, checkPushUrl, isPublicAddress } from './addresses.js';
import { createHttpPoster } from './http-post.js';

const RULES = { allowPrivate: false };
const resolvingTo = (...addresses: readonly string[]) =>
  ((_host: string, _options: object, callback: (error: null, addresses: object[]) => void) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )) as unknown as typeof lookup;

describe('an address for pushes', () => {
  it.each([
    '127.0.0.1',
    '10.0.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::127.0.0.1',
    '::ffff:0:127.0.0.1',
    '64:ff9b:1::a00:1',
    '100:0:0:1::1',
    '2001:0:7f00:1::',
    '2001:db8::1',
    '3fff::1',
    '4000::1',
    '64:ff9b::a00:1',
    '2002:a00:1::1',
    'ff02::1',
    'name',
  ])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));

  it.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111', '2001:4860:4860::8888', '2a00:1450::1', '3ffe::1'])(
    '%s is public',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'https://u:p@example.com/',
    'https://localhost/',
    'https://a.localhost./',
    'https://intranet/',
    'https://127.1/',
    'https://0x7f000001/',
    'https://[::1]/',
    `https://example.com/${'x'.repeat(3_000)}`,
    'nonsense',
  ])('%s is refused by its looks', (url) =>
    expect(() => checkPushUrl(url, RULES)).toThrow(expect.objectContaining({ kind: 'push_endpoint_refused' })),
  );

  it('is refused when one of those that its name resolves to is private', async () => {
    const check = (...addresses: string[]) =>
      checkPushAddress('https://push.example.com/x', { ...RULES, lookup: resolvingTo(...addresses) });
    await expect(check('8.8.8.8', '10.0.0.1')).rejects.toMatchObject({ kind: 'push_endpoint_refused' });
    await expect(check('::1')).rejects.toMatchObject({ kind: 'push_endpoint_refused' });
    expect((await check('8.8.8.8')).hostname).toBe('push.example.com');
  });

  it.each([
    ['ENOTFOUND', 'push_endpoint_refused'],
    ['EINVAL', 'push_endpoint_refused'],
    ['EAI_FAIL', 'push_endpoint_refused'],
    ['EAI_AGAIN', 'unavailable'],
    ['EMFILE', 'unavailable'],
  ])('whose name is not resolved for %s is %s', async (code, kind) => {
    const failing = ((_host: string, _options: object, callback: (error: Error) => void) =>
      callback(Object.assign(new Error(code), { code }))) as unknown as typeof lookup;
    const checked = checkPushAddress('https://push.example.com/x', { ...RULES, lookup: failing });
    await expect(checked).rejects.toMatchObject({ kind });
  });

  it('is refused at the connection, too, when its name resolves to another one by then', async () => {
    const poster = createHttpPoster({ ...RULES, lookup: resolvingTo('127.0.0.1') });
    await expect(poster.post('https://push.example.com/', {}, '')).rejects.toMatchObject({
      kind: 'push_endpoint_refused',
    });
    poster.close();
  });
});
