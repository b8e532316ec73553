/** Reads scenario files (YAML, or JSON, which is YAML): what is wrong in one is told with file and line. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Scenario, Settings, Variant } from './scenario.js';
import { SCENARIO_SCHEMA } from './scenario-schema.js';
import { talkersOf } from './transports.js';

/** Its message: what is wrong, a line each, as `file:line: sentence`. */
class ScenarioError extends Error {}

const DEFAULTS = {
  transport: 'websocket',
  pollEverySeconds: 1,
  connectSeconds: 5,
  warmUpSeconds: 3,
  settleSeconds: 60,
  talk: [],
  meanwhile: [],
} as const satisfies Partial<Settings>;

type Written = Settings & {
  readonly about: string;
  readonly notMeasured?: readonly string[];
  readonly variants?: readonly (Partial<Settings> & { readonly name: string })[];
};

const check = new Ajv({ allErrors: true, useDefaults: true, discriminator: true }).compile(SCENARIO_SCHEMA);

/** The scenarios of a folder by name, in the order of the alphabet. */
export function listScenarios(folder: string): { readonly name: string; readonly file: string }[] {
  return readdirSync(folder)
    .filter((file) => /\.(ya?ml|json)$/.test(file))
    .sort()
    .map((file) => ({ name: nameOf(file), file: join(folder, file) }));
}

/** Throws ScenarioError when the file cannot be read or makes no sense. */
export function readScenario(file: string): Scenario {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ScenarioError(`${file}: there is no such file`, { cause });
  }
  return parseScenario(text, file);
}

export function parseScenario(text: string, file: string): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken !== undefined)
    throw new ScenarioError(`${file}:${lines.linePos(broken.pos[0]).line}: ${broken.message.split('\n', 1)[0]}`);
  const written: unknown = document.toJS();
  if (!check(written)) {
    const told = (check.errors ?? []).map(
      (error) => `${file}:${lines.linePos(offsetOf(document, error)).line}: ${sentenceOf(error)}`,
    );
    throw new ScenarioError([...new Set(told)].join('\n'));
  }
  const scenario = toScenario(written as unknown as Written, file);
  const several = isMap(document.contents) && document.contents.has('variants');
  for (const [index, variant] of scenario.variants.entries()) {
    const own = several ? ['variants', index] : [];
    // What a variant does not say stands at the head of the file.
    const offset = (path: Path) => offsetAt(document, [...own, ...path]) ?? offsetAt(document, path) ?? 0;
    demandSense(variant, (path) => `${file}:${lines.linePos(offset(path)).line}`);
  }
  return scenario;
}

function toScenario(written: Written, file: string): Scenario {
  const { about, notMeasured = [], variants = [{ name: nameOf(file) }], ...settings } = written;
  const base = { ...DEFAULTS, ...settings };
  return {
    name: nameOf(file),
    file,
    about,
    notMeasured,
    variants: variants.map((variant): Variant => ({ ...base, ...variant })),
  };
}

const nameOf = (file: string): string => basename(file).replace(/\.\w+$/, '');

type Path = readonly (string | number)[];

/** What a schema does not know: throws ScenarioError. `where`: what to name as the place of a setting. */
export function demandSense(variant: Variant, where: (path: Path) => string): void {
  const { name, users, talk, meanwhile, random, seconds } = variant;
  const talkers = talkersOf(variant);
  const polling = talkers.filter(({ transport }) => transport !== 'websocket');
  const refuse = (sentence: string, ...path: Path): never => {
    throw new ScenarioError(`${where(path)}: ${name}: ${sentence}`);
  };
  if (users % 2 === 1) refuse('the number of users must be even: they talk in pairs', 'users');
  if (talkers.some(({ first }) => first < 0)) refuse('those who talk in another way are users, too', 'others');
  for (const [index, line] of talk.entries()) {
    const refuseLine = (sentence: string): never => refuse(sentence, 'talk', index);
    if ((line.kind === 'group' || line.kind === 'broadcast') && line.size > users)
      refuseLine(`a ${line.kind} of ${line.size} needs as many users`);
    if (line.kind === 'broadcast' && polling.some(({ first }) => first < line.size * line.channels))
      refuseLine('broadcast channels do not come by polls: their members must use websocket');
    if (line.kind === 'flap' && line.users + line.watchers > users)
      refuseLine('those who flap and watch are users, too');
  }
  for (const [index, { at }] of meanwhile.entries())
    if (at > seconds) refuse(`an incident at ${at} s comes after the ${seconds} s`, 'meanwhile', index);
  const [least, most] = random?.everySeconds ?? [0, 0];
  if (least > most) refuse(`from ${least} to ${most} is no interval`, 'random', 'everySeconds');
}

function offsetAt(document: Document, path: Path): number | undefined {
  const node = document.getIn(path, true);
  return isNode(node) && node.range ? node.range[0] : undefined;
}

function offsetOf(document: Document, { instancePath, keyword, params }: ErrorObject): number {
  const path = instancePath.split('/').slice(1).map(decode);
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  if (keyword === 'additionalProperties' && isMap(node)) {
    const key = node.items
      .map((pair) => pair.key)
      .find((one) => isScalar(one) && one.value === params.additionalProperty);
    if (isScalar(key) && key.range) return key.range[0];
  }
  return isNode(node) && node.range ? node.range[0] : 0;
}

const decode = (part: string): string | number =>
  /^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~');

function sentenceOf({ instancePath, keyword, params, message }: ErrorObject): string {
  const where = instancePath === '' ? 'the scenario' : instancePath.slice(1).replaceAll('/', '.');
  if (keyword === 'additionalProperties') return `${where} has an unknown key: ${params.additionalProperty}`;
  if (keyword === 'enum') return `${where} must be one of ${params.allowedValues.join(', ')}`;
  if (keyword === 'discriminator') return `${where} has an unknown ${params.tag}: ${params.tagValue}`;
  return `${where} ${message}`;
}
