// Calls the shared library as an SDK does, and prints a line of JSON for each line of stdin.
//
//     node drive.mjs LIBRARY < steps
//
// `call` passes `request`, a text, on. `host` does the arithmetic of signatures itself. `check` says
// what Node, the library's checks and its strict verification make of a signature. `sign` signs with
// a key of its own. `misuse` passes what is no request.

import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { createInterface } from 'node:readline';
import koffi from 'koffi';

const library = koffi.load(process.argv[2]);
const abi = library.func('uint32_t procura_abi()');
const alloc = library.func('void *procura_alloc(size_t len)');
const free = library.func('void procura_free(void *ptr, size_t len)');
const callAt = library.func('void *procura_call(void *ptr, size_t len)');

// The length is in the first four bytes of an answer, little end first.
function answerAt(ptr) {
  const length = new DataView(koffi.view(ptr, 4)).getUint32(0, true);
  const text = Buffer.from(koffi.view(ptr, 4 + length)).subarray(4).toString('utf8');
  free(ptr, 4 + length);
  return text;
}

function call(text) {
  const bytes = Buffer.from(text, 'utf8');
  const ptr = alloc(bytes.length);
  if (bytes.length > 0) new Uint8Array(koffi.view(ptr, bytes.length)).set(bytes);
  const answer = callAt(ptr, bytes.length);
  free(ptr, bytes.length);
  return answerAt(answer);
}

const bytes = (text) => Buffer.from(text, 'base64url');

// RFC 8410: the bytes before a raw key.
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

function holds(check) {
  try {
    const der = Buffer.concat([SPKI, bytes(check.key)]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verify(null, bytes(check.message), key, bytes(check.signature));
  } catch {
    return false;
  }
}

function host(request) {
  const asked = { ...request, signatures: {} };
  for (;;) {
    const answer = call(JSON.stringify(asked));
    const { check } = JSON.parse(answer);
    if (check === undefined) return answer;
    for (const one of check) asked.signatures[one.id] = holds(one);
  }
}

function signed(request, seed) {
  const { ok } = JSON.parse(call(JSON.stringify(request)));
  const der = Buffer.concat([PKCS8, bytes(seed)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const signature = sign(null, Buffer.from(ok.signing_input), key).toString('base64url');
  const { signing_input } = ok;
  return call(JSON.stringify({ op: 'assemble', signing_input, signature, signer: request.signer }));
}

const isOk = (request) => 'ok' in JSON.parse(call(JSON.stringify(request)));

function step(line) {
  switch (line.do) {
    case 'call':
      return { answer: call(line.request) };
    case 'host':
      return { answer: host(line.request) };
    case 'sign':
      return { answer: signed(line.request, line.seed) };
    case 'check': {
      const { key, message, signature } = line;
      return {
        holds: holds(line),
        precheck: isOk({ op: 'precheck', key, signature }),
        strict: isOk({ op: 'verify_signature', key, message, signature }),
      };
    }
    case 'misuse': {
      const ptr = alloc(1);
      const found = {
        abi: abi(),
        null: answerAt(callAt(null, 5)),
        empty: answerAt(callAt(ptr, 0)),
        too_long: answerAt(callAt(ptr, 4 * 1024 * 1024 + 1)),
        allocates_too_much: alloc(4 * 1024 * 1024 + 1) !== null,
      };
      free(ptr, 1);
      free(null, 0);
      return found;
    }
    default:
      throw new Error(`there is no step ${line.do}`);
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(step(JSON.parse(line)))}\n`);
}
