/** The refresh token as browsers keep it: a cookie that scripts cannot read, sent to the session routes only. */
import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RefreshToken } from '../directory/refresh-tokens.js';

const NAME = 'parley_refresh';

export interface RefreshCookie {
  read(request: FastifyRequest): string | undefined;
  set(reply: FastifyReply, refresh: RefreshToken, nowMs: number): void;
  clear(reply: FastifyReply): void;
}

/** `tls`: the cookie is never sent without it. */
export function createRefreshCookie(tls: boolean): RefreshCookie {
  const options: CookieSerializeOptions = { path: '/v1/sessions', httpOnly: true, sameSite: 'strict', secure: tls };
  return {
    read: (request) => request.cookies[NAME],
    set(reply, { token, expiresAtMs }, nowMs) {
      const maxAge = Math.max(0, Math.floor((expiresAtMs - nowMs) / 1000));
      reply.setCookie(NAME, token, { ...options, maxAge });
    },
    clear: (reply) => void reply.clearCookie(NAME, options),
  };
}
