# Calls the shared library as an SDK does, and prints a line of JSON for each line of stdin.
#
#     python drive.py LIBRARY < steps
#
# `call` passes `request`, a text, on. `host` does the arithmetic of signatures itself. `check` says
# what Python, the library's checks and its strict verification make of a signature. `sign` signs
# with a key of its own. `misuse` passes what is no request.

import base64
import ctypes
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

library = ctypes.CDLL(sys.argv[1])
library.procura_abi.restype = ctypes.c_uint32
library.procura_alloc.argtypes = [ctypes.c_size_t]
library.procura_alloc.restype = ctypes.c_void_p
library.procura_free.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
library.procura_free.restype = None
library.procura_call.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
library.procura_call.restype = ctypes.c_void_p


# The length is in the first four bytes of an answer, little end first.
def answer_at(ptr):
    length = int.from_bytes(ctypes.string_at(ptr, 4), "little")
    text = ctypes.string_at(ptr + 4, length).decode()
    library.procura_free(ptr, 4 + length)
    return text


# The library reads the text where Python has it: only WASM needs memory of the library.
def call(text):
    data = text.encode()
    return answer_at(library.procura_call(ctypes.cast(data, ctypes.c_void_p), len(data)))


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def to_base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def holds(check):
    try:
        key = Ed25519PublicKey.from_public_bytes(from_base64url(check["key"]))
        key.verify(from_base64url(check["signature"]), from_base64url(check["message"]))
    except (InvalidSignature, ValueError):
        return False
    return True


def host(request):
    asked = {**request, "signatures": {}}
    while True:
        text = call(json.dumps(asked))
        answer = json.loads(text)
        if "check" not in answer:
            return text
        asked["signatures"].update({one["id"]: holds(one) for one in answer["check"]})


def signed(request, seed):
    signing_input = json.loads(call(json.dumps(request)))["ok"]["signing_input"]
    key = Ed25519PrivateKey.from_private_bytes(from_base64url(seed))
    signature = to_base64url(key.sign(signing_input.encode()))
    assemble = {"op": "assemble", "signing_input": signing_input, "signature": signature}
    return call(json.dumps({**assemble, "signer": request["signer"]}))


def is_ok(request):
    return "ok" in json.loads(call(json.dumps(request)))


def misuse():
    ptr = library.procura_alloc(1)
    found = {
        "abi": library.procura_abi(),
        "null": answer_at(library.procura_call(None, 5)),
        "empty": answer_at(library.procura_call(ptr, 0)),
        "too_long": answer_at(library.procura_call(ptr, 4 * 1024 * 1024 + 1)),
        "allocates_too_much": library.procura_alloc(4 * 1024 * 1024 + 1) is not None,
    }
    library.procura_free(ptr, 1)
    library.procura_free(None, 0)
    return found


def step(line):
    if line["do"] == "call":
        return {"answer": call(line["request"])}
    if line["do"] == "host":
        return {"answer": host(line["request"])}
    if line["do"] == "sign":
        return {"answer": signed(line["request"], line["seed"])}
    if line["do"] == "check":
        key, message, signature = line["key"], line["message"], line["signature"]
        verify = {"op": "verify_signature", "key": key, "message": message, "signature": signature}
        return {
            "holds": holds(line),
            "precheck": is_ok({"op": "precheck", "key": key, "signature": signature}),
            "strict": is_ok(verify),
        }
    if line["do"] == "misuse":
        return misuse()
    raise ValueError(line["do"])


for line in sys.stdin:
    print(json.dumps(step(json.loads(line))), flush=True)
