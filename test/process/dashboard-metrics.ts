interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

/** PromQL's own words. */
const FUNCTIONS = new Set(['sum', 'rate', 'histogram_quantile', 'by', 'le', 'instance']);

/** The metrics that the panels of a Grafana dashboard ask for, as `# TYPE` lines name them. */
export function dashboardMetrics(json: string): string[] {
  const { panels } = JSON.parse(json) as Dashboard;
  const names = panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) =>
      [...expr.replaceAll(/\[\w+\]/g, '').matchAll(/[a-z_][a-z0-9_]*/g)].map(([name]) => name),
    ),
  );
  return [...new Set(names.filter((name) => !FUNCTIONS.has(name)).map((name) => name.replace(/_bucket$/, '')))];
}
