#!/usr/bin/env node
/** `parley`: reads the options, starts the embedded form, and stops it when asked. */
import { startEmbedded } from './compose.js';
import { type Options, OptionsError, readOptions } from './options.js';
import { createLogger } from './telemetry.js';

/** A stop that takes longer ends all the same, milliseconds. */
const STOP_MAX_MS = 9_500;

function fail(error: unknown): never {
  const sentence = error instanceof Error ? error.message : String(error);
  process.stderr.write(`parley: ${sentence}\n`);
  process.exit(1);
}

function address(options: Options, port: number): string {
  const scheme = options.tlsCert === '' ? 'http' : 'https';
  const host = options.host === '0.0.0.0' ? '127.0.0.1' : options.host;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === undefined) return;
  if ((options.tlsCert === '') !== (options.tlsKey === '')) {
    throw new OptionsError('TLS needs both tls-cert and tls-key.');
  }
  const logger = createLogger(options.logLevel);
  const embedded = await startEmbedded(options, logger, () => {
    fail('another process has taken this data folder over; nothing more is acknowledged here.');
  });
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    process.stdout.write('Parley is stopping: clients move away, actors write down what they hold …\n');
    setTimeout(() => fail('the stop took too long.'), STOP_MAX_MS); // keeps the process alive until then, too
    embedded.stop().then(() => process.exit(0), fail);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.stdout.write(`Parley is ready: ${address(options, embedded.port)} (data in ${options.data})\n`);
}

main().catch(fail);
