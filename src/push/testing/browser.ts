import { createDecipheriv, createECDH, type ECDH, hkdfSync, randomBytes } from 'node:crypto';

/** The page's side of a subscription: what is sent to it, it alone can read. */
export class Browser {
  private readonly origin: string;
  readonly pair: ECDH = createECDH('prime256v1');
  readonly secret = randomBytes(16);

  /** `origin`: of the push service that it was given a place at. */
  constructor(origin: string) {
    this.origin = origin;
    this.pair.generateKeys();
  }

  endpoint() {
    const [p256dh, auth] = [this.pair.getPublicKey('base64url'), this.secret.toString('base64url')];
    return { kind: 'webpush' as const, url: `${this.origin}/push/1`, p256dh, auth };
  }

  /** RFC 8188 with the keys of RFC 8291, one record. */
  decrypt(body: Buffer): string {
    const [salt, idLength] = [body.subarray(0, 16), body.readUInt8(20)];
    const serverKey = body.subarray(21, 21 + idLength);
    const record = body.subarray(21 + idLength);
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.pair.getPublicKey(), serverKey]);
    const key = hkdfSync('sha256', this.pair.computeSecret(serverKey), this.secret, info, 32);
    const derive = (label: string, length: number) =>
      Buffer.from(hkdfSync('sha256', Buffer.from(key), salt, Buffer.from(`Content-Encoding: ${label}\0`), length));
    const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12));
    decipher.setAuthTag(record.subarray(-16));
    const plain = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
    return plain.subarray(0, plain.lastIndexOf(2)).toString('utf8');
  }
}
