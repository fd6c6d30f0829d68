// kcat, a Kafka client that shares no code with ours but librdkafka's protocol: reads what is on a topic as others would.

import { run } from '../stack/run.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';

const INSTALL_LIMIT_MS = 300_000;
const READ_LIMIT_MS = 60_000;

/** Its path; null, with a loud word, where it is not there and cannot be installed. */
export async function findKcat(): Promise<string | null> {
  const found = Bun.which('kcat');
  if (found !== null) return found;
  if (process.getuid?.() === 0 && Bun.which('apt-get') !== null) {
    const env = toolEnvironment({ DEBIAN_FRONTEND: 'noninteractive' });
    try {
      await run(['apt-get', 'update', '-qq'], { env, limitMs: INSTALL_LIMIT_MS });
      await run(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'kcat'], {
        env,
        limitMs: INSTALL_LIMIT_MS,
      });
    } catch (error) {
      process.stderr.write(`kcat could not be installed: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  const installed = Bun.which('kcat');
  if (installed === null) {
    process.stderr.write(
      'NO KCAT: topics are not read with a foreign client. apt-get install kcat | brew install kcat\n',
    );
  }
  return installed;
}

/** Values of a topic from a moment on, in the order of each partition. */
export async function readTopic(
  kcat: string,
  brokers: string,
  topic: string,
  sinceMs: number,
): Promise<readonly string[]> {
  // Values are JSON, which has no byte of that kind in it; an empty value is distinguished from the end by the last separator.
  const argv = [kcat, '-b', brokers, '-C', '-t', topic, '-o', `s@${sinceMs}`, '-e', '-q', '-f', '%s\\x1e'];
  const text = await run(argv, { limitMs: READ_LIMIT_MS });
  return text.split('\x1e').slice(0, -1);
}
