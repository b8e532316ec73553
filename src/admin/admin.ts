/** The operators' gRPC API of one process. */
import type { Metadata } from '@grpc/grpc-js';
import { ParleyError } from '../core/errors.js';
import type { AdminAddress } from './address.js';
import type { AuditRecord } from './audited-call.js';
import type { AdminDeps } from './deps.js';
import { type AdminListener, type AdminTls, listenForOperators } from './listener.js';
import { isAdminRole, type Operator } from './roles.js';
import type { PeerCertificateNames } from './service.js';
import { TokenBook } from './tokens.js';

export interface AdminOptions {
  readonly address: AdminAddress;
  readonly tls: AdminTls | undefined;
  readonly tokenFile: string;
}

/** Listens for operators. Rejects as listenForOperators does, and with `invalid_argument` for a file of tokens that is none. */
export async function startAdmin(deps: AdminDeps, options: AdminOptions): Promise<AdminListener> {
  const { logger } = deps;
  const tokens = new TokenBook(options.tokenFile, logger);
  return listenForOperators(
    options.address,
    options.tls,
    async () => {
      const [{ ServerCredentials }, { createAdminServer }, { addStandardServices }, { createHandlers }] =
        await Promise.all([
          import('@grpc/grpc-js'),
          import('./service.js'),
          import('./standard-services.js'),
          import('./handlers/handlers.js'),
        ]);
      const server = createAdminServer({
        handlers: createHandlers(deps),
        identify: (metadata, certificate) => identify(tokens, metadata, certificate),
        audit: (record) => write(deps, record),
        clock: deps.clock,
        logger,
      });
      addStandardServices(server);
      const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
      return { take: (socket) => injector.injectConnection(socket), close: () => server.forceShutdown() };
    },
    logger,
  );
}

/** What cannot be written down has been done all the same: then the log says so. */
async function write({ directory, logger, happened }: AdminDeps, { name, ...record }: AuditRecord): Promise<void> {
  const note = { ...record, who: name };
  logger.info(note, 'an operator did something');
  happened('audit', name, `${[record.action, record.subject].filter(Boolean).join(' ')}: ${record.outcome}`);
  await directory.audit
    .append(note)
    .catch((cause: unknown) => logger.error({ ...note, err: cause }, 'the audit log lacks an entry'));
}

const BEARER = /^Bearer +(\S{1,512})$/i;

function identify(tokens: TokenBook, metadata: Metadata, certificate: PeerCertificateNames | undefined): Operator {
  const [shown] = metadata.get('authorization');
  if (shown !== undefined) {
    const operator = tokens.whose(BEARER.exec(String(shown))?.[1] ?? '');
    if (operator === undefined) throw new ParleyError('unauthenticated');
    return operator;
  }
  const role = certificate?.organizationalUnits.find(isAdminRole);
  if (certificate === undefined || role === undefined || certificate.commonName === '')
    throw new ParleyError('unauthenticated', { sentence: 'Show a token, or a certificate whose unit names a role.' });
  return { name: certificate.commonName, role };
}
