// Who may import whom. Order: core → protocol → actors/runtime → storage, directory, push, search, tracing → cluster → actors/channel,
// actors/user → gateway, api, admin → node. Each may import those before it, never beside or after it.
const layers = [
  ['^src/core/'],
  ['^src/protocol/'],
  ['^src/actors/runtime/'],
  ['^src/storage/', '^src/directory/', '^src/push/', '^src/search/', '^src/tracing/'],
  ['^src/cluster/'],
  ['^src/actors/channel/', '^src/actors/user/'],
  ['^src/gateway/', '^src/api/', '^src/admin/'],
  ['^src/node/'],
];

const oneWay = layers.flatMap((rooms, level) =>
  rooms.map((room) => ({
    name: `one-way: ${room}`,
    severity: 'error',
    from: { path: room, pathNot: '(\\.test|conformance)\\.ts$' },
    to: {
      path: [
        ...layers.slice(level + 1).flat(),
        ...rooms.filter((other) => other !== room),
        '^(client|web|bench|cli|checker|test|scripts)/',
      ],
    },
  })),
);

/** A driver is imported in its adapter's folder only (and in bench, beside which it is a baseline). */
const drivers = {
  '^(lmdb)$': '^(src/storage/lmdb|bench)/',
  '^(cassandra-driver)$': '^(src/storage/cassandra|bench)/',
  '^(libsql)$': '^src/directory/sqlite/',
  '^(pg)$': '^src/directory/postgres/',
  '^(kysely)$': '^src/directory/',
  '^(fastify|@fastify/.*)$': '^src/api/',
  '^(uWebSockets\\.js)$': '^(src/gateway|bench)/',
  '^(jose)$': '^src/(directory|api|gateway)/',
  '^(@nats-io/.*)$': '^(src/cluster/bus/nats|bench)/',
  '^(web-push)$': '^src/push/webpush/',
  '^(@opentelemetry/.*)$': '^src/tracing/otlp/',
  '^(google-auth-library)$': '^src/push/fcm/',
  '^(@node-rs/argon2)$': '^src/directory/',
  '^(@grpc/.*|grpc-health-check)$': '^(src/admin|cli)/',
  '^(pino|prom-client|commander)$': '^(src/node|cli)/',
};

export default {
  forbidden: [
    ...oneWay,
    {
      name: 'testing-is-for-tests',
      severity: 'error',
      from: { pathNot: '\\.test\\.tsx?$|/testing/|/conformance[./]|^test/' },
      to: { path: '/testing/|/conformance[./]' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'client-imports-protocol-only',
      severity: 'error',
      from: { path: '^client/', pathNot: '\\.test\\.ts$|/testing/' },
      to: {
        path: '^(src/(?!protocol/|core/(client-bounds|errors|ids|epoch|message-id)\\.ts)|(web|bench|cli|checker|test|scripts)/)',
      },
    },
    {
      name: 'web-imports-client-only',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(src/(?!protocol/|core/client-bounds\\.ts)|(bench|cli|checker|test|scripts)/)' },
    },
    {
      name: 'cli-imports-what-operators-need',
      severity: 'error',
      from: { path: '^cli/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^(src/(?!core/|protocol/|admin/|node/(read-options|server-commands|main|closed-output)\\.ts)|(client|web|bench|checker|test|scripts)/)',
      },
    },
    {
      name: 'bench-imports-no-chat',
      severity: 'error',
      from: { path: '^bench/' },
      to: { path: '^(src/(actors/(channel|user)|gateway|api|admin|node)/|(client|web|cli|test)/)' },
    },
    {
      name: 'checker-imports-nothing',
      severity: 'error',
      from: { path: '^checker/' },
      to: { path: '^(src|client|web|bench|cli|test|scripts)/' },
    },
    {
      name: 'ports-not-adapters',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/node/|\\.test\\.ts$|^src/(storage|directory|cluster/bus|cluster/membership)/',
      },
      to: {
        path: '^src/(storage/(memory|lmdb|cassandra)|directory/(sqlite|postgres)|cluster/bus/(memory|nats)|cluster/membership/(memory|static|consul))/',
      },
    },
    {
      name: 'scripts-run-without-a-build',
      severity: 'error',
      from: { path: '^scripts/' },
      to: { path: '^(src|client|web|bench|cli|checker|test)/' },
    },
    ...Object.entries(drivers).map(([driver, home]) => ({
      name: `driver-at-home: ${driver}`,
      severity: 'error',
      from: { path: '^(src|client|web|bench|cli|checker|test)/', pathNot: `${home}|\\.test\\.ts$` },
      to: { path: `node_modules/${driver.slice(2, -2).replaceAll('\\.', '\\.')}`, dependencyTypesNot: ['type-only'] },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'src/protocol/generated' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
};
