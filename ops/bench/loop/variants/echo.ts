// Variant of the loop bench: sends each quote event back as it came. What is left is two sockets and two event loops.

import { answerEvents } from './client.ts';

const [url] = process.argv.slice(2);
if (url === undefined) throw new Error('usage: echo.ts URL');
answerEvents(url, (text) => text);
