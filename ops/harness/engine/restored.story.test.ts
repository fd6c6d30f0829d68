// A state directory that was put back from a backup: the engine that runs on it does not know what was signed since.

import { expect, test } from 'bun:test';
import { cpSync, rmSync } from 'node:fs';
import { fastClock, makeSetting, startEngineOn } from './engine.fixture.ts';

const LIMIT_MS = 60_000;

test(
  'on a restored state directory nothing is signed until an operator has accepted that it is one',
  async () => {
    const clock = fastClock(1);
    const setting = makeSetting(clock);
    const backup = `${setting.stateDir}-backup`;
    try {
      const first = await startEngineOn(setting, clock);
      await first.ready();
      await first.engine.drain(200);
      cpSync(setting.stateDir, backup, { recursive: true, preserveTimestamps: true });

      const again = await startEngineOn(setting, clock);
      expect(again.control.executor.openFindings()).toEqual([]);
      await again.engine.drain(200);

      rmSync(setting.stateDir, { recursive: true });
      cpSync(backup, setting.stateDir, { recursive: true, preserveTimestamps: true });
      const restored = await startEngineOn(setting, clock);
      expect(restored.control.executor.openFindings()).toEqual([expect.stringContaining('restored')]);
      expect(restored.control.executor.state().recovery_findings).toHaveLength(1);
      await restored.engine.drain(200);
    } finally {
      await setting.close();
    }
  },
  LIMIT_MS,
);
