/** The login of this device: sign-up, login, refresh, logout, and a token that is good whenever one is needed. */
import { ParleyError, toParleyError } from '../src/core/errors.js';
import type { ClientClock } from './clock.js';
import { callApi, type HttpCall, type HttpOptions } from './http.js';
import type { Profile } from './people-types.js';
import type { AuthSession } from './types.js';

/** A token with less time left than this is renewed before it is used. */
const TOKEN_MARGIN_MS = 30_000;
/** Of the API: their answers may change the refresh cookie. */
const COOKIE_PATHS: ReadonlySet<string> = new Set(['/accounts', '/sessions', '/sessions/refresh']);

export interface AccountOptions extends HttpOptions {
  readonly clock: ClientClock;
  /** Whether the refresh token is kept in a cookie that scripts cannot read. */
  readonly inCookie: boolean;
  readonly deviceName: string | undefined;
  /** `error`: why a login ended that nobody asked to end. */
  readonly changed: (session: AuthSession | undefined, error: ParleyError | undefined) => void;
}

export interface Credentials {
  /** 2 to 32 of a–z, 0–9 and _, the first a letter. */
  readonly userId: string;
  /** A new one: 8 to 128 characters, and not the user id. */
  readonly password: string;
  /** Logs in again on a device of an earlier login. Default: a new device, of which a user has 50 at most. */
  readonly deviceId?: string;
}

/** Which parts of a login to get anew, whatever is left of the old ones. */
export interface Renewal {
  readonly token: boolean;
  readonly gateways: boolean;
}

interface SessionAnswer {
  readonly user: Profile;
  readonly deviceId: string;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: number;
  readonly refreshToken?: string;
  readonly gateways: readonly string[];
}

interface Refresh {
  readonly session: Promise<AuthSession>;
  /** Its login is over: the answer is dropped, late or not. */
  readonly abort: AbortController;
}

export class Account {
  session: AuthSession | undefined;
  private readonly options: AccountOptions;
  private refreshing: Refresh | undefined;
  /** Logins begin one after the other, so that each sees whether somebody is logged in. */
  private beginning: Promise<unknown> = Promise.resolve();
  /** By an attempt without an answer. */
  private mayBeDeleted = false;
  /** Aborted when this device logs out. */
  private calls = new AbortController();

  constructor(options: AccountOptions, session: AuthSession | undefined) {
    this.options = options;
    this.session = session;
  }

  async signUp(account: Credentials & { readonly displayName?: string }): Promise<AuthSession> {
    let repeated = false;
    try {
      return await this.begin('/accounts', account, () => {
        repeated = true;
      });
    } catch (error) {
      if (!repeated || !(error instanceof ParleyError) || error.kind !== 'name_taken') throw error;
      // By this very sign-up, if the password is good: its answer was lost.
      const { userId, password } = account;
      return this.logIn({ userId, password }).catch(() => Promise.reject(error));
    }
  }

  /** Rejects with `conflict`, as does `signUp`, while somebody else is logged in. */
  logIn(credentials: Credentials): Promise<AuthSession> {
    return this.begin('/sessions', credentials);
  }

  /**
   * One at a time: a refresh token is good for one use. Rejects with `unauthenticated` when there is nothing to use, and
   * when the login has ended meanwhile or is another.
   */
  refresh(): Promise<AuthSession> {
    if (this.refreshing !== undefined) return this.refreshing.session;
    const abort = new AbortController();
    const session = this.renew(abort.signal).finally(() => {
      if (!abort.signal.aborted) this.refreshing = undefined;
    });
    this.refreshing = { session, abort };
    return session;
  }

  /** Calls under way are given up first, and none begins: once the login has ended they would only be refused. */
  async logOut(): Promise<void> {
    this.dropRefresh();
    if (this.session === undefined) return;
    this.calls.abort(new ParleyError('unauthenticated', { sentence: 'This device is logging out.' }));
    try {
      await this.ask({ method: 'DELETE', path: '/sessions' });
    } catch (error) {
      // Refused for good: the server knows the login no more, which is what was asked for.
      if (!(error instanceof ParleyError) || error.retry !== 'never') throw error;
    } finally {
      this.calls = new AbortController();
    }
    this.end();
  }

  /**
   * Resolves once there is no such account any more; it goes before its logins. So, after an attempt that may have been done,
   * a login that is refused says that it was.
   */
  async delete(password: string): Promise<void> {
    const repeated = (): void => {
      this.mayBeDeleted = true;
    };
    try {
      await this.call({ method: 'DELETE', path: '/me', body: { password }, repeated });
    } catch (thrown) {
      const { kind, httpStatus } = toParleyError(thrown);
      if (this.mayBeDeleted && httpStatus === 401 && kind !== 'wrong_credentials') return;
      if (kind === 'timeout') repeated();
      throw thrown;
    }
  }

  /** Without asking the server: there is nothing left to end there. */
  end(): void {
    this.dropRefresh();
    this.become(undefined);
  }

