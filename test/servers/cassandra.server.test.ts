import { expect, it } from 'vitest';
import { answersCql } from '../../scripts/servers/cql.mjs';
import { CASSANDRA_HINT, CassandraServer, findCassandra } from './cassandra-server.js';
import { describeWith } from './requirement.js';

const NODES_MS = 180_000;

// Three nodes, of which some die and come back: src/storage/cassandra/outages.server.test.ts.
describeWith('real Cassandra', findCassandra(), CASSANDRA_HINT, (program) => {
  it('starts, dies, comes back at its address, and does not answer while it is paused', {
    timeout: NODES_MS,
  }, async () => {
    const server = await CassandraServer.start(program);
    try {
      const [node] = server.nodes;
      if (node === undefined) throw new Error('no node');
      expect(await answersCql(node)).toBe(true);
      await node.kill();
      expect(await answersCql(node)).toBe(false);
      await node.start();
      node.pause();
      expect(await answersCql(node)).toBe(false);
      node.resume();
      expect(await answersCql(node)).toBe(true);
    } finally {
      await server.remove();
    }
  });
});
