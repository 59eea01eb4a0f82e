# SPDX-License-Identifier: Apache-2.0
"""Plugins as Python scripts, for transcripts: they sign with a key file, or do one thing wrong.

The key id is the path of `NAME.key`; `NAME.crt` beside it holds the chain. Words say what it is (`raw`,
`envelope`, `verifier`, a version such as `2.0.0`) and what is wrong with it; the script knows them all.
"""

from __future__ import annotations

import sys

_SCRIPT = """#!{python} -S
import base64, json, sys
NAME, WORDS = {name!r}, {words!r}
asked = json.loads(sys.stdin.buffer.read() or b"{{}}")
command = sys.argv[1]

def say(**answer):
    print(json.dumps(answer))
    sys.exit(0)

def refuse(**answer):
    print(json.dumps(answer), file=sys.stderr)
    sys.exit(1)

if "silent" in WORDS:
    sys.exit(1)
if "chatty" in WORDS:
    sys.exit("boom")
if "no-json" in WORDS:
    print("no json")
    sys.exit(0)
if command == "get-plugin-metadata":
    capabilities = []
    if "raw" in WORDS:
        capabilities.append("SIGNATURE_GENERATOR.RAW")
    if "envelope" in WORDS:
        capabilities.append("SIGNATURE_GENERATOR.ENVELOPE")
    if "verifier" in WORDS:
        capabilities += ["SIGNATURE_VERIFIER.TRUSTED_IDENTITY", "SIGNATURE_VERIFIER.REVOCATION_CHECK"]
    version = next((word for word in WORDS if word[0].isdigit()), "1.0.0")
    contracts = ["9.0"] if "contract-9" in WORDS else ["1.0"]
    say(
        name="other" if "other-name" in WORDS else NAME,
        description="" if "no-description" in WORDS else f"the {{NAME}} plugin",
        version=version,
        url="https://plugins.example",
        supportedContractVersions=contracts,
        capabilities=capabilities,
    )
if "fails" in WORDS:
    refuse(errorCode="ACCESS_DENIED", errorMessage="the key is locked away")
if command == "describe-key":
    say(keyId="another" if "other-key" in WORDS else asked["keyId"], keySpec="EC-256")
if command == "generate-signature":
    import site
    site.addsitedir({site!r})
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    path = asked["keyId"]
    key = serialization.load_pem_private_key(open(path, "rb").read(), None)
    found = x509.load_pem_x509_certificates(open(path[:-4] + ".crt", "rb").read())
    chain = [one.public_bytes(serialization.Encoding.DER) for one in found]
    if "bad-chain" in WORDS:
        chain = [b"noise"]
    if "no-chain" in WORDS:
        chain = []
    payload = base64.b64decode(asked["payload"])
    payload += b"x" if "bad-signature" in WORDS else b""
    r, s = utils.decode_dss_signature(key.sign(payload, ec.ECDSA(hashes.SHA256())))
    say(
        keyId="another" if "other-key-later" in WORDS else asked["keyId"],
        signature=base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode(),
        signingAlgorithm="ECDSA-SHA-256",
        certificateChain=[base64.b64encode(one).decode() for one in chain],
    )
if command == "generate-envelope":
    kind = "application/other" if "other-type" in WORDS else asked["signatureEnvelopeType"]
    say(signatureEnvelope=base64.b64encode(b"noise").decode(), signatureEnvelopeType=kind)
if command == "verify-signature":
    wanted = asked["trustPolicy"]["signatureVerification"]
    results = {{
        name: {{"success": False, "reason": f"no {{name}} today"}} if name in WORDS else {{"success": True}}
        for name in wanted
        if "forgets" not in WORDS
    }}
    known = asked["signature"]["criticalAttributes"]["extendedAttributes"]
    done = [] if "leaves-attributes" in WORDS else list(known)
    say(verificationResults=results, processedAttributes=done)
refuse(errorCode="ERROR", errorMessage="unknown command " + command)
"""


def plugin_script(name: str, words: tuple[str, ...]) -> str:
    """Return the script of the plugin *name*, with the properties and faults that *words* name."""
    import cryptography

    site = str(next(iter(cryptography.__path__))).rpartition("/")[0]
    return _SCRIPT.format(python=sys.executable, name=name, words=words, site=site)
