// For tests: the front of the control API as a Worker that ends on demand.

import './front/worker.ts';
import { onBreak } from './breaking.fixture.ts';

onBreak(() => process.exit(0));
