/** JSON schemas with their TypeScript types: one definition checks a request, types its handler and fills OpenAPI. */

/** A JSON schema (draft 2020-12, as OpenAPI 3.1 uses it) whose values are of type `Value`. */
export interface Schema<Value> {
  readonly json: JsonSchema;
  /** Never set: carries the type only. */
  readonly phantom?: Value;
}

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly [keyword: string]: unknown;
}

/** A property that may be absent. */
export interface OptionalSchema<Value> extends Schema<Value> {
  readonly optional: true;
}

export type ValueOf<Of> = Of extends Schema<infer Value> ? Value : never;

type Properties = Readonly<Record<string, Schema<unknown>>>;
type OptionalKeys<Of extends Properties> = {
  [Key in keyof Of]: Of[Key] extends OptionalSchema<unknown> ? Key : never;
}[keyof Of];
type ObjectOf<Of extends Properties> = {
  readonly [Key in Exclude<keyof Of, OptionalKeys<Of>>]: ValueOf<Of[Key]>;
} & { readonly [Key in OptionalKeys<Of>]?: ValueOf<Of[Key]> };

export function text(rules: Readonly<Record<string, unknown>> = {}): Schema<string> {
  return { json: { type: 'string', ...rules } };
}

export function integer(minimum: number, maximum: number, description = ''): Schema<number> {
  return { json: { type: 'integer', minimum, maximum, ...(description === '' ? {} : { description }) } };
}

/** Milliseconds since 1970, or another count that JSON numbers hold exactly. */
export const count = (description = ''): Schema<number> => integer(0, Number.MAX_SAFE_INTEGER, description);

export const truth: Schema<boolean> = { json: { type: 'boolean' } };

export function oneOf<const Names extends readonly string[]>(...names: Names): Schema<Names[number]> {
  return { json: { type: 'string', enum: names } };
}

export function nullable<Value>(schema: Schema<Value>): Schema<Value | null> {
  const { type, ...rest } = schema.json;
  const values = rest.enum === undefined ? rest : { ...rest, enum: [...(rest.enum as readonly unknown[]), null] };
  return { json: { ...values, type: [type as string, 'null'] } };
}

export function list<Value>(items: Schema<Value>, maxItems?: number): Schema<readonly Value[]> {
  return { json: { type: 'array', items: items.json, ...(maxItems === undefined ? {} : { maxItems }) } };
}

export function optional<Value>(schema: Schema<Value>): OptionalSchema<Value> {
  return { ...schema, optional: true };
}

/** An object with these properties and no others. */
export function object<Of extends Properties>(properties: Of): Schema<ObjectOf<Of>> {
  const required = Object.keys(properties).filter((name) => !('optional' in (properties[name] ?? {})));
  return {
    json: {
      type: 'object',
      additionalProperties: false,
      required,
      properties: Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, schema.json])),
    },
  };
}

/** One of these objects, told apart by their constant `kind`. */
export function union<const Kinds extends readonly Schema<unknown>[]>(...kinds: Kinds): Schema<ValueOf<Kinds[number]>> {
  const oneOf = kinds.map(({ json }) => json);
  return { json: { type: 'object', discriminator: { propertyName: 'kind' }, oneOf } };
}

/** An object with at least one of these properties, all of them optional: what PATCH takes. */
export function patch<Of extends Properties>(properties: Of): Schema<Partial<ObjectOf<Of>>> {
  const all = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, optional(schema)]));
  return { json: { ...object(all).json, minProperties: 1 } };
}

/** An answer that is described but not spelled out, field by field, here: `note` says where it is. */
export function anyObject(note: string): Schema<object> {
  return { json: { type: 'object', description: note } };
}
