// `make test`: the checks and the tests that need no servers first, while what takes long to build is built beside them
// at low priority; then the tests on real servers. Each stage prints its time. Arguments: some test files only.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const LOWEST_PRIORITY = 19;
const BUILT_BESIDE = ['cassandra', 'nats', 'consul'];
/** Files at once without servers: many wait for what their processes do, so that two leave two cores idle for a quarter. */
const QUICK_WORKERS = 3;
const PROVIDE_LOG = '.cache/provide.log';

const filters = process.argv.slice(2);
const inCi = process.env.CI === 'true';
const started = Date.now();
const stages = [];

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(0)} s`;

function stage(title, since, outcome = '') {
  const line = `${title}: ${seconds(since)}${outcome}`;
  stages.push(line);
  console.log(`── ${line}`);
}

function end(status) {
  console.log(`\n${stages.map((line) => `  ${line}`).join('\n')}\n  in all: ${seconds(started)}`);
  process.exit(status);
}

function tryStage(title, program, args) {
  const at = Date.now();
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  stage(title, at, status === 0 ? '' : ', FAILED');
  return status ?? 1;
}

function run(title, program, args) {
  const status = tryStage(title, program, args);
  if (status !== 0) end(status);
}

/** As vitest picks files: any argument is a part of the path. */
function wantsServers() {
  const listed = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '*.server.test.ts'], { encoding: 'utf8' });
  const files = listed.stdout.split('\n').filter((file) => file !== '');
  return filters.length === 0 || files.some((file) => filters.some((filter) => file.includes(filter)));
}

/** Resolves to whether all of them are there; a second run finds them in the cache at once. */
function provideBeside() {
  mkdirSync('.cache', { recursive: true });
  const log = openSync(PROVIDE_LOG, 'w');
  const child = spawn(process.execPath, ['scripts/servers/provide.mjs', ...BUILT_BESIDE], {
    stdio: ['ignore', log, log],
  });
  if (child.pid !== undefined) setPriority(child.pid, LOWEST_PRIORITY);
  process.once('exit', () => child.kill());
  return new Promise((resolve) => child.once('exit', (code) => resolve(code === 0)));
}

async function serverTests(provided, installed) {
  const at = Date.now();
  const complete = (await provided) && installed;
  stage('waiting for the servers to be built', at);
  console.log(readFileSync(PROVIDE_LOG, 'utf8').trimEnd());
  if (!complete) {
    console.error('\n!! NOT EVERY SERVER IS THERE (see above): the tests that need it are skipped, and say so.\n');
    if (inCi) {
      console.error('With CI=true that is a failure.');
      end(1);
    }
  }
  run('tests on real servers', 'npx', ['vitest', 'run', '--project', 'servers', '--passWithNoTests', ...filters]);
}

// One that installs packages at a time: those of the distribution are stages, and not built beside.
const provided = wantsServers() ? provideBeside() : undefined;
run('build', process.execPath, ['scripts/build.mjs']); // first: the compiler then knows all types when they are checked
run('check', process.execPath, ['scripts/check.mjs']);
run('browser', 'scripts/install-chromium.sh', []);
const installed =
  tryStage('packages', process.execPath, ['scripts/servers/provide.mjs', 'postgres', 'haproxy', 'network']) === 0;
const onSome = filters.length > 0 ? ['--passWithNoTests', ...filters] : [];
const quick = ['vitest', 'run', '--project', 'quick*', `--maxWorkers=${QUICK_WORKERS}`];
run('tests without servers', 'npx', [...quick, ...onSome]);
if (provided !== undefined) await serverTests(provided, installed);
end(0);
