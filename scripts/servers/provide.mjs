// `node scripts/servers/provide.mjs nats cassandra …`: builds or unpacks what is missing of these servers.
import { provideCassandra } from './cassandra.mjs';
import { provideConsul } from './consul.mjs';
import { provideNats } from './nats.mjs';
import { providePostgres } from './postgres.mjs';
import { Complaint } from './run-tool.mjs';

const PROVIDERS = {
  nats: provideNats,
  cassandra: provideCassandra,
  postgres: providePostgres,
  consul: provideConsul,
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(PROVIDERS, name));
if (names.length === 0 || unknown.length > 0) {
  console.error(`usage: provide.mjs ${Object.keys(PROVIDERS).join('|')} …`);
  process.exit(2);
}

let failed = false;
for (const name of names) {
  const started = Date.now();
  try {
    await PROVIDERS[name]();
    console.log(`${name}: there (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    console.error(error.message);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);
