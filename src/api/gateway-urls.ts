import type { FastifyRequest } from 'fastify';
import type { Discovery } from './discovery.js';

/**
 * WebSocket URLs to connect to, best first. A gateway without a public URL shares this origin: it is reached at the
 * host that the client asked, whatever name that has for it.
 */
export function gatewayUrls(discovery: Discovery, request: FastifyRequest, tls: boolean): string[] {
  const scheme = tls || request.protocol === 'https' ? 'wss' : 'ws';
  return discovery.gateways().map(({ publicUrl }) => publicUrl ?? `${scheme}://${request.host}/v1/connect`);
}
