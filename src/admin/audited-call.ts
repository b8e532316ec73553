/** One call of an operator: whether they may, and what the audit log says of it. */
import { ParleyError, toParleyError } from '../core/errors.js';
import type { AnyMethod } from './definition.js';
import type { MethodName } from './methods.js';
import { mayAct, type Operator } from './roles.js';

const SUBJECT_CHARACTERS_MAX = 200;
/** What is done in parts that stay done, though its process died before the end: written down before, as streams are. */
const IN_PARTS: ReadonlySet<MethodName> = new Set(['DeleteUser']);

export interface AuditRecord extends Operator {
  readonly action: string;
  readonly subject: string;
  /** `ok`, the name of the error, of what lasts also `begun`, and of a stream `cancelled`. */
  readonly outcome: string;
}

/** Writes down what was done or refused. Resolves once it is kept; never rejects. */
export type Audit = (record: AuditRecord) => Promise<void>;

export interface OperatorCall {
  readonly name: MethodName;
  readonly method: AnyMethod;
  readonly operator: Operator;
  readonly request: object;
  readonly signal: AbortSignal;
}

/**
 * Does the work if the operator may, and throws `forbidden` otherwise. A stream is written down before it gives anything away
 * and again at its end, `cancelled` when its reader went first; a single answer when it is there, whoever still hears it, and
 * before as well if it is done in parts.
 */
export async function audited<Result>(
  audit: Audit,
  { name, method, operator, request, signal }: OperatorCall,
  work: () => Promise<Result>,
): Promise<Result> {
  const record = (outcome: string): Promise<void> =>
    audit({ ...operator, action: name, subject: subjectOf(method, request), outcome });
  if (!mayAct(operator.role, method.role)) {
    await record('forbidden');
    const sentence = `${name} needs the role ${method.role}; ${operator.name} is ${operator.role}.`;
    throw new ParleyError('forbidden', { sentence });
  }
  if (method.subject === undefined) return work();
  if (method.streams || IN_PARTS.has(name)) await record('begun');
  const result = await work().catch(async (thrown: unknown) => {
    await record(toParleyError(thrown).kind);
    throw thrown;
  });
  await record(method.streams && signal.aborted ? 'cancelled' : 'ok');
  return result;
}

/** Whatever was sent, it is short, a database takes it, and a terminal shows it as one line. */
function subjectOf({ subject }: AnyMethod, request: object): string {
  const text = subject?.(request) ?? '';
  const short = text.length > SUBJECT_CHARACTERS_MAX ? `${text.slice(0, SUBJECT_CHARACTERS_MAX - 1)}…` : text;
  return short.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
}
