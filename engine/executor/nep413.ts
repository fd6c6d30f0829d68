// The NEP-413 hash of a payload without callback URL (protocols: signing): sha256 over tag, message with its length, nonce
// and recipient with its length. One buffer is kept and filled again for each hash.

/** 2^31 + 413: no NEAR transaction can begin with it. */
const TAG = 2_147_484_061;
const NONCE_BYTES = 32;
/** Tag, two lengths and the byte that says that there is no callback URL. */
const FIXED_BYTES = 4 + 4 + NONCE_BYTES + 4 + 1;
/** Far more than one token_diff needs; a longer message is a fault in this program. */
const MESSAGE_BYTES_MAX = 8192;

export type Nep413Hasher = {
  /** sha256 of the payload; the result is overwritten by the next call. */
  hash(message: string, nonce: Uint8Array): Uint8Array;
};

export function createNep413Hasher(recipient: string): Nep413Hasher {
  const recipientBytes = new TextEncoder().encode(recipient);
  const buffer = Buffer.allocUnsafeSlow(FIXED_BYTES + MESSAGE_BYTES_MAX + recipientBytes.length);
  const digest = new Uint8Array(32);
  /** By length: messages have a few, and a view that is made for each hash costs as much as the rest of the payload. */
  const payloads = new Map<number, Uint8Array>();
  buffer.writeUInt32LE(TAG, 0);
  return {
    hash(message, nonce) {
      if (nonce.length !== NONCE_BYTES) throw new Error(`nonce of ${nonce.length} bytes, 32 are needed`);
      const messageBytes = buffer.write(message, 8, 'utf8');
      if (messageBytes >= MESSAGE_BYTES_MAX) throw new Error(`message is longer than ${MESSAGE_BYTES_MAX} bytes`);
      buffer.writeUInt32LE(messageBytes, 4);
      let at = 8 + messageBytes;
      buffer.set(nonce, at);
      at += NONCE_BYTES;
      buffer.writeUInt32LE(recipientBytes.length, at);
      buffer.set(recipientBytes, at + 4);
      at += 4 + recipientBytes.length;
      buffer[at] = 0;
      const length = at + 1;
      let payload = payloads.get(length);
      if (payload === undefined) {
        payload = buffer.subarray(0, length);
        payloads.set(length, payload);
      }
      Bun.SHA256.hash(payload, digest);
      return digest;
    },
  };
}
