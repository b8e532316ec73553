/**
 * Which addresses a push may be sent to: what a user registers must not make the server talk to its own network. Private,
 * loopback, link-local and other special addresses are refused, when they are written out and when a name resolves to them.
 */
import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { ParleyError } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';

/** IANA's registries of special-purpose addresses: what is not globally reachable, and what hides an IPv4 address. */
const SPECIAL_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];
/** The same, and all that is not in 2000::/3: nothing else is given out, and most forms that hide an IPv4 address are there. */
const SPECIAL_IPV6: readonly (readonly [string, number])[] = [
  ['::', 3],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['4000::', 2],
  ['8000::', 1],
];

// Two lists: one would take every IPv4 address for a mapped one, and refuse it.
const specialIpv4 = new BlockList();
const specialIpv6 = new BlockList();
for (const [network, prefix] of SPECIAL_IPV4) specialIpv4.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of SPECIAL_IPV6) specialIpv6.addSubnet(network, prefix, 'ipv6');

/** Whether an IP address is one that pushes may go to. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return !(family === 4 ? specialIpv4.check(address, 'ipv4') : specialIpv6.check(address, 'ipv6'));
}

export interface AddressRules {
  /** For tests, and for those whose receivers are inside: private addresses and plain HTTP are good, too. */
  readonly allowPrivate: boolean;
  /** How names are resolved: `dns.lookup` when absent. */
  readonly lookup?: typeof lookup;
}

/** What a look-up fails with where there is, or can be, no such name. */
const NO_SUCH_NAME: ReadonlySet<string | undefined> = new Set(['ENOTFOUND', 'EINVAL', 'EAI_FAIL', 'EAI_ADDRFAMILY']);
const UNRESOLVED = 'Names cannot be resolved at the moment.';

function refused(sentence: string): ParleyError {
  return new ParleyError('push_endpoint_refused', { sentence });
}

/** The URL, when it may be used as far as it can be seen. Throws `push_endpoint_refused`. */
export function checkPushUrl(text: string, rules: AddressRules): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || text.length > LIMITS.pushAddressCharactersMax) throw refused('This is not a URL.');
  if (url.username !== '' || url.password !== '') throw refused('A push endpoint holds no user and no password.');
  if (rules.allowPrivate && url.protocol === 'http:') return url;
  if (url.protocol !== 'https:') throw refused('A push endpoint is reached by HTTPS.');
  if (rules.allowPrivate) return url;
  const host = hostOf(url);
  const isPrivate =
    isIP(host) === 0 ? !host.includes('.') || /(^|\.)localhost\.?$/i.test(host) : !isPublicAddress(host);
  if (isPrivate) throw refused('A push endpoint is on the public internet.');
  return url;
}

/** As an error of a look-up, which a connection fails with. */
class PrivateAddressError extends Error {
  readonly code = 'EPRIVATE';
}

/** `push_endpoint_refused` for a connection that failed for it; undefined for any other error. */
export function refusalOf(error: unknown): ParleyError | undefined {
  return error instanceof PrivateAddressError ? refused(error.message) : undefined;
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/** The same, with its name resolved. Rejects with `push_endpoint_refused`, or `unavailable` when the name service is. */
export async function checkPushAddress(text: string, rules: AddressRules): Promise<URL> {
  const url = checkPushUrl(text, rules);
  const host = hostOf(url);
  if (rules.allowPrivate || isIP(host) !== 0) return url;
  await new Promise<void>((resolve, reject) => {
    publicLookup(rules)(host, { all: true }, (error) => {
      if (error === null) resolve();
      else if (NO_SUCH_NAME.has(error.code)) reject(refused('The host of this push endpoint is not known.'));
      else reject(refusalOf(error) ?? new ParleyError('unavailable', { sentence: UNRESOLVED, cause: error }));
    });
  });
  return url;
}

/** `dns.lookup` for connections: fails where one of the addresses is not public, so that no answer changes in between. */
export function publicLookup(rules: AddressRules): LookupFunction {
  const resolve = rules.lookup ?? lookup;
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error, '', 0);
      const [first] = addresses;
      if (first === undefined || (!rules.allowPrivate && addresses.some(({ address }) => !isPublicAddress(address))))
        return callback(
          new PrivateAddressError('The host of this push endpoint is not on the public internet.'),
          '',
          0,
        );
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
