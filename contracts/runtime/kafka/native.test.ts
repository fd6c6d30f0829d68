import { describe, expect, test } from 'bun:test';
import { explainLoadFailure } from './native.ts';

describe('explainLoadFailure', () => {
  test.each([
    ['/x/confluent-kafka-javascript.node: undefined symbol: _ZNK2v85Value8IsRegExpEv', '_ZNK2v85Value8IsRegExpEv'],
    ['libssl.so.3: cannot open shared object file: No such file or directory', 'libssl.so.3'],
    ['Could not locate the bindings file. Tried: ...', 'has not been built'],
    ["Cannot find package '@confluentinc/kafka-javascript'", 'has not been built'],
    ['something else', 'something else'],
  ])('%s', (message, expected) => {
    const explanation = explainLoadFailure(message);
    expect(explanation).toContain(expected);
    expect(explanation).toContain('./unrip');
  });
});