  /** A login whose token is good for a while. Rejects with a ParleyError. */
  async credentials(renewal: Renewal = { token: false, gateways: false }): Promise<AuthSession> {
    const { session } = this;
    if (session === undefined) throw new ParleyError('unauthenticated', { sentence: 'Log in first.' });
    const leftMs = session.accessTokenExpiresAt.getTime() - this.options.clock.now();
    if ((renewal.token || leftMs < TOKEN_MARGIN_MS) && this.canRefresh(session)) return this.refresh();
    return renewal.gateways ? this.findGateways(session) : session;
  }

  /** A call of the API as this user. */
  call(call: HttpCall): Promise<unknown> {
    return this.ask({ ...call, signal: this.calls.signal });
  }

  private async ask(call: HttpCall): Promise<unknown> {
    const { accessToken } = await this.credentials();
    try {
      return await this.perform({ ...call, token: accessToken });
    } catch (error) {
      if (!(error instanceof ParleyError) || error.kind !== 'token_expired') throw error;
      const renewed = await this.credentials({ token: true, gateways: false });
      return this.perform({ ...call, token: renewed.accessToken });
    }
  }

  /**
   * What changes the cookie is asked for by one tab of the browser at a time, where it has locks (not over plain HTTP off
   * loopback): the answer to one tab's logout would else take away the cookie of another's login.
   */
  private perform(call: HttpCall): Promise<unknown> {
    const perform = (): Promise<unknown> => callApi(this.options, call);
    const locks = this.options.inCookie && COOKIE_PATHS.has(call.path) ? globalThis.navigator?.locks : undefined;
    if (locks === undefined) return perform();
    return locks.request('parley.cookie', call.signal === undefined ? {} : { signal: call.signal }, perform);
  }

  private canRefresh(session: AuthSession | undefined): boolean {
    return this.options.inCookie || session?.refreshToken !== undefined;
  }

  private begin(path: string, credentials: Credentials, repeated?: () => void): Promise<AuthSession> {
    const begun = this.beginning.then(() => this.beginNow(path, credentials, repeated));
    this.beginning = begun.catch(() => {});
    return begun;
  }

  private async beginNow(path: string, credentials: Credentials, repeated = (): void => {}): Promise<AuthSession> {
    const { inCookie, deviceName } = this.options;
    checkNobodyElse(this.session, credentials.userId);
    const body: Record<string, unknown> = { ...credentials };
    if (inCookie) body.session = 'cookie';
    if (deviceName !== undefined) body.deviceName = deviceName;
    const session = sessionOf(await this.perform({ method: 'POST', path, body, repeated }));
    this.mayBeDeleted = false;
    this.dropRefresh();
    return this.become(session);
  }

  private async renew(signal: AbortSignal): Promise<AuthSession> {
    const { session } = this;
    if (!this.canRefresh(session)) throw new ParleyError('unauthenticated', { sentence: 'There is no refresh token.' });
    const body = session?.refreshToken === undefined ? {} : { refreshToken: session.refreshToken };
    try {
      const renewed = sessionOf(await this.perform({ method: 'POST', path: '/sessions/refresh', body, signal }));
      signal.throwIfAborted();
      if (session !== undefined) checkSameLogin(session, renewed);
      return this.become(renewed);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ParleyError && error.httpStatus === 401 && session !== undefined)
        this.become(undefined, error);
      throw error;
    }
  }

  /** The login with its gateways asked for anew; the old ones when that fails. */
  private async findGateways(session: AuthSession): Promise<AuthSession> {
    try {
      // Whoever connects asks again, and has the old ones meanwhile.
      const call = { method: 'GET', path: '/gateways', token: session.accessToken, once: true } as const;
      const answer = await callApi(this.options, call);
      const { gateways } = answer as { gateways: readonly string[] };
      if (this.session !== session || gateways.length === 0) return this.session ?? session;
      return this.become({ ...session, gateways });
    } catch {
      return session;
    }
  }

  private dropRefresh(): void {
    this.refreshing?.abort.abort(new ParleyError('unauthenticated', { sentence: 'This login is over.' }));
    this.refreshing = undefined;
  }

  private become<Session extends AuthSession | undefined>(session: Session, error?: ParleyError): Session {
    this.session = session;
    this.options.changed(session, error);
    return session;
  }
}

function sessionOf(answer: unknown): AuthSession {
  const { user, deviceId, accessToken, accessTokenExpiresAt, refreshToken, gateways } = answer as SessionAnswer;
  return {
    userId: user.userId,
    profile: user,
    deviceId,
    accessToken,
    accessTokenExpiresAt: new Date(accessTokenExpiresAt),
    refreshToken,
    gateways,
  };
}

function checkNobodyElse(session: AuthSession | undefined, userId: string): void {
  if (session === undefined || session.userId === userId) return;
  throw new ParleyError('conflict', { sentence: `${session.userId} is logged in here: log out first.` });
}

/** The tabs of a browser share one refresh cookie, and a login in any of them replaces it. */
function checkSameLogin(session: AuthSession, renewed: AuthSession): void {
  if (renewed.userId === session.userId && renewed.deviceId === session.deviceId) return;
  throw new ParleyError('unauthenticated', {
    sentence: 'Another login has taken the place of this one in this browser.',
  });
}
