/**
 * Whether parsed JSON has the types that client.proto says. The generated code takes almost anything for a scalar
 * (`"false"` for true, a number for a name); what is bent in silence is worse than what is refused.
 */
import { ParleyError } from '../core/errors.js';
import { enums, type FieldType, type MessageType, messages } from './generated/client-types.js';

const UINT32_MAX = 2 ** 32 - 1;
const UINT64_MAX = 2n ** 64n - 1n;
const DECIMAL = /^(0|[1-9][0-9]{0,19})$/;

type Scalar = { readonly is: (value: unknown) => boolean; readonly called: string };

const SCALARS: Readonly<Record<string, Scalar>> = {
  string: { is: (value) => typeof value === 'string', called: 'a string' },
  bool: { is: (value) => typeof value === 'boolean', called: 'true or false' },
  uint32: {
    is: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= UINT32_MAX,
    called: 'a whole number from 0 to 4294967295',
  },
  uint64: {
    is: (value) => typeof value === 'string' && DECIMAL.test(value) && BigInt(value) <= UINT64_MAX,
    called: 'a string of decimal digits',
  },
};

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

function refuse(path: string, called: string): never {
  throw new ParleyError('invalid_argument', { sentence: `${path} must be ${called}.` });
}

function checkValue(type: string, value: unknown, path: string): void {
  const scalar = SCALARS[type];
  const message = messages[type];
  const names = enums[type];
  if (scalar !== undefined) {
    if (!scalar.is(value)) refuse(path, scalar.called);
  } else if (message !== undefined) checkMessage(message, value, path);
  else if (names === undefined || typeof value !== 'string' || !names.includes(value)) {
    refuse(path, `one of ${names?.join(', ') ?? 'nothing'}`);
  }
}

function checkField({ type, repeated }: FieldType, value: unknown, path: string): void {
  if (!repeated) return checkValue(type, value, path);
  if (!Array.isArray(value)) refuse(path, 'a list');
  for (const item of value) checkValue(type, item, `Each of ${path}`);
}

function checkMessage({ fields, oneofs }: MessageType, value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'an object');
  const given = new Map(Object.entries(value).filter(([, inner]) => !isAbsent(inner)));
  const inside = path === '' ? '' : `${path}.`;
  for (const [name, field] of Object.entries(fields)) {
    const inner = given.get(name);
    if (inner !== undefined) checkField(field, inner, `${inside}${name}`);
  }
  for (const choices of oneofs) {
    const chosen = choices.filter((name) => given.has(name)).map((name) => `${inside}${name}`);
    if (chosen.length > 1) {
      throw new ParleyError('invalid_argument', { sentence: `Give one of ${chosen.join(' and ')}, not both.` });
    }
  }
}

/** Throws `invalid_argument`, with a sentence that names the field, unless `frame` is typed as a ClientFrame is. */
export function checkClientFrameTypes(frame: object): void {
  const type = messages.ClientFrame;
  if (type !== undefined) checkMessage(type, frame, '');
}
