/** All tests of the actors once more, with every envelope passed through its bytes, as between processes. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { busEnvelopeCodec } from '../../src/cluster/bus/envelope-codec.js';
import { World } from './fixture.js';

const codec = busEnvelopeCodec(1024 * 1024);
const carried = new Set<string>();
World.busOptions = {
  codec: {
    encode: codec.encode,
    decode: (payload) => {
      const envelopes = codec.decode(payload);
      for (const { type } of envelopes) carried.add(type);
      return envelopes;
    },
  },
};

const here = new URL('.', import.meta.url);
const suites = readdirSync(here).filter((file) => file.endsWith('.test.ts') && !import.meta.url.endsWith(file));
for (const suite of suites) await import(new URL(suite, here).href);

describe('a bus of bytes', () => {
  it('has carried what the actors say', () => {
    expect([...carried]).toEqual(expect.arrayContaining(['ask', 'tell', 'answer', 'refusal', 'push', 'fanout']));
  });
});
