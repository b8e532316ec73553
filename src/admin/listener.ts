/**
 * Where operators connect. The listening socket is all that there is until the first of them comes: gRPC and the service are
 * loaded then, so that a process that nobody administers has not paid for it.
 */
import { readFileSync } from 'node:fs';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { ParleyError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import { type AdminAddress, isLoopback } from './address.js';

const CONNECTIONS_MAX = 256;
const STOP_MS = 1_000;

export interface AdminTls {
  /** PEM files. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Signs the certificates of operators; undefined: they show tokens. */
  readonly clientCaFile: string | undefined;
}

/** What takes connections once somebody has come. */
export interface ConnectionTaker {
  take(connection: Socket): void;
  close(): void;
}

export interface AdminListener {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Rejects with `invalid_argument` off loopback without TLS or with files that cannot be used, with `unavailable` when the port
 * is taken.
 */
export async function listenForOperators(
  address: AdminAddress,
  tls: AdminTls | undefined,
  load: () => Promise<ConnectionTaker>,
  logger: Logger,
): Promise<AdminListener> {
  if (tls === undefined && !isLoopback(address.host)) {
    const sentence = `The admin API listens on ${address.host} only with TLS: give admin-tls-cert and admin-tls-key.`;
    throw new ParleyError('invalid_argument', { sentence });
  }
  let taker: Promise<ConnectionTaker> | undefined;
  const sockets = new Set<Socket>();
  const take = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    taker ??= load();
    taker.then(
      (ready) => ready.take(socket),
      (cause: unknown) => {
        logger.error({ err: cause }, 'the admin service could not be loaded');
        taker = undefined;
        socket.destroy();
      },
    );
  };
  const server = tls === undefined ? createServer(take) : createTls(tls, take);
  server.maxConnections = CONNECTIONS_MAX;
  const port = await listen(server, address);
  return {
    port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      (await taker?.catch(() => undefined))?.close();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, STOP_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

function createTls(tls: AdminTls, take: (socket: Socket) => void): NetServer {
  const { certFile, keyFile, clientCaFile } = tls;
  try {
    const ca = clientCaFile === undefined ? {} : { ca: readFileSync(clientCaFile), requestCert: true };
    const files = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    // Who shows no certificate may have a token; who shows a foreign one is not heard.
    const server = createTlsServer({ ...files, ...ca, rejectUnauthorized: false, ALPNProtocols: ['h2'] }, (socket) => {
      const shown = Object.keys(socket.getPeerCertificate() ?? {}).length > 0;
      if (shown && !socket.authorized) socket.destroy();
      else take(socket);
    });
    server.on('tlsClientError', (_, socket) => socket.destroy());
    return server;
  } catch (cause) {
    const sentence = `The certificate ${certFile}, its key ${keyFile} or the clients' authority cannot be used.`;
    throw new ParleyError('invalid_argument', { sentence, cause });
  }
}

function listen(server: NetServer, { host, port }: AdminAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const sentence = `Port ${port} of ${host}, of the admin API, is taken or cannot be listened on.`;
      reject(new ParleyError('unavailable', { sentence, cause }));
    });
    server.listen(port, host, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}
