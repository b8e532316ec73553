/** docs/PROTOCOL.md says what the code does, where a table can be compared. */
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { CLOSE, ERRORS, reconnectionFor } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import { loadSchema } from './testing/arbitrary-message.js';
import { PROTOCOL_VERSION, SUBPROTOCOLS } from './version.js';

const page = readFileSync('docs/PROTOCOL.md', 'utf8');

/** The rows of all tables whose cells match `shape`, cells trimmed. */
function rows(shape: RegExp): string[][] {
  const lines = page.split('\n').filter((line) => shape.test(line));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

/** Of every message of the schema. */
function allFields(): protobuf.Field[] {
  const { nestedArray } = loadSchema('client').lookup('parley.client.v1') as protobuf.Namespace;
  return nestedArray.flatMap((type) => (type instanceof protobuf.Type ? type.fieldsArray : []));
}

describe('docs/PROTOCOL.md', () => {
  it('lists every error as it is', () => {
    const expected = Object.entries(ERRORS).map(([name, { code, retry, httpStatus, sentence }]) => {
      return [`${code}`, `\`${name}\``, retry, `${httpStatus}`, sentence];
    });
    expect(rows(/^\| \d{4} \| `\w+` \| (never|backoff|reconnect) \|/)).toEqual(expected);
  });

  it('lists every close code, in the range that says what to do', () => {
    const listed = rows(/^\| 4\d{3} \| `\w+` \|/).map(([code, name]) => [Number(code), name]);
    expect(listed).toEqual(Object.entries(CLOSE).map(([name, code]) => [code, `\`${name}\``]));
    const ranges = rows(/^\| 4\d00–4\d99 \|/).map(([range = '', meaning = '']) => [Number(range.slice(0, 4)), meaning]);
    const does = { never: /^do not reconnect/, backoff: /^reconnect with backoff/, now: /^reconnect at once/ };
    expect(ranges).toHaveLength(3);
    for (const [first, meaning] of ranges) {
      expect(meaning).toMatch(does[reconnectionFor(Number(first))]);
      expect(reconnectionFor(Number(first) + 99)).toBe(reconnectionFor(Number(first)));
    }
  });

  it('gives the limits as they are', () => {
    const listed = rows(/^\| `[a-zA-Z]+` \| \d+ \|/);
    expect(listed.length).toBeGreaterThan(20);
    for (const [name = '', value] of listed) {
      expect([name, value]).toEqual([name, `${LIMITS[name.replaceAll('`', '') as keyof typeof LIMITS]}`]);
    }
  });

  it('speaks of every request, answer and event of the schema', () => {
    const schema = loadSchema('client');
    const inSnakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    for (const type of ['ClientFrame', 'ServerFrame', 'Event']) {
      for (const field of schema.lookupType(type).oneofs.body?.fieldsArray ?? []) {
        expect(page, `${type}.${field.name}`).toMatch(
          new RegExp(`\`${inSnakeCase(field.name)}\\b|\\*\\*${field.name}\\*\\*`),
        );
      }
    }
  });

  it('names every 64-bit integer, which JSON has as a string', () => {
    const [, list = ''] = /64-bit integers \(([^)]+)\)/.exec(page) ?? [];
    const wide = allFields()
      .filter(({ type }) => /64$/.test(type))
      .map(({ name }) => `\`${name}\``);
    expect(new Set(list.split(/,\s+/))).toEqual(new Set(wide));
  });

  it('names every field that counts by being there', () => {
    const [, sentence = ''] = /whether something is there([\s\S]+?)\n- /.exec(page) ?? [];
    for (const { name, partOf } of allFields()) {
      if (partOf !== null && partOf.name !== 'body') expect(sentence).toContain(`\`${name}\``);
    }
  });

  it('names the limits that welcome tells', () => {
    for (const { name } of loadSchema('client').lookupType('Limits').fieldsArray) {
      expect(page.split('`welcome.limits` tells')[1]).toContain(`\`${name}\``);
    }
  });

  it('is of the version that the code speaks', () => {
    expect(page).toMatch(`# The client protocol, version ${PROTOCOL_VERSION}\n`);
    for (const name of SUBPROTOCOLS) expect(page).toContain(`\`${name}\``);
  });
});
