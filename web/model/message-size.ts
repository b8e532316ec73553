/** How long a message may be. The server counts bytes: a letter has one to four of them. */
import { MESSAGE_BYTES_MAX } from '../../src/core/client-bounds.js';

/** From here on it is said how much room is left. */
const NEAR_BYTES = 1024;

const encoder = new TextEncoder();

/** How many bytes the text may still grow by; below 0: it is so much too long. */
export function roomAfter(text: string): number {
  return MESSAGE_BYTES_MAX - encoder.encode(text.trim()).length;
}

/** Empty while there is room enough. */
export function roomText(room: number): string {
  if (room > NEAR_BYTES) return '';
  const bytes = Math.abs(room).toLocaleString();
  return room < 0 ? `Too long by ${bytes} bytes.` : `Room for ${bytes} more bytes.`;
}
