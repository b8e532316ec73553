/** What load balancers, gateways and reconnecting clients ask. */
import type { Discovery } from '../discovery.js';
import { gatewayUrls } from '../gateway-urls.js';
import type { Routes } from '../route.js';
import { anyObject, list, object, oneOf, text } from '../schema.js';

/** A public key as a JSON Web Key (RFC 7517). */
export type PublicKey = Readonly<Record<string, unknown>>;

export interface ServiceDeps {
  readonly discovery: Discovery;
  readonly tls: boolean;
  /** The public keys that access tokens are checked with, as JWKs. */
  publicKeys(): readonly PublicKey[];
  /** Resolves when requests can be served; rejects with `unavailable` or `draining`. */
  ready(): Promise<void>;
}

export function addServiceRoutes(routes: Routes, deps: ServiceDeps): void {
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
    handle: () => ({ keys: deps.publicKeys() }),
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
    answer: object({ status: oneOf('ready') }),
    async handle() {
      await deps.ready();
      return { status: 'ready' };
    },
  });
}
