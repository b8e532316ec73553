/** The JSON schema of a scenario file. */
import { TRANSPORTS } from '../transport/connection.js';

const number = (least: number, most: number, more: object = {}) => ({
  type: 'number',
  minimum: least,
  maximum: most,
  ...more,
});
const whole = (least: number, most: number, more: object = {}) => ({ ...number(least, most, more), type: 'integer' });
const seconds = (more: object = {}) => number(0, 86_400, more);
const rate = number(0.01, 1_000_000);
const share = number(0, 1);

const object = (properties: Record<string, object>, required: readonly string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const talk = (kind: string, properties: Record<string, object>, required: readonly string[] = []) =>
  object({ kind: { const: kind }, rate, ...properties }, ['kind', 'rate', ...required]);

const incident = (kind: string, properties: Record<string, object>, required: readonly string[] = []) =>
  object({ at: seconds(), do: { const: kind }, ...properties }, ['at', 'do', ...required]);

const victim = { what: { enum: ['node', 'gateway'], default: 'node' } };

const oneOf = (tag: string, choices: readonly object[]) => ({
  type: 'array',
  items: { type: 'object', discriminator: { propertyName: tag }, required: [tag], oneOf: choices },
});

const SETTINGS = {
  users: whole(2, 1_000_000),
  transport: { enum: TRANSPORTS },
  pollEverySeconds: number(0.1, 3600),
  others: object(Object.fromEntries(TRANSPORTS.map((name) => [name, whole(0, 1_000_000)])), []),
  connectSeconds: seconds(),
  warmUpSeconds: seconds(),
  seconds: number(1, 86_400),
  settleSeconds: seconds(),
  talk: oneOf('kind', [
    talk('direct', {}),
    talk('group', { size: whole(2, 10_000), groups: whole(1, 100_000) }, ['size']),
    talk(
      'broadcast',
      { size: whole(2, 100_000), writers: whole(1, 1_000, { default: 16 }), channels: whole(1, 1_000, { default: 1 }) },
      ['size'],
    ),
    talk('history', { page: whole(1, 200, { default: 50 }) }),
    talk('login', {}),
    talk('discovery', {}),
    talk('flap', { users: whole(1, 1_000_000), watchers: whole(0, 1_000_000, { default: 0 }) }, ['users']),
  ]),
  meanwhile: oneOf('do', [
    incident('kill', victim),
    incident('drain', victim),
    incident('pause', { ...victim, forSeconds: seconds() }, ['forSeconds']),
    incident('cut', { share: { ...share, default: 1 } }),
    incident(
      'leave',
      { share: { ...share, default: 1 }, forSeconds: seconds(), overSeconds: seconds({ default: 5 }) },
      ['forSeconds'],
    ),
  ]),
  random: object(
    {
      everySeconds: { type: 'array', items: number(0.1, 86_400), minItems: 2, maxItems: 2 },
      quietSeconds: seconds({ default: 10 }),
      of: { type: 'array', items: { enum: ['kill', 'drain', 'pause', 'cut', 'leave'] }, minItems: 1 },
    },
    ['everySeconds', 'of'],
  ),
};

export const SCENARIO_SCHEMA = object(
  {
    about: { type: 'string', minLength: 1 },
    notMeasured: { type: 'array', items: { type: 'string' } },
    ...SETTINGS,
    variants: {
      type: 'array',
      minItems: 1,
      items: object({ name: { type: 'string', minLength: 1 }, ...SETTINGS }, ['name']),
    },
  },
  ['about', 'users', 'seconds'],
);
