// Puts faults in, one after the other and some at the same time, as the seed has it: mostly those that had the fewest effects.

import type { FaultContext, Target } from './fault.ts';
import { FAULTS } from './table.ts';

const EVERY_MS = 18_000;
const CHOICES = 4;

export function startFaults(context: Omit<FaultContext, 'fired'>, fired: (fault: string) => void): void {
  const { sim, random } = context;
  const counts = new Map<string, number>();
  const busy = new Set<Target>();
  const possible = FAULTS.filter(({ isPossible }) => isPossible?.(sim) ?? true);
  const next = (): void => {
    if (sim.isCalm) return;
    sim.later(random.around(EVERY_MS), next);
    const free = possible.filter(({ target }) => !busy.has(target));
    if (free.length === 0) return;
    const some = Array.from({ length: CHOICES }, () => free[random.below(free.length)]).filter(
      (each) => each !== undefined,
    );
    const fault = some.sort((a, b) => (counts.get(a.name) ?? 0) - (counts.get(b.name) ?? 0))[0];
    if (fault === undefined) return;
    let hasFired = false;
    const { target, lastsMs } = fault;
    const isTroubledUntil = (untilUs: number): void => void sim.trouble.set(target, untilUs);
    isTroubledUntil(lastsMs === null ? sim.machine.schedule.nowUs : Number.POSITIVE_INFINITY);
    const end = fault.begin({
      ...context,
      fired() {
        if (hasFired) return;
        hasFired = true;
        counts.set(fault.name, (counts.get(fault.name) ?? 0) + 1);
        fired(fault.name);
      },
    });
    if (lastsMs === null) return;
    busy.add(target);
    const [from, to] = lastsMs;
    sim.later(random.between(from, to), () => {
      busy.delete(target);
      isTroubledUntil(sim.machine.schedule.nowUs);
      end?.();
    });
  };
  sim.later(20_000, next);
}
