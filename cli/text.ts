/** Text for a terminal: tables, sizes, times. What others wrote has no say there: no escape sequence, no line of its own. */
import { UNPRINTABLE } from '../src/core/unprintable.js';

const EACH_UNPRINTABLE = new RegExp(UNPRINTABLE, 'gu');
const EACH_BUT_LINE_BREAKS = new RegExp(`(?!\\n)${UNPRINTABLE.source}`, 'gu');

const escaped = (character: string): string =>
  character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** In one line, with what is not shown as itself as escapes, as JSON writes them. */
export const printable = (text: string): string => text.replace(EACH_UNPRINTABLE, escaped);

/** The same in as many lines as it has. */
export const printableLines = (text: string): string => text.replace(EACH_BUT_LINE_BREAKS, escaped);

/** The value as JSON in one line, which a terminal shows as well. */
export const jsonLine = (value: unknown): string => printable(JSON.stringify(value));

/** Rows under their headings, columns as wide as they must be; numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [headings, ...rows].map((row) => row.map((cell) => printable(String(cell))));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const right = headings.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  return cells
    .map((row) =>
      row
        .map((cell, column) => (right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Name and value, one a line. */
export function facts(pairs: readonly (readonly [string, string | number])[]): string {
  const shown = pairs.map(([name, value]) => [printable(name), printable(String(value))] as const);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

export const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;

export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

export const instant = (ms: number): string => (ms === 0 ? '–' : new Date(ms).toISOString().replace('T', ' '));

/** A part of a whole as a bar. */
export function bar(done: number, total: number, width = 30): string {
  const part = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(part * width);
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${String(Math.floor(part * 100)).padStart(3)} %`;
}

/** A line that is written over itself while something goes on; nothing where nobody looks. */
export class ProgressLine {
  private readonly shown = process.stderr.isTTY === true;

  show(text: string): void {
    if (this.shown) process.stderr.write(`\r\u001b[2K${text}`);
  }

  clear(): void {
    if (this.shown) process.stderr.write('\r\u001b[2K');
  }
}
