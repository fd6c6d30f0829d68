// What a real Kafka needs: a Java runtime and Kafka's jars. The jars come from Maven Central through Maven, once per
// version into the user's cache; as root on Debian a missing Java or Maven is installed, elsewhere the line to do it is said.

import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT, cacheDir } from '../directory.ts';
import { withLock } from '../lock.ts';
import { run } from '../run.ts';
import { reachableCache, type ServerUser } from '../system-user.ts';
import { toolEnvironment } from '../tool-environment.ts';

export const KAFKA_VERSION = '4.1.0';
const JARS = `kafka-${KAFKA_VERSION}`;
/** Of the line that Kafka's own jars use; without it Kafka says nothing at all, not even why it does not start. */
const LOGGER_VERSION = '1.7.36';
const MAVEN_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
/** Of every jar, as `sha256sum` writes them. */
export const JAR_CHECKSUMS = join(CHECKOUT, 'ops/stack/kafka-jars.sha256');
const OLDEST_JAVA = 17;
const INSTALL_LIMIT_MS = 600_000;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>unrip</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>${LOGGER_VERSION}</version></dependency>
  </dependencies>
</project>
`;

export type KafkaPrograms = { readonly java: string; readonly jarsDir: string };

/** No real Kafka can be had here; the message says what to install. */
export class KafkaUnavailable extends Error {}

/** Finds or fetches what is needed, for a broker of this user; fails with `KafkaUnavailable` where only a person can help. */
export async function findKafka(user: ServerUser, progress: (line: string) => void): Promise<KafkaPrograms> {
  const cache = reachableCache(user);
  const jarsDir = join(cache, JARS);
  const own = join(cacheDir(), JARS);
  if (!isComplete(jarsDir) && isComplete(own)) {
    await withLock(join(cache, 'kafka.lock'), lockOptions(cache, progress), async () => copyJars(own, jarsDir));
  }
  const haveJars = () => isComplete(jarsDir);
  let java = findJava(user);
  if (java === null || !(haveJars() || Bun.which('mvn'))) {
    await withLock(join(cache, 'kafka.lock'), lockOptions(cache, progress), async () => {
      java = findJava(user);
      await installMissing({ java: java === null, maven: !(haveJars() || Bun.which('mvn')) }, progress);
      java = findJava(user);
    });
  }
  if (java === null) throw new KafkaUnavailable(advice('a Java runtime 17 or newer'));
  if (!haveJars()) {
    await withLock(join(cache, 'kafka.lock'), lockOptions(cache, progress), async () => {
      if (!haveJars()) await fetchJars(jarsDir, progress);
    });
  }
  return { java, jarsDir };
}

function lockOptions(cache: string, progress: (line: string) => void) {
  return { limitMs: INSTALL_LIMIT_MS, what: `the cache in ${cache}`, progress };
}

function findJava(user: ServerUser): string | null {
  const home = process.env['JAVA_HOME'];
  const candidates = [
    ...(home === undefined ? [] : [join(home, 'bin/java')]),
    ...[Bun.which('java')].filter((java) => java !== null),
    ...globSync('/usr/lib/jvm/*/bin/java'),
    ...globSync('/Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java'),
    ...globSync('/{opt/homebrew,usr/local,home/linuxbrew/.linuxbrew}/opt/openjdk*/bin/java'),
  ];
  return candidates.find((java) => existsSync(java) && javaMajor(java, user) >= OLDEST_JAVA) ?? null;
}

/** 0 when it is none (macOS has a `java` that only says that there is no Java). */
function javaMajor(java: string, user: ServerUser): number {
  const said = Bun.spawnSync(user.as([java, '-version']), { cwd: '/', env: toolEnvironment(), stdout: 'ignore' });
  const version = /version "(\d+)/.exec(said.stderr.toString());
  return said.exitCode === 0 && version !== null ? Number(version[1]) : 0;
}

const isComplete = (jarsDir: string): boolean => existsSync(join(jarsDir, `kafka_2.13-${KAFKA_VERSION}.jar`));

/** From the cache of root, which the broker's user cannot enter. */
function copyJars(from: string, jarsDir: string): void {
  if (isComplete(jarsDir)) return;
  const unfinished = `${jarsDir}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  for (const jar of readdirSync(from)) copyFileSync(join(from, jar), join(unfinished, jar));
  rmSync(jarsDir, { recursive: true, force: true });
  renameSync(unfinished, jarsDir);
}

