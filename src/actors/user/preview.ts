/** The beginning of a text that is longer than this many UTF-16 units, without half of a pair at the end. */
export function previewOf(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  return `${[...text.slice(0, unitsMax)].slice(0, -1).join('')}…`;
}
