// A Java runtime of the version that Cassandra runs on.
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findInPath } from './cache.mjs';

const MAJOR = '17';
const JAVA_HOMES = '/usr/lib/jvm';

/** The version that the file beside it names: asking the program itself takes a second on a busy machine. */
function isRight(java) {
  const release = join(dirname(realpathSync(java)), '..', 'release');
  return existsSync(release) && readFileSync(release, 'utf8').includes(`JAVA_VERSION="${MAJOR}.`);
}

/** The program `java` of a JDK or JRE 17: JAVA_HOME's, the PATH's, or one of Debian's; undefined when there is none. */
export function findJava() {
  const { JAVA_HOME } = process.env;
  const homes = existsSync(JAVA_HOMES) ? readdirSync(JAVA_HOMES).map((name) => join(JAVA_HOMES, name)) : [];
  const places = [
    ...(JAVA_HOME ? [join(JAVA_HOME, 'bin', 'java')] : []),
    findInPath('java') ?? '',
    ...homes.map((home) => join(home, 'bin', 'java')),
  ];
  return places.find((place) => existsSync(place) && isRight(place));
}
