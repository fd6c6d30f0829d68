// Asks a Kafka broker, in its own protocol over TCP, whether it serves: one Metadata request (version 4), which lists the
// brokers that take work. A broker that listens but is not admitted to its cluster yet does not list itself.
// Written out by hand, so that starting a stack needs no Kafka client.

const METADATA = 3;
const VERSION = 4;
const CLIENT_ID = 'unrip-stack';

/** The request as it goes out: length, header (key, version, correlation, client), no topics, no creation of topics. */
export function metadataRequest(correlationId: number): Buffer {
  const body = Buffer.alloc(4 + 2 + 2 + 4 + 2 + CLIENT_ID.length + 4 + 1);
  body.writeInt32BE(body.length - 4, 0);
  body.writeInt16BE(METADATA, 4);
  body.writeInt16BE(VERSION, 6);
  body.writeInt32BE(correlationId, 8);
  body.writeInt16BE(CLIENT_ID.length, 12);
  body.write(CLIENT_ID, 14, 'latin1');
  // An empty list of topics; a null one would ask for all of them.
  body.writeInt32BE(0, 14 + CLIENT_ID.length);
  body.writeInt8(0, 18 + CLIENT_ID.length);
  return body;
}

/** How many brokers an answer lists; null while it is not complete; 0 when it answers something else. */
export function brokersInAnswer(bytes: Buffer, correlationId: number): number | null {
  if (bytes.length < 4 || bytes.length < 4 + bytes.readInt32BE(0)) return null;
  // Length, correlation, throttle time, count of brokers.
  if (bytes.length < 16 || bytes.readInt32BE(4) !== correlationId) return 0;
  return Math.max(0, bytes.readInt32BE(12));
}

/** Whether a broker at this port lists at least one broker, within the limit. */
export async function brokerAnswers(port: number, limitMs = 2_000): Promise<boolean> {
  const correlationId = 1;
  const answer = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => answer.resolve(false), limitMs);
  let received: Buffer = Buffer.alloc(0);
  try {
    const socket = await Bun.connect({
      hostname: '127.0.0.1',
      port,
      socket: {
        data(_, chunk) {
          received = Buffer.concat([received, chunk]);
          const brokers = brokersInAnswer(received, correlationId);
          if (brokers !== null) answer.resolve(brokers > 0);
        },
        close: () => answer.resolve(false),
        error: () => answer.resolve(false),
      },
    });
    socket.write(metadataRequest(correlationId));
    const answers = await answer.promise;
    socket.end();
    return answers;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
