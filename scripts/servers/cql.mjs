// As much of Cassandra's wire protocol, version 4, as it takes to ask a node whether it serves.
import { connect } from 'node:net';
import { says } from './server-process.mjs';

const HEADER_BYTES = 9;
const OPCODE = { error: 0x00, startup: 0x01, ready: 0x02, options: 0x05, supported: 0x06, query: 0x07, result: 0x08 };
const CONSISTENCY_ALL = 0x0005;

function frame(opcode, body = Buffer.alloc(0)) {
  const header = Buffer.from([0x04, 0, 0, 0, opcode, 0, 0, 0, 0]);
  header.writeUInt32BE(body.length, 5);
  return Buffer.concat([header, body]);
}

function shortString(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function query(text, consistency) {
  const bytes = Buffer.from(text);
  const body = Buffer.alloc(4 + bytes.length + 3);
  body.writeUInt32BE(bytes.length, 0);
  bytes.copy(body, 4);
  body.writeUInt16BE(consistency, 4 + bytes.length);
  return frame(OPCODE.query, body);
}

/**
 * Whether the node takes clients: it opens that port at the end of its start.
 * @param {{ port: number, address: string }} node
 */
export function answersCql({ port, address }) {
  return says({ port, address, greeting: frame(OPCODE.options), accepts: (said) => said[4] === OPCODE.supported });
}

/**
 * Whether the node reaches all replicas of a table that Cassandra keeps three times, so that three nodes are together.
 * @param {{ port: number, address: string, waitMs?: number }} node
 * @returns {Promise<boolean>}
 */
export function seesThreeReplicas({ port, address, waitMs = 5_000 }) {
  const startup = frame(
    OPCODE.startup,
    Buffer.concat([Buffer.from([0, 1]), shortString('CQL_VERSION'), shortString('3.0.0')]),
  );
  const question = query('SELECT keyspace_name FROM system_distributed.view_build_status', CONSISTENCY_ALL);
  return new Promise((resolve) => {
    const socket = connect(port, address);
    const timer = setTimeout(() => end(false), waitMs);
    const end = (outcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    let said = Buffer.alloc(0);
    socket.once('connect', () => socket.write(startup));
    socket.on('data', (bytes) => {
      said = Buffer.concat([said, bytes]);
      while (said.length >= HEADER_BYTES && said.length >= HEADER_BYTES + said.readUInt32BE(5)) {
        const opcode = said[4];
        said = said.subarray(HEADER_BYTES + said.readUInt32BE(5));
        if (opcode === OPCODE.ready) socket.write(question);
        else end(opcode === OPCODE.result);
      }
    });
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}
