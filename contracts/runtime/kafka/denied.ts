// Kafka's codes for a user who lacks a right: on the topic, on the cluster. No try later helps, only a right.

const DENIED: ReadonlySet<number> = new Set([29, 31]);

export const isDenied = (code: number): boolean => DENIED.has(code);
