// What the relay sends, as faults recognise it and put in its place.

export const isStatus = (text: string): boolean => text.includes('"tx_hash"');
export const isOk = (text: string): boolean => text.includes('"result":"OK"');
export const TOO_LATE = '"error":{"code":-32098,"message":"quote not found or already finished"}';
export const UNKNOWN_ERROR = '"error":{"code":-31999,"message":"no"}';
