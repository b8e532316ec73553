// Addresses of servers in the environment, as every process of a cluster takes them.

/** The variable that names each server: `host:port`, several with commas between them; PostgreSQL as a URL. */
export const VARIABLES = {
  consul: 'PARLEY_CONSUL',
  nats: 'PARLEY_NATS',
  cassandra: 'PARLEY_CASSANDRA',
  postgres: 'PARLEY_POSTGRES',
};

/** As lines that a shell reads. @param {Record<string, string>} addresses */
export function exportLines(addresses) {
  return Object.entries(VARIABLES)
    .filter(([name]) => addresses[name] !== undefined)
    .map(([name, variable]) => `export ${variable}='${addresses[name]}'\n`)
    .join('');
}
