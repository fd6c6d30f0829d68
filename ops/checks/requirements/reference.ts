// What the market reference has to do: a fair price of the pair from Kraken and CoinGecko, and what it is worth.

import type { OpenRequirement, Requirement } from './requirement.ts';

const FALLBACK = 'engine/reference/fallback.test.ts';
const PART = 'engine/reference/reference.test.ts';
const PRICE = 'engine/reference/price.test.ts';
const COINGECKO = 'engine/reference/coingecko/poll.test.ts';
const ROUTES = 'engine/control/control.test.ts';
const STORY = 'ops/harness/engine/engine.story.test.ts';

export const REFERENCE: readonly Requirement[] = [
  {
    sentence: "Kraken's stream is the first source of the price, cross-checked with CoinGecko, and recorded.",
    test: [PART, "the price is Kraken's book, cross-checked and recorded"],
  },
  {
    sentence: 'CoinGecko is polled at an interval.',
    test: [COINGECKO, 'asks for both coins in one request, at once and then once an interval'],
  },
  {
    sentence: 'There is a fair price for both directions: a bid, an ask and their middle, after the basis.',
    test: [PRICE, 'the snapshot carries rates after the basis, rounded outwards'],
  },
  {
    sentence: 'Price records follow the market.',
    test: [PART, 'follows the market, one record a second while only prices move'],
  },
  {
    sentence: 'There is a price record at least every ten seconds, also without any source.',
    test: [PART, 'says at least every ten seconds that it is there'],
  },
  {
    sentence: 'A price record is as its contract says at every stage, and names what is wrong with it.',
    test: [PRICE, 'is valid at every stage, and says what is wrong with numbers'],
  },
  {
    sentence: 'The state has the latest prices of both sources, the fair price, its age and the health of each source.',
    test: [PRICE, 'the state has what an operator looks for'],
  },
  {
    sentence: 'The state of a running engine has the price of the market and when each source was read last.',
    test: [
      'ops/harness/engine/state.story.test.ts',
      "the reference shows the price of Kraken's book and when each source was read last",
    ],
  },
  {
    sentence: 'The age of a price counts from the time that its source gives, not from when it was read.',
    test: [PRICE, 'counts from the time that the frame is as new as, not from when it was read'],
  },
  {
    sentence: 'The reference shows its health and state, and is paused and resumed, over HTTP.',
    test: [ROUTES, '%s tells health and state, pauses and resumes', 'reference'],
  },
  {
    sentence: 'A refresh of the reference over HTTP reads now, or says why it cannot.',
    test: [ROUTES, '%s refreshes, or says why not', 'reference'],
  },
  {
    sentence: 'A pause ends the stream and the polls, and a resume brings both back.',
    test: [PART, 'a pause ends both sources, a resume brings them back'],
  },
  {
    sentence: 'A paused reference has no price, so that a pause never lets old prices be traded on.',
    test: [FALLBACK, 'has no price to trade on, from either source, until it ends'],
  },
  {
    sentence: 'A pause in which the price grew stale is unhealthy.',
    test: [FALLBACK, 'is healthy while the price would be usable, and unhealthy from the moment that it is stale'],
  },
  {
    sentence: 'A cut connection to Kraken is noted at once, and comes back by itself.',
    test: [PART, 'a cut connection falls back when its price is too old, and comes back by itself'],
  },
  {
    sentence:
      'With Kraken gone and CoinGecko fresh trading goes on if the policy allows it, and each decision says so.',
    test: [STORY, 'Kraken goes: CoinGecko takes its place and the decision says so; Kraken comes back'],
  },
  {
    sentence: 'With Kraken gone nothing is traded on CoinGecko alone if the policy forbids it.',
    test: [PART, 'without leave to fall back the price is stale when it is too old'],
  },
  {
    sentence: 'The record of a decision notes that the price was that of the fallback.',
    test: ['engine/bus/render/payloads.test.ts', 'CoinGecko is recorded as the fallback that it is'],
  },
  {
    sentence: 'A rate limit of CoinGecko is obeyed by polls, refreshes and resumes.',
    test: [COINGECKO, 'a rate limit is obeyed, by polls, refreshes and a resume alike'],
  },
  {
    sentence: 'A rate limit of CoinGecko costs nothing while Kraken is there, and is noted.',
    test: [PART, 'a rate limit leaves Kraken alone and is noted'],
  },
  {
    sentence: 'A request to CoinGecko without an answer ends at a time limit.',
    test: [COINGECKO, 'silence ends at the time limit'],
  },
  {
    sentence: 'With both sources stale the reference is unhealthy and its records say that they are not tradable.',
    test: [PART, 'with Kraken gone and CoinGecko too old nothing is left to trade on'],
  },
  {
    sentence: 'With both sources stale every decision is blocked, until one of them is fresh.',
    test: [STORY, 'both sources stale: every decision is blocked and the part is unhealthy, until one is fresh'],
  },
  {
    sentence: 'Sources that contradict each other beyond the tolerance block decisions.',
    test: [PART, 'sources beyond tolerance block, and are logged once with numbers'],
  },
  {
    sentence: 'The assumption that an EURe is one EUR, or the price that takes its place, is explicit.',
    test: [PRICE, 'the basis is one at par, and must be fresh when it is read'],
  },
  {
    sentence: 'The basis between EURe and EUR is in every price record, with the kind of assumption.',
    test: [PART, 'EURe is kept as a sanity value at par, and is the basis when it is to be read'],
  },
  {
    sentence: 'The basis between EURe and EUR is in every decision, in the same unit as in the price records.',
    test: ['engine/bus/render/payloads.test.ts', 'rates are EURe per BTC: with a basis of %p'],
  },
  {
    sentence: 'That EURe is far from one EUR while it is counted as one is shown as a fault.',
    test: [PRICE, 'EURe at %s: %p'],
  },
  {
    sentence: 'The reference knows neither the strategy nor the executor, so that it can emit no command.',
    test: ['ops/checks/direction.test.ts', 'every import of the checkout follows the table of architecture.ts'],
  },
];

export const REFERENCE_OPEN: readonly OpenRequirement[] = [];
