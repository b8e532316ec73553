/** Text for a terminal: tables, sizes, times. */

/** Rows under their headings, columns as wide as they must be; numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [headings, ...rows].map((row) => row.map(String));
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
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
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
