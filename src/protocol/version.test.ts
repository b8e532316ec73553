import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { PROTOCOL_VERSION, SUBPROTOCOLS } from './version.js';

/** What each version of the protocol is: the hash of its schema, comments and layout apart. */
const SCHEMA_HASHES: Readonly<Record<number, string>> = {
  1: '2712fdf070c55041b8dded18683ab2ae2676d145ce8e2b11d66034f6486e0af6',
};

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}

function schemaHash(source: string): string {
  const { root } = protobuf.parse(source, { keepCase: true });
  return createHash('sha256')
    .update(JSON.stringify(sorted(root.toJSON({ keepComments: false }))))
    .digest('hex');
}

const source = readFileSync('proto/client.proto', 'utf8');

describe('the version of the protocol', () => {
  it('names one schema: what an older client cannot read raises it', () => {
    const advice =
      'proto/client.proto has changed. Could a client of this version not read it any more (a field removed, moved to ' +
      'another number or type, or given another meaning)? Then raise PROTOCOL_VERSION, name new subprotocols, and add a ' +
      'line to SCHEMA_HASHES. Were only fields, messages or enum values added that a client may ignore? Then replace the ' +
      "hash of this version. Say in docs/PROTOCOL.md what changed, either way. The schema's hash is now " +
      schemaHash(source);
    expect(SCHEMA_HASHES[PROTOCOL_VERSION] === schemaHash(source), advice).toBe(true);
  });

  it('is not moved by comments and layout, but by every field', () => {
    const changed = source.replaceAll(/\/\/.*$/gm, '').replaceAll(/\n+/g, '\n');
    expect(schemaHash(changed)).toBe(schemaHash(source));
    expect(schemaHash(source.replace('uint32 sends_per_second = 3', 'uint32 sends_per_second = 30'))).not.toBe(
      schemaHash(source),
    );
    expect(schemaHash(source.replace('uint32 sends_per_second', 'uint64 sends_per_second'))).not.toBe(
      schemaHash(source),
    );
  });

  it('stands in the names of the subprotocols', () => {
    for (const name of SUBPROTOCOLS) expect(name).toMatch(`parley.v${PROTOCOL_VERSION}.`);
  });
});
