/** The role `api`: accounts, login, discovery, and the web page. */
import { fileURLToPath } from 'node:url';
import { createApi } from '../../api/api.js';
import { revocationBroadcast } from '../../cluster/operations/revocation-broadcast.js';
import { systemClock as clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { systemRandom as random } from '../../core/random.js';
import { createPasswordHasher } from '../../directory/passwords/argon2-password-hasher.js';
import { createAccessTokenSigner, createAccessTokenVerifier } from '../../directory/tokens/access-tokens.js';
import { RevokedDevices } from '../../directory/tokens/revocable-verifier.js';
import { loadSigningKeyFile } from '../../directory/tokens/signing-keys.js';
import { certificateOf } from '../api-certificate.js';
import type { ClusterMember, Started } from '../cluster-member.js';
import { VERSION } from '../process-report.js';
import { readPush } from '../push.js';
import { openTracing } from '../tracing.js';
import { openDirectory } from './directory.js';

const WEB_FOLDER = fileURLToPath(new URL('../../../web/', import.meta.url));

export async function start(member: ClusterMember): Promise<Started> {
  const { options, logger, metrics, bus, edge, membership, teardown } = member;
  const { zone, allowedOrigins, trustedProxies, publicUrl } = options;
  const certificate = certificateOf(options);
  const keys = loadSigningKeyFile(options.tokenKeys);
  const push = readPush(options).api;
  const { tracing, spans } = await openTracing(options, member);
  const revoked = new RevokedDevices();
  await member.connectBus();
  const directory = await openDirectory(member);
  const passwords = createPasswordHasher();
  teardown.add('password hasher', () => passwords.close());
  await member.join({});
  const api = await createApi({
    options: {
      ...{ zone, allowedOrigins, trustedProxies, version: VERSION, webFolder: WEB_FOLDER, limits: {}, push },
      certificate,
      tls: certificate !== undefined || publicUrl.startsWith('https:'),
    },
    signer: createAccessTokenSigner(keys, clock),
    verifier: revoked.guard(createAccessTokenVerifier(keys, clock)),
    revoked,
    tellRevoked: revocationBroadcast({ bus, logger }),
    verifyingKeys: keys.verifying,
    actors: edge,
    readiness: { notReady: () => member.notReady() },
    ...{ directory, passwords, membership, clock, random, logger, metrics, tracing },
  });
  teardown.add('api', () => api.close());
  const port = await api.listen({ host: options.host, port: options.port }).catch((cause: unknown) => {
    const sentence = `Port ${options.port} of ${options.host} is taken or cannot be listened on.`;
    throw new ParleyError('invalid_argument', { sentence, cause });
  });
  teardown.add('drain', async () => member.beginDrain());
  await member.answerOperators({ tokens: revoked, spans });
  member.ready();
  return { port };
}
