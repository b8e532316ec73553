/** Sign-up, login, refresh, logout. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccessTokenVerifier } from '../../core/access-token.js';
import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import type { Directory } from '../../directory/directory.js';
import type { TokenHolder } from '../../directory/refresh-tokens.js';
import type { AccessTokenSigner } from '../../directory/tokens/access-token-signer.js';
import { addressKey } from '../address-key.js';
import type { Discovery } from '../discovery.js';
import { gatewayUrls } from '../gateway-urls.js';
import type { Login, Logins, Proven } from '../logins.js';
import { checkSameOrigin } from '../origin-check.js';
import type { RateLimits } from '../rate-limits.js';
import type { RefreshCookie } from '../refresh-cookie.js';
import { identify, type Routes } from '../route.js';
import { count, list, object, oneOf, optional, text } from '../schema.js';
import { DEVICE_ID_PATTERN, userIdSchema } from './id-schemas.js';
import { profileSchema } from './me.js';

export interface SessionDeps {
  readonly directory: Directory;
  readonly logins: Logins;
  readonly limits: RateLimits;
  readonly signer: AccessTokenSigner;
  readonly verifier: AccessTokenVerifier;
  readonly discovery: Discovery;
  readonly cookie: RefreshCookie;
  readonly clock: Clock;
  readonly tls: boolean;
  readonly allowedOrigins: readonly string[];
}

const passwordSchema = text({ minLength: 1, maxLength: LIMITS.passwordCharactersMax });
const newPasswordSchema = text({ minLength: LIMITS.passwordCharactersMin, maxLength: LIMITS.passwordCharactersMax });
const refreshTokenSchema = text({ minLength: 1, maxLength: 200 });

const deviceProperties = {
  deviceId: optional(
    text({ pattern: DEVICE_ID_PATTERN, description: 'Logs in again on a device; absent: a new one.' }),
  ),
  deviceName: optional(text({ minLength: 1, maxLength: LIMITS.deviceNameCharactersMax })),
  session: optional(oneOf('token', 'cookie')),
};
const signUpSchema = object({
  userId: userIdSchema,
  password: newPasswordSchema,
  displayName: optional(text({ minLength: 1, maxLength: LIMITS.displayNameCharactersMax })),
  ...deviceProperties,
});
const loginSchema = object({ userId: userIdSchema, password: passwordSchema, ...deviceProperties });
const refreshSchema = object({ refreshToken: optional(refreshTokenSchema) });
const sessionSchema = object({
  user: profileSchema,
  deviceId: text(),
  accessToken: text({ description: 'A JWT: `Authorization: Bearer …`, and `hello.token`.' }),
  accessTokenExpiresAt: count('Milliseconds since 1970.'),
  refreshToken: optional(text({ description: 'Absent when it went into a cookie. Good for one use.' })),
  gateways: list(text({ description: 'A WebSocket URL; the best first.' })),
});

interface DeviceRequest {
  readonly deviceId?: string;
  readonly deviceName?: string;
  readonly session?: 'token' | 'cookie';
}

class SessionAnswers {
  private readonly deps: SessionDeps;

  constructor(deps: SessionDeps) {
    this.deps = deps;
  }

  /** Registers the device and answers with a session. */
  async begin(proven: Proven, body: DeviceRequest, request: FastifyRequest, reply: FastifyReply): Promise<object> {
    const deviceId = body.deviceId ?? this.deps.logins.newDeviceId();
    const login = await this.deps.logins.begin(proven, { deviceId, name: body.deviceName ?? 'Unnamed device' });
    return this.answer(login, body.session === 'cookie', request, reply);
  }

  async answer(login: Login, inCookie: boolean, request: FastifyRequest, reply: FastifyReply): Promise<object> {
    const { directory, signer, discovery, cookie, clock, tls } = this.deps;
    const { userId, deviceId, refresh, issuedAtMs } = login;
    const user = await directory.settings.profileOf(userId);
    const { token, expiresAtMs } = signer.sign(userId, deviceId, issuedAtMs);
    if (inCookie) cookie.set(reply, refresh, clock.now());
    return {
      user,
      deviceId,
      accessToken: token,
      accessTokenExpiresAt: expiresAtMs,
      ...(inCookie ? {} : { refreshToken: refresh.token }),
      gateways: gatewayUrls(discovery, request, tls),
    };
  }

  checkOrigin(request: FastifyRequest): void {
    checkSameOrigin(request, this.deps.allowedOrigins);
  }

  /** Whose login the cookie is of; undefined when there is none, or it is worth nothing. */
  async cookieHolder(request: FastifyRequest): Promise<TokenHolder | undefined> {
    const token = this.deps.cookie.read(request);
    return token === undefined ? undefined : this.deps.logins.holderOf(token);
  }

  /** The refresh token of the body, or of the cookie when the request is a page's own. */
  refreshTokenOf(request: FastifyRequest, inBody: string | undefined): string | undefined {
    if (inBody !== undefined) return inBody;
    const token = this.deps.cookie.read(request);
    if (token !== undefined) this.checkOrigin(request);
    return token;
  }
}

