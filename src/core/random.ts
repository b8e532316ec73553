import { randomBytes } from 'node:crypto';

/** Randomness as a port, so that a seed decides it in tests. */
export interface Random {
  /** `count` bytes. */
  bytes(count: number): Uint8Array;
  /** In [0, 1). */
  fraction(): number;
}

export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  fraction: () => Math.random(),
};

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Lower-case base 32 (RFC 4648 alphabet, no padding) of the first `length` groups of 5 bits. */
export function base32(bytes: Uint8Array, length: number): string {
  let bits = 0;
  let value = 0;
  let text = '';
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5 && text.length < length) {
      bits -= 5;
      text += ALPHABET[(value >> bits) & 31];
    }
  }
  return text;
}

/** A random name of `length` characters, 5 bits each. */
export function randomName(random: Random, length: number): string {
  return base32(random.bytes(Math.ceil((length * 5) / 8)), length);
}

/** A seeded generator for tests and simulation: mulberry32 (public domain, T. Ettinger). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  return {
    fraction: () => next() / 2 ** 32,
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 255),
  };
}
