/** What load balancers, gateways and reconnecting clients ask. */
import type { KeyObject } from 'node:crypto';
import type { Discovery } from '../discovery.js';
import { gatewayUrls } from '../gateway-urls.js';
import { type Readiness, readyAnswer } from '../readiness.js';
import type { Routes } from '../route.js';
import { anyObject, list, object, oneOf, optional, text } from '../schema.js';

export interface ServiceDeps {
  readonly discovery: Discovery;
  readonly tls: boolean;
  /** By their ids. */
  readonly verifyingKeys: ReadonlyMap<string, KeyObject>;
  readonly readiness: Readiness;
}

/** The public keys as a JWK set (RFC 7517, RFC 8037). */
function jwkSet(keys: ReadonlyMap<string, KeyObject>): object {
  const describe = ([kid, key]: [string, KeyObject]): object => {
    const { kty, crv, x } = key.export({ format: 'jwk' });
    return { kty, crv, x, kid, alg: 'EdDSA', use: 'sig' };
  };
  return { keys: [...keys].map(describe) };
}

export function addServiceRoutes(routes: Routes, deps: ServiceDeps): void {
  const jwks = jwkSet(deps.verifyingKeys);
  routes.caller({
    method: 'GET',
    url: '/gateways',
    tag: 'service',
    summary: 'Where to connect, best first: for reconnects.',
    answer: object({ gateways: list(text({ description: 'A WebSocket URL.' })) }),
    handle: async ({ request }) => ({ gateways: gatewayUrls(deps.discovery, request, deps.tls) }),
  });
  routes.open({
    method: 'GET',
    url: '/keys',
    tag: 'service',
    summary: 'The public keys of access tokens, as a JWK set.',
    answer: object({ keys: list(anyObject('RFC 8037: an Ed25519 key.')) }),
    handle: () => jwks,
  });
  routes.open({
    method: 'GET',
    url: '/health',
    tag: 'service',
    summary: 'Whether the process answers at all.',
    answer: object({ status: oneOf('ok') }),
    handle: () => ({ status: 'ok' }),
  });
  routes.open({
    method: 'GET',
    url: '/ready',
    tag: 'service',
    summary: 'Whether it can serve requests; 503 while it starts or drains.',
    answer: object({
      status: oneOf('ready'),
      push: optional(text({ description: 'Why pushes cannot be sent; not there where they can.' })),
    }),
    handle: () => readyAnswer(deps.readiness),
  });
}
