// Kafka's client reports one trouble many times: as log line and as error, from each of its threads, with counts. Pure.

/** The sentence without what differs between the repeats of one trouble. */
export function plainKafkaWords(message: string): string {
  return message
    .replace(/^\[thrd:[^\]]*\]: /, '')
    .replace(/^Local: Broker transport failure: /, '')
    .replaceAll(/\/(?:bootstrap|\d+)(?=: )/g, '')
    .replace(/ \(after [^)]*\)$/, '');
}
