import { describe, expect, it } from 'vitest';
import { ParleyError } from '../core/errors.js';
import { type AuditRecord, audited } from './audited-call.js';
import type { AnyMethod } from './definition.js';
import { METHODS, type MethodName } from './methods.js';
import type { AdminRole } from './roles.js';

/** What is done and what is written down, in one order. */
class Asked {
  readonly order: string[] = [];
  readonly records: AuditRecord[] = [];
  readonly ended = new AbortController();
  role: AdminRole = 'admin';

  async perform(name: MethodName, request: object, work: () => void = () => undefined): Promise<void> {
    const call = {
      ...{ name, request, signal: this.ended.signal, operator: { name: 'root', role: this.role } },
      method: METHODS[name] as unknown as AnyMethod,
    };
    const audit = async (record: AuditRecord): Promise<void> => {
      this.records.push(record);
      this.order.push(record.outcome);
    };
    await audited(audit, call, async () => {
      this.order.push('work');
      work();
    }).catch((error: ParleyError) => this.order.push(`thrown ${error.kind}`));
  }
}

describe('the audit log', () => {
  it('says that a stream has begun before anything of it is given away', async () => {
    const asked = new Asked();
    await asked.perform('ExportUser', { userId: 'alice' });
    expect(asked.order).toEqual(['begun', 'work', 'ok']);
    expect(asked.records[0]).toEqual({
      ...{ name: 'root', role: 'admin', action: 'ExportUser', subject: 'alice', outcome: 'begun' },
    });
  });

  it('does not call a stream done that its reader left', async () => {
    const asked = new Asked();
    await asked.perform('ExportUser', { userId: 'alice' }, () => asked.ended.abort());
    expect(asked.order).toEqual(['begun', 'work', 'cancelled']);
  });

  it('says of a single answer what came of it, heard or not', async () => {
    const asked = new Asked();
    await asked.perform('SuspendUser', { userId: 'alice' }, () => asked.ended.abort());
    await asked.perform('SuspendUser', { userId: 'nobody' }, () => {
      throw new ParleyError('user_not_found');
    });
    expect(asked.order).toEqual(['work', 'ok', 'work', 'user_not_found', 'thrown user_not_found']);
  });

  it('says of a deletion that it has begun, since a part of it may be all that is done', async () => {
    const asked = new Asked();
    await asked.perform('DeleteUser', { userId: 'alice' });
    expect(asked.order).toEqual(['begun', 'work', 'ok']);
  });

  it('has nothing of a mere look, and has what was forbidden', async () => {
    const asked = new Asked();
    asked.role = 'viewer';
    await asked.perform('GetStatus', {});
    await asked.perform('ExportUser', { userId: 'alice' });
    expect(asked.order).toEqual(['work', 'forbidden', 'thrown forbidden']);
  });

  it.each([
    ['x'.repeat(4_000_000), `${'x'.repeat(199)}…`],
    [`${'x'.repeat(198)}🙂🙂`, `${'x'.repeat(198)}\u{fffd}…`],
    ['ali\0ce\r\n2026 root ok', 'ali\u{fffd}ce\u{fffd}\u{fffd}2026 root ok'],
    ['\u{1b}[2J\u{9b}0m\u{2028}', '\u{fffd}[2J\u{fffd}0m\u{fffd}'],
    ['half a pair \ud83d', 'half a pair \u{fffd}'],
    ['a pair 🙂', 'a pair 🙂'],
  ])('has a subject that is short and can be stored and shown: %#', async (userId, subject) => {
    const asked = new Asked();
    await asked.perform('SuspendUser', { userId });
    expect(asked.records[0]?.subject).toBe(subject);
  });
});
