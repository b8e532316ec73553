// Cassandra: its jars from Maven, checked against a committed list, run as Cassandra's own scripts run them.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, placeOf, placeOnce } from './cache.mjs';
import { answersCql } from './cql.mjs';
import { copyFromImage } from './image.mjs';
import { findJava } from './java.mjs';
import { pinnedFile } from './repository.mjs';
import { Complaint, runTool } from './run-tool.mjs';

const VERSION = '5.0.9';
const READY_MS = 120_000;

export const CASSANDRA_HINT = 'Run `node scripts/servers/provide.mjs cassandra` (which wants a JDK 17 and Maven).';

/** Where three nodes' ranges begin: without tokens of their own, nodes that start together take each other's. */
export const THREE_TOKENS = ['-9223372036854775808', '-3074457345618258603', '3074457345618258602'];

/**
 * What runs it: a Java runtime and a folder of jars; undefined when one of them is missing.
 * @returns {{ java: string, lib: string } | undefined}
 */
export function findCassandra() {
  const place = placeOf('cassandra', VERSION);
  const lib = join(place, 'lib');
  const own = join(place, 'java', 'bin', 'java');
  const java = existsSync(own) ? own : findJava();
  return java !== undefined && existsSync(lib) ? { java, lib } : undefined;
}

export async function provideCassandra() {
  await placeOnce('cassandra', VERSION, async (folder) => {
    const lib = join(folder, 'lib');
    /** @type {[string, string][]} */
    const own = [
      ['/opt/cassandra/lib', lib],
      ['/opt/java/openjdk', join(folder, 'java')],
    ];
    if (await copyFromImage(`cassandra:${VERSION}`, own)) return;
    await downloadJars(folder, lib);
    checkJars(lib);
  });
  if (findCassandra() === undefined)
    throw new Complaint('Cassandra: no Java 17 on this machine. Install a JDK 17, or a Docker engine.');
}

/** Maven reads its pom in `folder`, so that it writes nothing beside ours. */
async function downloadJars(folder, lib) {
  const logFile = join(cacheFolder(), 'log', 'cassandra-jars.log');
  mkdirSync(dirname(logFile), { recursive: true });
  const pom = join(folder, 'pom.xml');
  copyFileSync(pinnedFile('cassandra', 'pom.xml'), pom);
  const goals = ['dependency:copy-dependencies', `-DoutputDirectory=${lib}`, '-DincludeScope=runtime'];
  const hint = 'Install Maven 3, or a Docker engine.';
  await runTool('mvn', ['-B', '-q', '-f', pom, ...goals], { logFile, hint });
}

