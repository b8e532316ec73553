/**
 * The generation of all search indexes of a store. To raise it is to have every index built anew from the log, each when
 * its channel is next used; until then the log is read.
 */
import type { Version } from '../core/epoch.js';
import type { MessageStore } from '../core/store.js';
import { stored } from '../protocol/stored.js';

const PARTITION = 'search';
const KEY = 'generation';

export async function readSearchGeneration(store: MessageStore): Promise<number> {
  const record = await store.readRecord(PARTITION, KEY);
  return record === undefined ? 0 : stored.SearchGeneration.decode(record.value).generation;
}

/** Resolves to the new generation. Nodes that run go on with theirs until they start again. */
export async function raiseSearchGeneration(store: MessageStore): Promise<number> {
  const generation = (await readSearchGeneration(store)) + 1;
  const version: Version = { term: 0, sub: 0, counter: generation };
  const value = stored.SearchGeneration.encode({ generation }).finish();
  await store.write([{ type: 'record', partition: PARTITION, record: { key: KEY, version, value } }]);
  return generation;
}
