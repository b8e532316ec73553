/** The HTTP API, put together: see docs/adr/0005-http-api.md. */
import type { KeyObject } from 'node:crypto';
import type { ActorClient } from '../cluster/actor-client.js';
import type { AccessTokenVerifier } from '../core/access-token.js';
import type { Clock } from '../core/clock.js';
import type { HttpHandler } from '../core/http.js';
import type { Logger } from '../core/logger.js';
import type { Membership } from '../core/membership.js';
import type { Metrics } from '../core/metrics.js';
import type { Random } from '../core/random.js';
import { noTracing, type Tracing } from '../core/trace.js';
import type { Directory } from '../directory/directory.js';
import type { PasswordHasher } from '../directory/passwords/password-hasher.js';
import type { AccessTokenSigner } from '../directory/tokens/access-token-signer.js';
import type { RevokedDevices } from '../directory/tokens/revocable-verifier.js';
import { allowOrigins } from './cross-origin.js';
import { descriptionOf } from './description.js';
import { createDiscovery } from './discovery.js';
import { endSessionsAtActor } from './end-sessions.js';
import { injectHandler } from './inject-handler.js';
import { LoginBackoff } from './login-backoff.js';
import { Logins, type TellRevoked } from './logins.js';
import { API_LIMITS, type ApiLimits, createRateLimits } from './rate-limits.js';
import type { Readiness } from './readiness.js';
import { createRefreshCookie } from './refresh-cookie.js';
import { createRoutes } from './route.js';
import { addActorRoutes } from './routes/channels.js';
import { addMeRoutes } from './routes/me.js';
import { addDocs, addWebPage } from './routes/pages.js';
import { addPeopleRoutes } from './routes/people.js';
import { type ApiPush, addPushRoutes } from './routes/push.js';
import { addServiceRoutes } from './routes/service.js';
import { addSessionRoutes } from './routes/sessions.js';
import { createServer, type ServerCertificate } from './server.js';

export interface ApiOptions {
  /** Where this process runs: gateways of the same zone are named first. */
  readonly zone: string;
  /** The folder of the built web page; undefined: no page. */
  readonly webFolder: string | undefined;
  /** Browsers reach it over TLS, its own or a proxy's: Secure cookies and HSTS. */
  readonly tls: boolean;
  /** With which `listen` serves TLS, in PEM; undefined: it serves plain HTTP. */
  readonly certificate?: ServerCertificate | undefined;
  /** Origins beside its own whose pages may call it, with the session cookie, too; `*`: all others, without it. */
  readonly allowedOrigins: readonly string[];
  /** Addresses and networks (`10.0.0.0/8`) of proxies whose X-Forwarded-* headers are believed. */
  readonly trustedProxies: readonly string[];
  /** The program's, told by the API's description. */
  readonly version: string;
  /** What pushes this server sends; undefined: none. */
  readonly push?: ApiPush;
  /** Rules that differ from API_LIMITS. */
  readonly limits: Partial<ApiLimits>;
}

export interface ApiDeps {
  readonly options: ApiOptions;
  readonly directory: Directory;
  readonly passwords: PasswordHasher;
  readonly signer: AccessTokenSigner;
  readonly verifier: AccessTokenVerifier;
  /** What this process has logged out: a gateway in the same process guards its verifier with it, too. */
  readonly revoked: RevokedDevices;
  /** Tells the other processes that check tokens. Returns at once and never throws. Default: there are no others. */
  readonly tellRevoked?: TellRevoked;
  /** The public keys that access tokens are checked with, by their ids: `SigningKeys.verifying`. */
  readonly verifyingKeys: ReadonlyMap<string, KeyObject>;
  readonly actors: ActorClient;
  readonly membership: Membership;
  readonly readiness: Readiness;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing;
}

export interface Api {
  /** The same server without a socket, for whoever owns the port. */
  readonly handler: HttpHandler;
  /** Takes a port of its own; resolves to the one taken. Rejects with Node's error (`EADDRINUSE`). */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>;
  /** Refuses new requests as `draining`, finishes those under way, lets go of the port. */
  close(): Promise<void>;
}

export async function createApi(deps: ApiDeps): Promise<Api> {
  const { options, directory, actors, clock, random, logger, metrics } = deps;
  const { tls, allowedOrigins } = options;
  let closing = false;
  const draining = (): boolean => closing;
  const app = await createServer(options, { logger, metrics, draining });
  const description = descriptionOf(app, options.version);
  const limits = createRateLimits({ ...API_LIMITS, ...options.limits }, clock);
  const discovery = createDiscovery({ membership: deps.membership, clock, random, zone: options.zone });
  const { passwords, revoked, tellRevoked = () => {} } = deps;
  const verifier = revoked.guard(deps.verifier);
  const backoff = new LoginBackoff(clock);
  const endAtActor = endSessionsAtActor({ actors, clock, logger });
  const logins = new Logins({ directory, passwords, endAtActor, backoff, random, clock, revoked, tellRevoked });
  const routes = createRoutes(app, { verifier, limits, tracing: deps.tracing ?? noTracing });

  allowOrigins(app, allowedOrigins);
  addSessionRoutes(routes, {
    directory,
    logins,
    limits,
    signer: deps.signer,
    discovery,
    cookie: createRefreshCookie(tls),
    clock,
    tls,
    allowedOrigins,
    verifier,
  });
  addMeRoutes(routes, { directory, actors, logins, limits, clock, logger });
  addPushRoutes(routes, { directory, actors, push: options.push });
  addPeopleRoutes(routes, { directory, actors, limits });
  addActorRoutes(routes, actors);
  const { verifyingKeys, readiness } = deps;
  addServiceRoutes(routes, { discovery, tls, verifyingKeys, readiness });
  addDocs(app, description);
  addWebPage(app, options.webFolder);
  await app.ready();

  return {
    handler: injectHandler(app, logger, draining),
    async listen(address) {
      await app.listen(address);
      const [bound] = app.addresses();
      return typeof bound === 'object' ? bound.port : address.port;
    },
    async close() {
      closing = true;
      await app.close();
    },
  };
}