function addLoginRoutes(routes: Routes, deps: SessionDeps, answers: SessionAnswers): void {
  const { logins, limits } = deps;
  routes.open({
    method: 'POST',
    url: '/accounts',
    tag: 'sessions',
    summary: 'Signs up, and logs this device in.',
    body: signUpSchema,
    answer: sessionSchema,
    status: 201,
    async handle({ body, request, reply }) {
      if (body.session === 'cookie') answers.checkOrigin(request);
      limits.take('signUpPerAddress', addressKey(request.ip));
      const proven = await logins.signUp(body.userId, body.password, body.displayName);
      return answers.begin(proven, body, request, reply);
    },
  });
  routes.open({
    method: 'POST',
    url: '/sessions',
    tag: 'sessions',
    summary: 'Logs a device in. With `"session": "cookie"` the refresh token goes into a cookie, else into the answer.',
    body: loginSchema,
    answer: sessionSchema,
    status: 201,
    async handle({ body, request, reply }) {
      if (body.session === 'cookie') answers.checkOrigin(request);
      limits.take('loginPerAddress', addressKey(request.ip));
      limits.take('loginPerAccount', body.userId);
      const proven = await logins.checkPassword(body.userId, body.password);
      return answers.begin(proven, body, request, reply);
    },
  });
}

function addRenewalRoutes(routes: Routes, deps: SessionDeps, answers: SessionAnswers): void {
  const { logins, limits, cookie } = deps;
  routes.open({
    method: 'POST',
    url: '/sessions/refresh',
    tag: 'sessions',
    summary: 'A new access token and refresh token for a refresh token: of the body, else of the cookie.',
    body: refreshSchema,
    answer: sessionSchema,
    async handle({ body, request, reply }) {
      limits.take('refreshPerAddress', addressKey(request.ip));
      const token = answers.refreshTokenOf(request, body.refreshToken);
      if (token === undefined) throw new ParleyError('unauthenticated', { sentence: 'There is no refresh token.' });
      const inCookie = body.refreshToken === undefined;
      try {
        return await answers.answer(await logins.renew(token), inCookie, request, reply);
      } catch (error) {
        if (inCookie && error instanceof ParleyError && error.httpStatus === 401) cookie.clear(reply);
        throw error;
      }
    },
  });
  routes.open({
    method: 'DELETE',
    url: '/sessions',
    tag: 'sessions',
    summary:
      'Logs this device out: the one of the access token, else of the refresh token (body or cookie). A cookie of another login stays.',
    handle: ({ request, reply }) => endSession(deps, answers, request, reply),
  });
}

/**
 * The cookie goes with the login that it is of: another tab may have logged in since as another. Who sent none has none to lose: one that
 * the browser has by the answer is of a later login.
 */
async function endSession(
  deps: SessionDeps,
  answers: SessionAnswers,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { logins, limits, cookie } = deps;
  let ended: TokenHolder | undefined;
  let inCookie: TokenHolder | undefined;
  if (request.headers.authorization !== undefined) {
    ended = await identify(request, deps.verifier);
    inCookie = await answers.cookieHolder(request);
    await logins.end(ended.userId, ended.deviceId);
  } else {
    limits.take('refreshPerAddress', addressKey(request.ip));
    const token = answers.refreshTokenOf(request, refreshTokenInBody(request.body));
    if (token === undefined) throw new ParleyError('unauthenticated');
    inCookie = await answers.cookieHolder(request);
    ended = await logins.endByRefreshToken(token);
  }
  const ofAnother = inCookie?.userId !== ended?.userId || inCookie?.deviceId !== ended?.deviceId;
  if (cookie.read(request) !== undefined && (inCookie === undefined || !ofAnother)) cookie.clear(reply);
}

/** The body of a logout is optional, which a schema cannot say. */
function refreshTokenInBody(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('refreshToken' in body)) return undefined;
  const { refreshToken } = body;
  if (typeof refreshToken === 'string' && refreshToken.length >= 1 && refreshToken.length <= 200) return refreshToken;
  throw new ParleyError('invalid_argument', { sentence: 'refreshToken must be a string.' });
}

export function addSessionRoutes(routes: Routes, deps: SessionDeps): void {
  const answers = new SessionAnswers(deps);
  addLoginRoutes(routes, deps, answers);
  addRenewalRoutes(routes, deps, answers);
}
