# Signs and verifies envelopes with PyNaCl, as a program of somebody else would.
#
#     python envelopes.py < requests.json
#
# The requests are a list; one line of JSON answers each. `sign` takes `payload`, a JSON text that
# is read and written again as Python writes it, `seed`, `form` and `ascii`. `verify` takes `text`,
# `public_key`, `form` and `ascii`, and for the form `detached` a `signature`. What stands in the
# guide for readers is used for the forms that it shows.

import base64
import json
import sys

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

import guide


def compact(value, ascii):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=ascii)


def sign(request):
    payload, seed = json.loads(request["payload"]), bytes.fromhex(request["seed"])
    key, form, ascii = SigningKey(seed), request["form"], request["ascii"]
    signed = compact(payload, ascii)
    signature = base64.b64encode(key.sign(signed.encode()).signature).decode()
    if form == "inside" and ascii:
        text = guide.sign(payload, seed)
    elif form == "inside":
        text = compact({**payload, "signature": signature}, ascii)
    elif form == "appended":
        text = json.dumps({**json.loads(signed), "signature": signature}, separators=(",", ":"), ensure_ascii=ascii)
    elif form == "spaced":
        text = json.dumps({**payload, "signature": signature}, ensure_ascii=ascii)
    elif form == "object":
        text = compact({"payload": payload, "signature": signature}, ascii)
    elif form == "carried":
        text = json.dumps({"payload": signed, "signature": signature}, indent=2)
    else:
        text = signed
    public_key = key.verify_key.encode().hex()
    return {"text": text, "signed": signed, "signature": signature, "public_key": public_key}


def verify(request):
    key, form = bytes.fromhex(request["public_key"]), request["form"]
    try:
        if form == "carried":
            return {"ok": True, "payload": guide.verify(request["text"], key)}
        if form == "inside":
            payload = json.loads(request["text"])
            signature = base64.b64decode(payload.pop("signature"))
            VerifyKey(key).verify(compact(payload, request["ascii"]).encode(), signature)
        else:
            VerifyKey(key).verify(request["text"].encode(), base64.b64decode(request["signature"]))
        return {"ok": True}
    except BadSignatureError:
        return {"ok": False}


for request in json.load(sys.stdin):
    print(json.dumps({"sign": sign, "verify": verify}[request["op"]](request)))
