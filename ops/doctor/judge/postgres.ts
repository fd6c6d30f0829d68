// What PostgreSQL answered, judged. Pure.

import type { SchemaStatus } from '../../../contracts/runtime/postgres/migrations.ts';
import { fail, fatal, type Line, pass, warn } from '../check.ts';

export type ServerFacts = {
  readonly host: string;
  readonly versionNumber: number;
  readonly isEncrypted: boolean;
  /** Reached over a socket of this machine or loopback. */
  readonly isLocal: boolean;
  readonly isStandby: boolean;
  /** It refuses to write although it is no standby: hosters set this when the disk is full. */
  readonly isReadOnly: boolean;
  readonly latencyMs: number;
};

const VERSION_MIN = 140_000;
const SLOW_MS = 500;

export function judgeServer(facts: ServerFacts): readonly Line[] {
  const { host, versionNumber, isEncrypted, isLocal, isStandby, isReadOnly, latencyMs } = facts;
  const text = `${host} is PostgreSQL ${Math.floor(versionNumber / 10_000)} and answers in ${Math.round(latencyMs)} ms`;
  const lines: Line[] = [];
  if (versionNumber < VERSION_MIN) lines.push(fatal(text, 'use PostgreSQL 14 or later.'));
  else if (isStandby)
    lines.push(fatal(`${text}; it is a standby and cannot be written`, 'set DATABASE_URL to the primary.'));
  else if (isReadOnly)
    lines.push(
      fatal(
        `${text}; its transactions are read-only`,
        'free disk space, then default_transaction_read_only=off for the server, the database and the role.',
      ),
    );
  else if (latencyMs > SLOW_MS) lines.push(warn(text, 'look at the load of the server, and at the network.'));
  else lines.push(pass(text));
  if (!isEncrypted && !isLocal) {
    lines.push(warn('the connection is not encrypted', 'add ?sslmode=verify-full to DATABASE_URL.'));
  }
  return lines;
}

const CLOCK_WARN_MS = 1000;
const CLOCK_FAIL_MS = 5000;

/** @param serverMs its time; @param askedMs, @param receivedMs our time before and after it was read */
export function judgeServerClock(serverMs: number, askedMs: number, receivedMs: number): Line {
  const aheadMs = serverMs > receivedMs ? serverMs - receivedMs : serverMs < askedMs ? serverMs - askedMs : 0;
  const text = `its clock is ${Math.abs(Math.round(aheadMs))} ms ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  const fix = 'set the clocks of both machines by NTP (timedatectl set-ntp true).';
  if (Math.abs(aheadMs) > CLOCK_FAIL_MS) return fail(text, fix);
  return Math.abs(aheadMs) > CLOCK_WARN_MS ? warn(text, fix) : pass("its clock agrees with this machine's");
}

export function judgeSchema(status: SchemaStatus): Line {
  if (!status.ok) return fatal(status.problem, 'see "Upgrade and downgrade" in ops/OPERATIONS.md.');
  const { pending, applied } = status;
  if (pending.length === 0) return pass(`${applied.length} migrations are applied`);
  const names = pending.slice(0, 3).map(({ version, name }) => `${String(version).padStart(4, '0')}_${name}`);
  return fatal(`${pending.length} migrations are missing: ${names.join(', ')}`, './unrip migrate');
}

export type RoleFacts = {
  readonly user: string;
  readonly isSuperuser: boolean;
  readonly mayDelete: boolean;
  /** Tables into which it may not write, and functions that it may not call. */
  readonly notWritable: readonly string[];
};

export function judgeRole({ user, isSuperuser, mayDelete, notWritable }: RoleFacts): Line {
  const fix = 'let the history-writer connect as unrip_writer: sql/README.md, "Roles".';
  if (notWritable.length > 0) {
    return fail(
      `${user} may not write or call ${notWritable.slice(0, 5).join(', ')}`,
      `./unrip migrate grants the rights; ${fix}`,
    );
  }
  if (isSuperuser) return warn(`${user} is a superuser`, fix);
  return mayDelete ? warn(`${user} may delete history`, fix) : pass(`${user} may write history and not delete it`);
}

export type LockFacts = {
  readonly waiting: number;
  readonly longestWaitSeconds: number;
  readonly longestIdleSeconds: number;
};

const WAIT_MAX_SECONDS = 5;
const IDLE_MAX_SECONDS = 300;

export function judgeLocks({ waiting, longestWaitSeconds, longestIdleSeconds }: LockFacts): Line {
  if (waiting > 0 && longestWaitSeconds > WAIT_MAX_SECONDS) {
    return fail(
      `${waiting} statements have waited for a lock, one for ${Math.round(longestWaitSeconds)} s`,
      'find who holds it (pg_blocking_pids), and end that session (pg_terminate_backend).',
    );
  }
  if (longestIdleSeconds > IDLE_MAX_SECONDS) {
    return warn(
      `a transaction has been open and idle for ${Math.round(longestIdleSeconds)} s`,
      'end that session: it keeps migrations and VACUUM waiting.',
    );
  }
  return pass('no statement waits for a lock');
}
