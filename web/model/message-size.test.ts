import { describe, expect, it } from 'vitest';
import { roomAfter, roomText } from './message-size.js';

describe('the room in a message', () => {
  it('is counted in bytes of UTF-8, as the server counts', () => {
    expect([roomAfter(''), roomAfter('x'.repeat(16_384)), roomAfter('ส'.repeat(7_000))]).toEqual([16_384, 0, -4_616]);
    expect(roomAfter(` ${'x'.repeat(16_384)}\n`)).toBe(0);
  });

  it('is told once it grows short', () => {
    expect([roomText(1_025), roomText(1_024), roomText(0), roomText(-4_616)]).toEqual([
      '',
      `Room for ${(1_024).toLocaleString()} more bytes.`,
      'Room for 0 more bytes.',
      `Too long by ${(4_616).toLocaleString()} bytes.`,
    ]);
  });
});
