/** What a text in Prometheus' format says of a metric without labels; 0 when it does not have it. */
export function metricIn(text: string, name: string): number {
  return Number(new RegExp(`^${name} ([\\d.e+-]+)`, 'm').exec(text)?.[1] ?? 0);
}
