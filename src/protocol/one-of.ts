/**
 * Which field of a oneof is set, asked without an allocation: the library's own getter lists all keys of the message each
 * time, and the body of an event is asked for a dozen times on its way. Where several are set, which no encoder does, the
 * first in the order of the schema counts. Evaluated before the generated code, which takes the getter from here.
 */
import protobuf from 'protobufjs/minimal.js';

protobuf.util.oneOfGetter = (fields) =>
  function (this: object): string | undefined {
    for (const field of fields) if (this[field as keyof typeof this] != null) return field;
    return undefined;
  };
