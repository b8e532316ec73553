import { expect, it } from 'vitest';
import { createVersionTable, MIGRATIONS } from './schema.js';

it('gives every table an id that is made from its name, whoever makes it, and however often', () => {
  const made = (keyspace: string) => [
    createVersionTable(keyspace),
    ...MIGRATIONS.flatMap((migration) => migration((name) => `${keyspace}.${name}`)),
  ];
  const ids = (keyspace: string) =>
    made(keyspace)
      .filter((statement) => statement.startsWith('CREATE TABLE'))
      .map(
        (statement) =>
          / WITH ID = ([0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12})/.exec(statement)?.[1],
      );
  expect(ids('parley')).toEqual(ids('parley'));
  expect(new Set([...ids('parley'), ...ids('other')]).size).toBe(2 * ids('parley').length);
  expect(ids('parley')).not.toContain(undefined);
});
