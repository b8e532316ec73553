/** Arbitrary messages made from the schema itself, so that a field added to it is tested without a change here. */
import fc from 'fast-check';
import protobuf from 'protobufjs';

export type PlainMessage = Record<string, unknown>;

/** The definitions of proto/<name>.proto; names in lowerCamelCase. */
export function loadSchema(name: string): protobuf.Root {
  const root = protobuf.loadSync(`proto/${name}.proto`);
  root.resolveAll();
  return root;
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const uint32 = fc.nat({ max: 2 ** 32 - 1 });
const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: text,
  bool: fc.boolean(),
  uint32: fc.oneof(fc.nat({ max: 9 }), uint32),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
  bytes: fc.uint8Array({ maxLength: 12 }),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
};

function arbitraryValue(field: protobuf.Field): fc.Arbitrary<unknown> {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) return arbitraryMessage(resolvedType);
  if (resolvedType instanceof protobuf.Enum) return fc.constantFrom(...Object.keys(resolvedType.values));
  const scalar = SCALARS[field.type];
  if (scalar === undefined) throw new Error(`no arbitrary for ${field.type} of ${field.fullName}`);
  return scalar;
}

function arbitraryField(field: protobuf.Field): fc.Arbitrary<unknown> {
  if (field instanceof protobuf.MapField) {
    const key = field.keyType === 'string' ? text.filter((name) => name !== '__proto__') : uint32.map(String);
    return fc.dictionary(key, arbitraryValue(field), { maxKeys: 3 });
  }
  return field.repeated ? fc.array(arbitraryValue(field), { minLength: 1, maxLength: 3 }) : arbitraryValue(field);
}

function plainFields(type: protobuf.Type): fc.Arbitrary<PlainMessage> {
  const fields = type.fieldsArray.filter((field) => field.partOf === null);
  const model = Object.fromEntries(fields.map((field) => [field.name, arbitraryField(field)]));
  return fc.record(model, { requiredKeys: [] });
}

/** Any message of a type, as a plain object: 64-bit integers as decimal strings, enums by name; at most one of a oneof. */
export function arbitraryMessage(type: protobuf.Type): fc.Arbitrary<PlainMessage> {
  const choices = type.oneofsArray.map((oneof) =>
    fc.oneof(fc.constant({}), ...oneof.fieldsArray.map((field) => arbitraryOnly(field))),
  );
  return fc.tuple(plainFields(type), ...choices).map((parts) => Object.assign({}, ...parts) as PlainMessage);
}

/** Messages that hold one field, and nothing beside it. */
export function arbitraryOnly(field: protobuf.Field): fc.Arbitrary<PlainMessage> {
  return arbitraryField(field).map((value) => ({ [field.name]: value }));
}

/** The fields of a oneof. */
export function choicesOf(type: protobuf.Type, oneof: string): readonly protobuf.Field[] {
  const found = type.oneofs[oneof];
  if (found === undefined) throw new Error(`${type.name} has no oneof ${oneof}`);
  return found.fieldsArray;
}
