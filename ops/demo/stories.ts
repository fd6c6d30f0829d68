// The stories that a demo tells: of settled quotes in both directions and of both kinds, each whole where that can be had,
// by the functions behind `./unrip trace`.

import { openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { loadRecords } from '../trace/load.ts';
import { renderStory, type Style } from '../trace/render.ts';
import { tellStory } from '../trace/story.ts';
import type { SettledQuote } from './history.ts';
import { candidatesOf, chooseStories, type SettledStory } from './verdict.ts';

export type CompleteStory = SettledStory & { readonly heading: string; readonly text: string };

type StoryOptions = { readonly databaseUrl: string; readonly accountId: string; readonly style: Style };

/** One story for each direction; a whole one is preferred to the first. */
export async function tellStories(
  settled: readonly SettledQuote[],
  { databaseUrl, accountId, style }: StoryOptions,
): Promise<readonly CompleteStory[]> {
  const sql = openDatabase(databaseUrl, { name: 'unrip-demo', connections: 1, statementTimeoutMs: null });
  try {
    const byQuote = new Map<string, CompleteStory>();
    for (const quote of settled) {
      const whole = [...byQuote.values()].filter(({ missing }) => missing.length === 0);
      if (candidatesOf(whole).length === candidatesOf(settled).length) break;
      const story = await load(quote);
      if (story !== null) byQuote.set(quote.quoteId, story);
    }
    const stories = [...byQuote.values()];
    const whole = stories.filter(({ missing }) => missing.length === 0);
    const chosen = chooseStories(candidatesOf([...whole, ...stories]));
    return chosen.flatMap(({ quoteId }) => byQuote.get(quoteId) ?? []);
  } finally {
    await sql.end({ timeout: 2 });
  }

  async function load(quote: SettledQuote): Promise<CompleteStory | null> {
    const loaded = await loadRecords(sql, quote.quoteId, accountId);
    if (loaded.kind !== 'found') return null;
    const story = tellStory(loaded.records);
    const kind = quote.kind === 'exact_in' ? 'fixes the amount in' : 'fixes the amount out';
    const heading = `a settled quote, ${quote.direction}; the request ${kind}`;
    return { ...quote, missing: story.missing, heading, text: renderStory(story, style) };
  }
}
