/** A memory store that notes every call and whose next calls can be held back or made to fail. */
import { type ErrorName, ParleyError } from '../../src/core/errors.js';
import type { Storage, StoreWrite } from '../../src/core/store.js';
import { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import { type Around, openMemory, type StoreOperation } from '../../src/storage/memory/memory-storage.js';

interface Rule {
  /** Fails with this, after the operation happened (`applied`) or without it. */
  readonly error?: ErrorName;
  readonly applied?: boolean;
  /** Waits for this before the operation happens. */
  readonly until?: Promise<void>;
  /** Waits for this after it happened, before it is answered. */
  readonly answerAfter?: Promise<void>;
}

export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

export class ScriptedStore {
  readonly place = new MemoryPlace();
  readonly calls: StoreOperation[] = [];
  private readonly rules = new Map<StoreOperation['type'], Rule[]>();

  /** The next call of this type goes by `rule`; several queue up. */
  next(type: StoreOperation['type'], rule: Rule): void {
    const rules = this.rules.get(type) ?? [];
    rules.push(rule);
    this.rules.set(type, rules);
  }

  count(type: StoreOperation['type']): number {
    return this.calls.filter((call) => call.type === type).length;
  }

  get batches(): (readonly StoreWrite[])[] {
    return this.calls.flatMap((call) => (call.type === 'write' ? [call.batch] : []));
  }

  open(incarnation: string, fencesWrites = true): Storage {
    return openMemory({ place: this.place, incarnation, fencesWrites, around: this.around });
  }

  private readonly around: Around = async (operation, apply) => {
    this.calls.push(operation);
    const rule = this.rules.get(operation.type)?.shift() ?? {};
    await rule.until;
    if (rule.error !== undefined && rule.applied !== true) throw new ParleyError(rule.error);
    const answer = apply();
    await rule.answerAfter;
    if (rule.error !== undefined) throw new ParleyError(rule.error);
    return answer;
  };
}
