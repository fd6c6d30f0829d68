// The roles of the local server: its administrator, who makes databases, and those of sql/roles.sql, who own, write and read
// one. Their passwords follow from the administrator's, which does not follow from theirs: whoever may make a database knows
// all of its roles, and nothing has to be kept for them.

import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { CHECKOUT } from '../directory.ts';

/** One database, as each of its roles; with passwords. */
export type DatabaseUrls = {
  /** Migrates. */
  readonly owner: string;
  /** The history-writer's. */
  readonly writer: string;
  /** For people and queries. */
  readonly reader: string;
};

const ROLES_FILE = join(CHECKOUT, 'sql/roles.sql');
const NAMES = { owner: 'unrip_owner', writer: 'unrip_writer', reader: 'unrip_reader' } as const;

/** The database that the administrator's URL names, as its other roles. */
export function urlsOf(adminUrl: string): DatabaseUrls {
  const as = (name: string): string => {
    const url = new URL(adminUrl);
    url.password = passwordOf(adminUrl, name);
    url.username = name;
    return url.href;
  };
  return { owner: as(NAMES.owner), writer: as(NAMES.writer), reader: as(NAMES.reader) };
}

/** Makes the roles where they are missing, and gives them the database that the URL names. */
export async function makeRoles(adminUrl: string): Promise<void> {
  await asAdmin(adminUrl, (sql) => sql.unsafe(readFileSync(ROLES_FILE, 'utf8')));
}

/** After `makeRoles`. */
export async function setPasswords(adminUrl: string): Promise<void> {
  await asAdmin(adminUrl, async (sql) => {
    // Its text is a literal, as the statement takes no parameters: a password of these characters needs no quoting.
    for (const name of Object.values(NAMES))
      await sql.unsafe(`alter role ${name} password '${passwordOf(adminUrl, name)}'`);
  });
}

function passwordOf(adminUrl: string, name: string): string {
  const key = decodeURIComponent(new URL(adminUrl).password);
  return createHmac('sha256', key).update(name).digest('base64url');
}

/** One connection of the administrator. */
export async function asAdmin(url: string, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 2 });
  }
}
