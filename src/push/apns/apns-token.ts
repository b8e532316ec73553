/** The provider token of APNs: a JWT, ES256, renewed between 20 and 60 minutes as Apple wants it. */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';

const RENEW_MS = 40 * 60_000;

export interface ApnsCredentials {
  readonly key: KeyObject;
  readonly keyId: string;
  readonly teamId: string;
}

/** A `.p8` file of Apple's developer site. Throws `invalid_argument` with a sentence that says what is wrong. */
export function loadApnsCredentials(file: string, keyId: string, teamId: string): ApnsCredentials {
  const wrong = (why: string) =>
    new ParleyError('invalid_argument', { sentence: `The APNs key in ${file} cannot be used: ${why}.` });
  for (const [name, id] of Object.entries({ 'apns-key-id': keyId, 'apns-team-id': teamId })) {
    if (id === '') throw wrong(`${name} is not given`);
    if (!/^[A-Z0-9]{10}$/.test(id)) throw wrong(`${name} is not of ten letters and digits`);
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(file));
  } catch {
    throw wrong('it cannot be read, or is no private key');
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw wrong('it is no key of P-256');
  return { key, keyId, teamId };
}

export class ApnsToken {
  private readonly credentials: ApnsCredentials;
  private readonly clock: Clock;
  private token: string | undefined;
  private issuedAtMs = 0;

  constructor(credentials: ApnsCredentials, clock: Clock) {
    this.credentials = credentials;
    this.clock = clock;
  }

  /** The same for a while: APNs answers a token that is new too often with 429. */
  current(): string {
    const now = this.clock.now();
    if (this.token === undefined || now - this.issuedAtMs >= RENEW_MS || now < this.issuedAtMs) {
      this.issuedAtMs = now;
      this.token = this.issue(Math.floor(now / 1_000));
    }
    return this.token;
  }

  /** APNs says that it has expired. */
  expire(): void {
    this.token = undefined;
  }

  private issue(iat: number): string {
    const { key, keyId: kid, teamId: iss } = this.credentials;
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'ES256', kid })}.${part({ iss, iat })}`;
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }
}
