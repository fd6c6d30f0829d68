// Prometheus' own checker on the metrics of engine and history-writer. It comes with Prometheus, not from a registry of
// packages: where it is not installed, nothing is judged.

import { readFileSync } from 'node:fs';
import { toolEnvironment } from '../stack/tool-environment.ts';
import type { Judge } from './judge.ts';

export const judge: Judge = {
  name: 'metrics',
  summary: 'promtool check metrics on /metrics of engine and history-writer, where promtool is installed',
  async run({ rig }) {
    const promtool = Bun.which('promtool');
    if (promtool === null) {
      console.log('NO PROMTOOL: metrics are not judged. apt-get install prometheus | brew install prometheus');
      return [];
    }
    const { engine, historyWriter } = await rig();
    return await Promise.all(
      [engine(), historyWriter].map(async ({ name, url, tokenFile }) => {
        const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`;
        const text = await (await fetch(`${url}/metrics`, { headers: { authorization } })).text();
        const child = Bun.spawn([promtool, 'check', 'metrics'], {
          env: toolEnvironment(),
          stdin: Buffer.from(text),
          stdout: 'pipe',
          stderr: 'pipe',
        });
        const said = `${await child.stdout.text()}${await child.stderr.text()}`.trim();
        return { name: `${name}: /metrics`, fault: (await child.exited) === 0 && said === '' ? null : said };
      }),
    );
  },
};
