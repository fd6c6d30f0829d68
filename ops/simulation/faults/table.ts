// Every fault of the simulation, each once. `--soak simulation` fails when one of them was not put in a hundred times.

import { ACCOUNT_FAULTS } from './account.ts';
import { ALIKE_FAULTS } from './alike.ts';
import type { Fault } from './fault.ts';
import { MACHINE_FAULTS } from './machine.ts';
import { NODE_FAULTS } from './node.ts';
import { NODE_LIES } from './node-lies.ts';
import { PRICE_FAULTS } from './prices.ts';
import { RELAY_FAULTS } from './relay.ts';
import { RELAY_LIES } from './relay-lies.ts';

export const FAULTS: readonly Fault[] = [
  ...RELAY_FAULTS,
  ...RELAY_LIES,
  ...ALIKE_FAULTS,
  ...NODE_FAULTS,
  ...NODE_LIES,
  ...PRICE_FAULTS,
  ...ACCOUNT_FAULTS,
  ...MACHINE_FAULTS,
];