async function fetchJars(jarsDir: string, progress: (line: string) => void): Promise<void> {
  progress(`fetching Kafka ${KAFKA_VERSION} from Maven Central (about 43 MB, once for this user)`);
  const unfinished = `${jarsDir}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  writeFileSync(join(unfinished, 'pom.xml'), POM);
  // -C: what does not match the checksum of its repository is an error, the plugin's own files included.
  const maven = [
    'mvn',
    '-q',
    '-B',
    '-C',
    '-f',
    unfinished,
    `${MAVEN_PLUGIN}:copy-dependencies`,
    '-DoutputDirectory=jars',
  ];
  try {
    await run(maven, { cwd: unfinished, limitMs: INSTALL_LIMIT_MS });
    const faults = jarFaults(join(unfinished, 'jars'), readFileSync(JAR_CHECKSUMS, 'utf8'));
    if (faults.length > 0)
      throw new Error(`the downloaded files differ from the pinned ones: ${faults.slice(0, 5).join('; ')}`);
  } catch (cause) {
    throw new KafkaUnavailable(`Kafka's jars could not be fetched: ${messageOf(cause)}`, { cause });
  }
  rmSync(jarsDir, { recursive: true, force: true });
  renameSync(join(unfinished, 'jars'), jarsDir);
  rmSync(unfinished, { recursive: true });
}

/** Jars that are missing, not listed, or not those that the list was made from. */
export function jarFaults(jarsDir: string, list: string): string[] {
  const wanted = new Map(
    list
      .trim()
      .split('\n')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  );
  const present = readdirSync(jarsDir);
  const faults = [...wanted.keys()].filter((jar) => !present.includes(jar)).map((jar) => `${jar} is missing`);
  for (const jar of present) {
    const sum = new Bun.CryptoHasher('sha256').update(readFileSync(join(jarsDir, jar))).digest('hex');
    if (!wanted.has(jar)) faults.push(`${jar} is not listed`);
    else if (wanted.get(jar) !== sum) faults.push(`${jar} has another checksum`);
  }
  return faults;
}

async function installMissing(
  missing: { readonly java: boolean; readonly maven: boolean },
  progress: (line: string) => void,
): Promise<void> {
  const names = [...(missing.java ? ['a Java runtime 17 or newer'] : []), ...(missing.maven ? ['Maven'] : [])];
  if (names.length === 0) return;
  if (process.getuid?.() !== 0 || Bun.which('apt-get') === null)
    throw new KafkaUnavailable(advice(names.join(' and ')));
  progress(`Kafka needs ${names.join(' and ')}: installing with apt-get`);
  const env = toolEnvironment({ DEBIAN_FRONTEND: 'noninteractive' });
  try {
    await run(['apt-get', 'update', '-qq'], { env, limitMs: INSTALL_LIMIT_MS });
    const packages = [...(missing.java ? [await javaPackage()] : []), ...(missing.maven ? ['maven'] : [])];
    const install = ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages];
    await run(install, { env, limitMs: INSTALL_LIMIT_MS });
  } catch (cause) {
    throw new KafkaUnavailable(`${messageOf(cause)}\n${advice(names.join(' and '))}`, { cause });
  }
}

/** The newest suitable runtime that this release of the distribution offers. */
async function javaPackage(): Promise<string> {
  for (const major of [25, 21, OLDEST_JAVA]) {
    const name = `openjdk-${major}-jre-headless`;
    const said = await run(['apt-cache', 'policy', name], { limitMs: 60_000 });
    if (/Candidate: \d/.test(said)) return name;
  }
  throw new KafkaUnavailable(advice('a Java runtime 17 or newer'));
}

function advice(missing: string): string {
  return (
    `a real Kafka needs ${missing}. Install with one of: apt-get install openjdk-17-jre-headless maven | ` +
    'dnf install java-17-openjdk-headless maven | brew install openjdk@17 maven'
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
