// Signs and verifies envelopes with tweetnacl, as a program of somebody else would.
//
//     node envelopes.mjs < requests.json
//
// It takes the requests of tests-python/envelopes.py and answers them in the same way. JavaScript
// writes no escapes for what is not ASCII, so `ascii` means nothing here.

import { readFileSync } from "node:fs";

import nacl from "tweetnacl";

import * as guide from "./guide.mjs";

const bytes = (text) => new Uint8Array(Buffer.from(text, "utf8"));
const base64 = (array) => Buffer.from(array).toString("base64");
const from = (text, encoding) => new Uint8Array(Buffer.from(text, encoding));

function sign({ payload: written, seed, form }) {
  const payload = JSON.parse(written);
  const { publicKey, secretKey } = nacl.sign.keyPair.fromSeed(from(seed, "hex"));
  const signed = guide.compact(payload);
  const signature = base64(nacl.sign.detached(bytes(signed), secretKey));
  const texts = {
    inside: () => guide.sign(payload, from(seed, "hex")),
    appended: () => JSON.stringify({ ...JSON.parse(signed), signature }),
    spaced: () => JSON.stringify({ ...payload, signature }, null, 1),
    object: () => guide.compact({ payload, signature }),
    carried: () => JSON.stringify({ payload: signed, signature }),
    detached: () => signed,
  };
  const public_key = Buffer.from(publicKey).toString("hex");
  return { text: texts[form](), signed, signature, public_key };
}

function verify({ text, public_key, form, signature: beside }) {
  const key = from(public_key, "hex");
  if (form === "carried") {
    const payload = guide.verify(text, key);
    return payload === null ? { ok: false } : { ok: true, payload };
  }
  if (form === "inside") {
    const { signature, ...payload } = JSON.parse(text);
    const signed = bytes(guide.compact(payload));
    return { ok: nacl.sign.detached.verify(signed, from(signature, "base64"), key) };
  }
  return { ok: nacl.sign.detached.verify(bytes(text), from(beside, "base64"), key) };
}

for (const request of JSON.parse(readFileSync(0, "utf8"))) {
  console.log(JSON.stringify({ sign, verify }[request.op](request)));
}
