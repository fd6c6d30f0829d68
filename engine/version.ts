// The version that records, logs and the control API tell.

import { version } from '../package.json';

export const ENGINE_VERSION: string = version;
