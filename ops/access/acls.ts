// What the arguments of Kafka's own tool for access lists mean, and the request that it sends (CreateAcls, version 1): the tool
// is not among the jars that a local stack has, and the documented commands are tried all the same.

const CREATE_ACLS = 30;
const VERSION = 1;
const CLIENT_ID = 'unrip-access';

const RESOURCES = { '--topic': 2, '--group': 3 } as const;
const OPERATIONS: Readonly<Record<string, number>> = { Read: 3, Write: 4, Create: 5, Describe: 8, DescribeConfigs: 10 };
const LITERAL = 3;
const ALLOW = 3;

export type Acl = {
  readonly principal: string;
  readonly operation: number;
  readonly resource: number;
  readonly name: string;
};

/** Every operation on every resource, as the tool takes them. Throws on an argument that it does not know. */
export function aclsOf(args: readonly string[]): readonly Acl[] {
  const operations: number[] = [];
  const resources: Pick<Acl, 'resource' | 'name'>[] = [];
  let principal = '';
  for (let index = 0; index < args.length; index += 2) {
    const [flag = '', value = ''] = args.slice(index, index + 2);
    if (flag === '--add') index -= 1;
    else if (flag === '--bootstrap-server' || flag === '--command-config') continue;
    else if (flag === '--allow-principal') principal = value;
    else if (flag === '--operation' && OPERATIONS[value] !== undefined) operations.push(OPERATIONS[value]);
    else if (flag === '--topic' || flag === '--group') resources.push({ resource: RESOURCES[flag], name: value });
    else throw new Error(`no argument of kafka-acls.sh: ${flag} ${value}`);
  }
  if (!principal.startsWith('User:') || operations.length === 0 || resources.length === 0)
    throw new Error(`says too little: ${args.join(' ')}`);
  return resources.flatMap((resource) => operations.map((operation) => ({ principal, operation, ...resource })));
}

/** Sends them to a broker that takes them from anybody; throws when it refuses one. */
export async function createAcls(port: number, acls: readonly Acl[]): Promise<void> {
  const answer = Promise.withResolvers<Buffer>();
  let received: Buffer = Buffer.alloc(0);
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      data(_, chunk) {
        received = Buffer.concat([received, chunk]);
        if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) answer.resolve(received);
      },
      close: () => answer.reject(new Error('Kafka closed the connection')),
      error: (_, error) => answer.reject(error),
    },
  });
  try {
    socket.write(requestOf(acls));
    // Length, correlation, throttle time; then a code and a text for each.
    const codes = codesIn(await answer.promise, 12);
    const refused = codes.filter((code) => code !== 0);
    if (codes.length !== acls.length || refused.length > 0)
      throw new Error(`Kafka refuses access lists: ${codes.join()}`);
  } finally {
    socket.end();
  }
}

function requestOf(acls: readonly Acl[]): Buffer {
  const body = Buffer.concat([
    int16(CREATE_ACLS),
    int16(VERSION),
    int32(1),
    text(CLIENT_ID),
    int32(acls.length),
    ...acls.flatMap(({ resource, name, principal, operation }) => [
      Buffer.from([resource]),
      text(name),
      Buffer.from([LITERAL]),
      text(principal),
      text('*'),
      Buffer.from([operation, ALLOW]),
    ]),
  ]);
  return Buffer.concat([int32(body.length), body]);
}

function codesIn(answer: Buffer, from: number): number[] {
  const codes: number[] = [];
  let at = from + 4;
  for (let left = answer.readInt32BE(from); left > 0; left--) {
    codes.push(answer.readInt16BE(at));
    at += 4 + Math.max(0, answer.readInt16BE(at + 2));
  }
  return codes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const text = (value: string): Buffer => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
