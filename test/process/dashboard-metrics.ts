import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

interface Alerts {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[];
}

/** PromQL's own words, and what Prometheus itself says of a target. */
const OWN_WORDS = new Set('sum rate increase min_over_time histogram_quantile by le instance and or up'.split(' '));

/** The metrics that the panels of a Grafana dashboard ask for, as `# TYPE` lines name them. */
export function dashboardMetrics(json: string): string[] {
  const { panels } = JSON.parse(json) as Dashboard;
  return metricsIn(panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)));
}

/** Those that alert rules ask for. */
export function alertMetrics(yaml: string): string[] {
  const { groups } = parse(yaml) as Alerts;
  return metricsIn(groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)));
}

/** Prometheus's type of each metric that is served at `host:port`, by name. */
export async function metricsServedAt(address: string): Promise<ReadonlyMap<string, string>> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return new Map([...text.matchAll(/^# TYPE (\S+) (\S+)/gm)].map(([, name = '', type = '']) => [name, type]));
}

/** The texts in quotes in Parley's sources: what only a cluster serves is named there. */
export function quotedInSources(): ReadonlySet<string> {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?<!\.test)\.ts$/.test(name),
  );
  const quoted = files.flatMap((name) => [...readFileSync(join('src', name), 'utf8').matchAll(/'(\w+)'/g)]);
  return new Set(quoted.map(([, text = '']) => text));
}

function metricsIn(expressions: readonly string[]): string[] {
  const words = expressions.flatMap((expression) => {
    const bare = expression.replaceAll(/\{[^}]*\}|\[\w+\]/g, '');
    return [...bare.matchAll(/[a-z_][a-z0-9_]*/g)].map(([name]) => name);
  });
  return [...new Set(words.filter((name) => !OWN_WORDS.has(name)).map((name) => name.replace(/_bucket$/, '')))];
}
