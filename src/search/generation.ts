/**
 * The generation of all search indexes of a store: how often an operator had them rebuilt, and what this build takes for a
 * word. Where either is another, every index is built anew from the log, each when its channel is next used; until then the
 * log is read.
 */
import type { Version } from '../core/epoch.js';
import type { MessageStore } from '../core/store.js';
import { stored } from '../protocol/stored.js';
import { TOKENS_VERSION } from './tokens.js';

const PARTITION = 'search';
const KEY = 'generation';

/** Above every version of the tokens. */
const REBUILT = 256;

export async function readSearchGeneration(store: MessageStore): Promise<number> {
  return (await timesRebuilt(store)) * REBUILT + TOKENS_VERSION;
}

/** Nodes that run go on with their generation until they start again. */
export async function raiseSearchGeneration(store: MessageStore): Promise<void> {
  const generation = (await timesRebuilt(store)) + 1;
  const version: Version = { term: 0, sub: 0, counter: generation };
  const value = stored.SearchGeneration.encode({ generation }).finish();
  await store.write([{ type: 'record', partition: PARTITION, record: { key: KEY, version, value } }]);
}

async function timesRebuilt(store: MessageStore): Promise<number> {
  const record = await store.readRecord(PARTITION, KEY);
  return record === undefined ? 0 : stored.SearchGeneration.decode(record.value).generation;
}
