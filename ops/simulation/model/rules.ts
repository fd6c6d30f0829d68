// Every rule of the model, with how often 10,000 simulated minutes have to test it: a rule that nothing tests holds whatever the
// engine does. 0: only what breaks it shows.

const RULES = {
  // An answer by itself.
  'an answer can be read, and its signature holds': 20_000,
  'only what was asked is answered': 20_000,
  'an answer is to what was asked': 20_000,
  'it is signed for the account': 20_000,
  'nothing is answered twice': 20_000,
  'a quote is valid for as long as was asked': 20_000,
  'a deadline is not beyond the longest lifetime': 20_000,
  'a price is young enough, and the edge is kept': 20_000,
  'no quote is worth more than STRATEGY_MAX_NOTIONAL_EUR': 20_000,
  'the value on record is that of what a quote pays': 20_000,
  'nothing is signed while it is forbidden': 1_000,
  'nothing is signed while history is not written, if that is needed': 100,
  'nothing is signed while the disk is behind': 100,
  'no signature and no key is in a record or a line of the log': 100_000,
  'a young journal is not armed unless somebody vouches for it': 100,

  // Capital, and what may be filled.
  'a balance is young enough': 20_000,
  'live quotes are covered by a balance that the engine knows': 20_000,
  'live quotes are covered by the true balance': 20_000,
  'quotes that the relay names wrongly are covered like any other': 100,
  'what is reserved for a withdrawal is not promised to anybody else': 100,
  'the ceilings of all open nonces are covered by a balance that the engine knows': 20_000,
  'the ceiling of a nonce is never below what a live quote pays': 100_000,
  'no quote pays more than the durable ceiling of its nonce': 20_000,
  'no more quotes are live than allowed': 100,
  'no more is filled and open than a minute allows': 100,
  'no more is filled and open than a day allows': 100,
  'no more is filled and open than an arming allows': 100,
  'the ledger has the balance of the chain at rest': 100,
  'no quote is open at rest': 100,
  'the circuit breaker has counted what settled, once each': 50,
  'the records of settlements sum to what the chain has moved': 50,

  // Nonces, and what withdraws quotes.
  'an answer is in the journal before it leaves': 20_000,
  'a nonce is durable before it is used': 1_000,
  'a nonce is opened once': 1_000,
  'a nonce is remembered long enough after each quote under it': 20_000,
  'a quote is signed under an open nonce of what it pays': 20_000,
  'a nonce on record as used was used': 1_000,
  'no nonce is forgotten while a quote under it can settle': 100,
  'no nonce of a live quote is forgotten': 100,
  'nothing is signed under a nonce that is being withdrawn': 100,
  'nothing is signed that the chain has not taken for long': 0,
  'the relay refuses no answer for what the engine knows': 100,
  'a pull is durable before it is published': 100,
  'a transaction is durable before it is sent': 100,
  'what is published is an empty intent of the account': 100,
  'quotes that the price has left are withdrawn': 100,
  'quotes are withdrawn for a reason alone': 100,
  'what an operator withdraws is withdrawn': 100,
  'an engine that stops itself withdraws its quotes': 20,

  // What stops the engine.
  'the engine stops itself for a reason alone': 100,
  'refusals in a row disarm the engine': 1,
  'after a loss that nothing explains an operator has to arm again': 100,

  // How quotes end.
  'a quote settles once': 1_000,
  'a settlement on record is one of the chain, under that nonce': 1_000,
  'what the relay names wrongly is not recorded as settled': 100,
  'a quote has expired when its deadline is past': 1_000,
  'a quote is void or withdrawn when its nonce was used': 1_000,
  'what is withdrawn was used up by no quote': 100,
  'what is proven to be withdrawn was withdrawn by the engine': 100,
  'what is burned was used up by neither a quote nor a pull': 10,
  'what settled is recorded as settled': 1_000,
  'what is recorded as settled has settled': 1_000,

  // Records.
  'every answer is on record with its whole chain of states': 20_000,
  'one quote has one decision': 20_000,
  'a record that is sent again is the same': 100,
  'a step is one that the life of a trade has': 20_000,
  'a step is on record once': 20_000,
  'the steps of a trade arrive in order': 20_000,
  'only a power cut loses a record': 1,
  'nothing that was published is lost': 1,
  'no record contradicts those before it': 0,

  // The process.
  'no exception leaves a turn': 0,
  'no turn fails': 0,
  'an engine starts on what the one before left': 1_000,
  'the books after a restart are those before': 100,
  'a drain closes the journal': 100,
  'at the end Kafka has every record': 100,
  'the engine runs after minutes of calm': 100,
  'the engine ends in peace': 100,
} as const satisfies Readonly<Record<string, number>>;

export type Rule = keyof typeof RULES;

export const RULE_NAMES = Object.keys(RULES) as readonly Rule[];

const WHOLE_MINUTES = 10_000;

/** How often so many simulated minutes have to test it. */
export const minimumIn = (rule: Rule, minutes: number): number => Math.floor((RULES[rule] * minutes) / WHOLE_MINUTES);
