// `node scripts/servers/provide.mjs nats cassandra …`: builds or unpacks what is missing of these servers.
import { pathToFileURL } from 'node:url';
import { provideCassandra } from './cassandra.mjs';
import { provideConsul } from './consul.mjs';
import { provideHaproxy } from './haproxy.mjs';
import { provideNats } from './nats.mjs';
import { provideNetwork } from './network.mjs';
import { providePostgres } from './postgres.mjs';
import { Complaint } from './run-tool.mjs';

const PROVIDERS = {
  nats: provideNats,
  cassandra: provideCassandra,
  postgres: providePostgres,
  consul: provideConsul,
  haproxy: provideHaproxy,
  network: provideNetwork,
};

/** One after the other, each with its time or, in one sentence, what it lacks. False when one lacks something. */
export async function provide(names) {
  let complete = true;
  for (const name of names) {
    const started = Date.now();
    try {
      await PROVIDERS[name]();
      console.log(`${name}: there (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
      console.error(error.message);
      complete = false;
    }
  }
  return complete;
}

async function main(names) {
  const unknown = names.filter((name) => !Object.hasOwn(PROVIDERS, name));
  if (names.length === 0 || unknown.length > 0) {
    console.error(`usage: provide.mjs ${Object.keys(PROVIDERS).join('|')} …`);
    return 2;
  }
  return (await provide(names)) ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exit(await main(process.argv.slice(2)));
