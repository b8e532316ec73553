import type { ClientRandom } from './clock.js';

/** 128 random bits in hexadecimal. */
export function randomId(random: ClientRandom): string {
  let text = '';
  for (const byte of random.bytes(16)) text += byte.toString(16).padStart(2, '0');
  return text;
}
