import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outbox, type Parcel } from './outbox.js';

const payload = (byte: number, length = 10): Uint8Array => new Uint8Array(length).fill(byte);

function outbox(envelopesPerSubjectMax = 100, bytesMax = 1_000): Outbox {
  return new Outbox({ envelopesPerSubjectMax, bytesMax });
}

/** Everything that waits, message by message. */
function drain(box: Outbox, payloadBytesMax: number): Parcel[] {
  const parcels: Parcel[] = [];
  for (let next = box.next(payloadBytesMax); next !== undefined; next = box.next(payloadBytesMax)) parcels.push(next);
  return parcels;
}

describe('the outbox', () => {
  it('joins what one subject has, as far as a message holds it, in order', () => {
    const box = outbox();
    for (const byte of [1, 2, 3, 4, 5]) box.add('s', [payload(byte)]);
    const parcels = drain(box, 20);
    expect(parcels.map(({ payloads }) => payloads.map((one) => one[0]))).toEqual([[1, 2], [3, 4], [5]]);
    expect(parcels.map(({ bytes }) => bytes)).toEqual([20, 20, 10]);
  });

  it('lets subjects take turns', () => {
    const box = outbox();
    for (const byte of [1, 2, 3]) box.add('busy', [payload(byte)]);
    box.add('quiet', [payload(9)]);
    expect(drain(box, 10).map(({ subject }) => subject)).toEqual(['busy', 'quiet', 'busy', 'busy']);
  });

  it('refuses what is above a bound, whole, and has room again afterwards', () => {
    const box = outbox(3, 60);
    box.add('s', [payload(1), payload(2)]);
    expect(() => box.add('s', [payload(3), payload(4)])).toThrow('full');
    box.add('s', [payload(3)]);
    expect(() => box.add('other', [payload(4, 31)])).toThrow('full');
    box.add('other', [payload(4, 30)]);
    expect([box.envelopes, box.bytes]).toEqual([4, 60]);
    expect(drain(box, 100)).toHaveLength(2);
    expect([box.envelopes, box.bytes]).toEqual([0, 0]);
    box.add('s', [payload(5), payload(6), payload(7)]);
  });

  it('gives what is larger than a message alone, for its sender to see', () => {
    const box = outbox();
    box.add('s', [payload(1), payload(2, 50), payload(3)]);
    expect(drain(box, 20).map(({ bytes }) => bytes)).toEqual([10, 50, 10]);
  });

  it('keeps each subject’s order and its own books, whatever comes and goes', () => {
    const step = fc.oneof(
      fc.record({ subject: fc.constantFrom('a', 'b', 'c'), length: fc.integer({ min: 1, max: 30 }) }),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const box = outbox(1_000_000, 1_000_000);
        const put = new Map<string, Uint8Array[]>();
        const got = new Map<string, Uint8Array[]>();
        const into = (map: typeof put, subject: string, more: readonly Uint8Array[]): void => {
          map.set(subject, [...(map.get(subject) ?? []), ...more]);
        };
        for (const one of steps) {
          if (one !== undefined) {
            const made = payload(1, one.length);
            box.add(one.subject, [made]);
            into(put, one.subject, [made]);
            continue;
          }
          const parcel = box.next(40);
          if (parcel !== undefined) into(got, parcel.subject, parcel.payloads);
        }
        for (const { subject, payloads } of drain(box, 40)) into(got, subject, payloads);
        expect(got).toEqual(put);
        expect([box.envelopes, box.bytes]).toEqual([0, 0]);
      }),
    );
  });

  it('lets go of what was sent while more keeps coming', () => {
    const box = outbox(1_000_000, 1_000_000);
    box.add('s', [payload(0, 1), payload(0, 1)]);
    for (let i = 1; i < 5_000; i++) {
      box.add('s', [payload(i, 1)]);
      expect(box.next(1)?.payloads[0]?.[0]).toBe(Math.max(0, i - 2) & 255);
    }
    expect(box.clear()).toBe(2);
    expect(box.next(1)).toBeUndefined();
  });
});