function checkJars(lib) {
  const sums = new Map(
    readFileSync(pinnedFile('cassandra', 'jars.sha256'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  );
  const wrong = readdirSync(lib).filter((jar) => {
    const sum = createHash('sha256')
      .update(readFileSync(join(lib, jar)))
      .digest('hex');
    return sums.get(jar) !== sum;
  });
  const lacking = [...sums.keys()].filter((jar) => !existsSync(join(lib, jar)));
  if (wrong.length > 0) throw new Complaint(`Cassandra: jars that are not those of jars.sha256: ${wrong.join(', ')}`);
  if (lacking.length > 0)
    throw new Complaint(`Cassandra: jars of jars.sha256 that did not come: ${lacking.join(', ')}`);
}

/**
 * One node.
 * @typedef {object} NodeOptions
 * @property {string} java
 * @property {string} lib
 * @property {string} folder its data, commit log, configuration and log
 * @property {number} port where it speaks CQL
 * @property {number} storagePort where nodes speak to each other, the same for all of a cluster
 * @property {string} [address]
 * @property {readonly string[]} [seeds] addresses of all nodes
 * @property {string} [token] where its range begins
 * @property {string} [cluster]
 * @property {number} [heapMegabytes]
 * @property {number} [syncWindowMilliseconds] how long a write may wait for others to share its fsync
 * @property {string} [tls] a PEM file with its certificate and key: it speaks TLS to who wants it, asks for passwords, and lets users do what they
 *   are granted; the first, of all rights, is cassandra, with that as the password
 * @property {boolean} [quickStart] only the quick compiler: warm at once, half as fast after minutes
 * @property {number} [jmxPort] for nodetool; none where not said
 */

/**
 * @param {NodeOptions} options
 * @returns {import('./server-process.mjs').Launch}
 */
export function launchCassandra(options) {
  const { java, lib, folder, port, address = '127.0.0.1' } = options;
  return {
    title: `cassandra at ${address}:${port}`,
    program: java,
    args: [
      ...javaFlags(options),
      ...cassandraFlags(options),
      '-cp',
      join(lib, '*'),
      'org.apache.cassandra.service.CassandraDaemon',
    ],
    folder,
    prepare: () => writeConfiguration(options),
    logFile: join(folder, 'cassandra.log'),
    answers: () => answersCql({ port, address }),
    readyMs: READY_MS,
  };
}

/** Whole or not at all, so that a restart never reads half of it. @param {NodeOptions} options */
function writeConfiguration({
  folder,
  port,
  storagePort,
  address = '127.0.0.1',
  seeds = [address],
  token = THREE_TOKENS[0] ?? '',
  cluster = 'parley',
  syncWindowMilliseconds = 2,
  tls,
}) {
  const authenticator = tls === undefined ? 'AllowAllAuthenticator' : 'PasswordAuthenticator';
  const values = { folder, port, storagePort, address, token, cluster, syncWindowMilliseconds, authenticator };
  const filled = { ...values, seeds: seeds.map((seed) => `${seed}:${storagePort}`).join(',') };
  const template =
    readFileSync(pinnedFile('cassandra', 'cassandra.yaml'), 'utf8') + (tls === undefined ? '' : guarded(tls));
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'cassandra.yaml');
  writeFileSync(
    `${file}.new`,
    template.replace(/\$\{(\w+)\}/g, (_, name) => `${filled[name]}`),
  );
  renameSync(`${file}.new`, file);
}

/** @param {string} file */
const guarded = (file) => `
authorizer: CassandraAuthorizer
client_encryption_options:
  enabled: true
  optional: true
  keystore: ${file}
  ssl_context_factory:
    class_name: org.apache.cassandra.security.PEMBasedSslContextFactory
`;

/** @param {NodeOptions} options */
function javaFlags({ lib, heapMegabytes = 512, quickStart = false }) {
  return [
    `-Xms${heapMegabytes}m`,
    `-Xmx${heapMegabytes}m`,
    '-Xss256k',
    '-XX:+UseSerialGC',
    '-XX:MaxDirectMemorySize=256m',
    '-XX:+ExitOnOutOfMemoryError',
    ...(quickStart ? ['-XX:TieredStopAtLevel=1'] : []),
    `-javaagent:${join(lib, 'jamm-0.4.0.jar')}`,
    '-Djdk.attach.allowAttachSelf=true',
    '-Dio.netty.tryReflectionSetAccessible=true',
    '-Djava.net.preferIPv4Stack=true',
    ...modules('--add-exports', EXPORTS),
    ...modules('--add-opens', OPENS),
  ];
}

/** @param {NodeOptions} options */
function cassandraFlags({ folder, jmxPort }) {
  return [
    `-Dcassandra.config=file://${join(folder, 'cassandra.yaml')}`,
    `-Dlogback.configurationFile=${pinnedFile('cassandra', 'logback.xml')}`,
    `-Dcassandra.storagedir=${folder}`,
    `-Dcassandra.logdir=${folder}`,
    `-Dcassandra.triggers_dir=${join(folder, 'triggers')}`,
    '-Dcassandra.ring_delay_ms=0',
    '-Dcassandra.skip_wait_for_gossip_to_settle=0',
    '-Dcassandra.consistent.rangemovement=false',
    '-Dcassandra.superuser_setup_delay_ms=0',
    '-Dcassandra-foreground=yes',
    ...(jmxPort === undefined ? [] : [`-Dcassandra.jmx.local.port=${jmxPort}`]),
  ];
}

/** As Cassandra's jvm17-server.options lists them. */
const EXPORTS = {
  'java.base': ['jdk.internal.misc', 'jdk.internal.ref', 'sun.nio.ch', 'java.lang.ref', 'java.lang.reflect'],
  'java.management.rmi': ['com.sun.jmx.remote.internal.rmi'],
  'java.rmi': ['sun.rmi.registry', 'sun.rmi.server'],
  'java.sql': ['java.sql'],
  'jdk.unsupported': ['sun.misc'],
};

const OPENS = {
  'java.base': [
    'java.io',
    'java.lang',
    'java.lang.module',
    'java.lang.reflect',
    'java.nio',
    'java.util',
    'java.util.concurrent',
    'java.util.concurrent.atomic',
    'jdk.internal.loader',
    'jdk.internal.math',
    'jdk.internal.module',
    'jdk.internal.ref',
    'jdk.internal.reflect',
    'jdk.internal.util.jar',
    'sun.nio.ch',
  ],
  'java.rmi': ['sun.rmi.transport.tcp'],
  'jdk.management': ['com.sun.management.internal'],
};

function modules(flag, packages) {
  return Object.entries(packages).flatMap(([module, names]) =>
    names.map((name) => `${flag}=${module}/${name}=ALL-UNNAMED`),
  );
}
