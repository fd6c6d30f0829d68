// What the two bare variants share: a websocket to the generator, subscribed to quotes, and one thing done with each event.
// Until the end of the process, which comes with a signal or with the connection.

/** @param onEvent gets the text of each quote event; what it returns is sent, null is not */
export function answerEvents(url: string, onEvent: (text: string) => string | null): void {
  const socket = new WebSocket(url);
  socket.onopen = () => socket.send('{"jsonrpc":"2.0","id":1,"method":"subscribe","params":["quote"]}');
  socket.onmessage = ({ data }) => {
    const text = String(data);
    // Replies to the subscription and to answers have no method; an event begins with it.
    if (!text.startsWith(EVENT_HEAD)) return;
    const answer = onEvent(text);
    if (answer !== null) socket.send(answer);
  };
  socket.onclose = () => process.exit(0);
}

const EVENT_HEAD = '{"jsonrpc":"2.0","method":"event"';
