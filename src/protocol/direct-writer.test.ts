import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { DirectWriter } from './direct-writer.js';
import { v1 as admin } from './generated/admin.js';
import { v1 as bus } from './generated/bus.js';
import { stored } from './stored.js';
import { v1 as client, Long } from './wire.js';

interface Generated {
  encode(message: object, writer: protobuf.Writer): protobuf.Writer;
}

const schema = protobuf.loadSync(readdirSync('proto').map((file) => `proto/${file}`));
const GENERATED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { admin, bus, client, store: stored };

const long = fc.tuple(fc.integer(), fc.integer()).map(([low, high]) => Long.fromBits(low, high, true));
const length = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constantFrom(127, 128, 200, 16_383, 16_384, 70_000));
const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  uint32: fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  int32: fc.integer(),
  uint64: fc.oneof(long, fc.nat()),
  fixed64: long,
  double: fc.double(),
  bool: fc.boolean(),
  string: fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    length.map((count) => 'ß'.repeat(count)),
  ),
  bytes: fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    length.map((count) => new Uint8Array(count).fill(7)),
  ),
};

/** Messages of a type with any of its fields, nested to a depth. */
function messagesOf(type: protobuf.Type, depth: number): fc.Arbitrary<object> {
  const fields = type.fieldsArray.flatMap((field): [string, fc.Arbitrary<unknown>][] => {
    field.resolve();
    const { resolvedType } = field;
    if (resolvedType instanceof protobuf.Type && depth === 0) return [];
    const one =
      resolvedType instanceof protobuf.Type
        ? messagesOf(resolvedType, depth - 1)
        : resolvedType instanceof protobuf.Enum
          ? fc.constantFrom(...Object.values(resolvedType.values))
          : SCALARS[field.type];
    if (one === undefined) throw new Error(`there is no ${field.type} to choose from`);
    if (field.map) return [[field.name, fc.dictionary(fc.string({ maxLength: 5 }), one, { maxKeys: 2 })]];
    return [[field.name, field.repeated ? fc.array(one, { maxLength: 3 }) : one]];
  });
  return fc.record(Object.fromEntries(fields), { requiredKeys: [] });
}

function typesOf(part: protobuf.NamespaceBase): protobuf.Type[] {
  return part.nestedArray.flatMap((nested) => {
    if (nested instanceof protobuf.Type) return [nested];
    return nested instanceof protobuf.Namespace ? typesOf(nested) : [];
  });
}

describe('what is written at once', () => {
  it.each(typesOf(schema).map((type) => [type.fullName, type] as const))(
    'is, of any %s, what the library writes',
    (_, type) => {
      const [, , part = ''] = type.fullName.split('.');
      const generated = GENERATED[part]?.[type.name] as Generated;
      fc.assert(
        fc.property(messagesOf(type, 1), (message) => {
          const direct = generated.encode(message, DirectWriter.create() as unknown as protobuf.Writer).finish();
          const library = generated.encode(message, new protobuf.BufferWriter()).finish();
          expect(Buffer.compare(direct, library)).toBe(0);
        }),
        { numRuns: 15 },
      );
    },
  );

  it('is another writer’s where one is begun before another is finished', () => {
    const outer = DirectWriter.create().uint32(10).fork().string('outer');
    const inner = DirectWriter.create().string('inner').finish();
    expect(Buffer.from(inner).toString()).toBe('\x05inner');
    expect(Buffer.from(outer.ldelim().finish()).toString()).toBe('\x0a\x06\x05outer');
  });

  it('stays as it is, whatever is written after it', () => {
    const texts = Array.from({ length: 200 }, (_, index) => 'x'.repeat((index * 97) % 10_000));
    const written = texts.map((text) => DirectWriter.create().fork().string(text).ldelim().finish());
    const read = written.map((bytes) => {
      const reader = protobuf.Reader.create(bytes);
      reader.uint32();
      return reader.string();
    });
    expect(read).toEqual(texts);
  });

  it('holds, of a text with half a pair, the sign that stands for what is no character', () => {
    expect(Buffer.from(DirectWriter.create().string('a\ud800').finish()).toString()).toBe('\x04a\ufffd');
  });
});
