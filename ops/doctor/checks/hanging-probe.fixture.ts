// A measurement of a disk that hangs: it does not end by itself, as it waits for somebody to connect.

import { createServer } from 'node:net';

createServer().listen(0, '127.0.0.1');
