import { describe, expect, it } from 'vitest';
import { facts, jsonLine, printable, printableLines, table } from './text.js';

const HOSTILE = 'x\u001b]0;owned\u0007\u009b2J\n2026-01-01 forged\u2028\u202ecod.exe';
const HARMLESS = 'x\\u001b]0;owned\\u0007\\u009b2J\\n2026-01-01 forged\\u2028\\u202ecod.exe';

describe('text of others on a terminal', () => {
  it('is shown with its control characters, line breaks and marks of direction as escapes', () => {
    expect(printable(HOSTILE)).toBe(HARMLESS);
    expect(printable('Grüße, 東京 \u{1f600}, שלום')).toBe('Grüße, 東京 \u{1f600}, שלום');
    expect(printable('half \ud83d')).toBe('half \\ud83d');
  });

  it('makes no line of its own in a table or among facts', () => {
    expect(table(['who', HOSTILE], [[HOSTILE, 1]]).split('\n')).toEqual([
      `${'who'.padEnd(HARMLESS.length)}  ${HARMLESS}`,
      `${HARMLESS}  ${'1'.padStart(HARMLESS.length)}`,
    ]);
    expect(facts([[HOSTILE, HOSTILE]])).toBe(`${HARMLESS}  ${HARMLESS}`);
  });

  it('keeps its line breaks where it is shown as lines', () => {
    expect(printableLines('one\ntwo\r\u001b[2J\n')).toBe('one\ntwo\\u000d\\u001b[2J\n');
  });

  it('is the same value in JSON, without any of these characters', () => {
    const line = jsonLine({ text: HOSTILE });
    expect(JSON.parse(line)).toEqual({ text: HOSTILE });
    expect(line).toBe(`{"text":"${HARMLESS}"}`);
  });
});
