"""The other side of the protocol: signs or verifies one message with the PyPI package http-message-signatures.

Reads one JSON object from standard input and writes one to standard output; see PythonPeer.swift for its members.
"""
import inspect
import json
import sys
from datetime import datetime, timedelta, timezone

try:
    import http_message_signatures as package
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
except ImportError as missing:
    sys.exit(f"missing: {missing.name}; install it with: pip install http-message-signatures")

ALGORITHMS = {
    "rsa-pss-sha512": package.algorithms.RSA_PSS_SHA512,
    "rsa-v1_5-sha256": package.algorithms.RSA_V1_5_SHA256,
    "hmac-sha256": package.algorithms.HMAC_SHA256,
    "ecdsa-p256-sha256": package.algorithms.ECDSA_P256_SHA256,
    "ed25519": package.algorithms.ED25519,
}


class Message:
    """A request, or a response when it has a status, in the form that the package reads."""

    def __init__(self, description):
        self.headers = dict(description["fields"])
        if "status" in description:
            self.status_code = description["status"]
            self.request = Message(description["request"])
        else:
            self.method = description["method"]
            self.url = description["url"]


class Keys(package.HTTPSignatureKeyResolver):
    """The one key of the call, under its id."""

    def __init__(self, call):
        self.call = call

    def resolve_public_key(self, key_id):
        if key_id != self.call["keyId"]:
            return None
        if "secret" in self.call:
            return bytes.fromhex(self.call["secret"])
        return load_pem_public_key(self.call["publicKey"].encode())

    def resolve_private_key(self, key_id):
        if "secret" in self.call:
            return bytes.fromhex(self.call["secret"])
        return load_pem_private_key(self.call["privateKey"].encode(), password=None)


def main():
    call = json.load(sys.stdin)
    message = Message(call["message"])
    common = {"signature_algorithm": ALGORITHMS[call["algorithm"]], "key_resolver": Keys(call)}
    if call["action"] == "sign":
        signer = package.HTTPMessageSigner(**common)
        # Releases from 3.0 on want to be told that the Content-Digest of the message is meant.
        knows_digests = "use_existing_digest" in inspect.signature(signer.sign).parameters
        signer.sign(
            message,
            **({"use_existing_digest": True} if knows_digests else {}),
            key_id=call["keyId"],
            created=datetime.fromtimestamp(call["created"], timezone.utc),
            nonce=call["nonce"],
            tag=call["tag"],
            label=call["label"],
            include_alg=call["includesAlgorithm"],
            covered_component_ids=call["components"],
        )
        names = ("Signature-Input", "Signature")
        json.dump({"fields": [[name, message.headers[name]] for name in names]}, sys.stdout)
        return
    try:
        results = package.HTTPMessageVerifier(**common).verify(
            message, max_age=timedelta(weeks=10_000), expect_tag=call["tag"]
        )
    except package.HTTPMessageSignaturesException as refusal:
        json.dump({"isValid": False, "reason": str(refusal)}, sys.stdout)
        return
    json.dump({"isValid": True, "covered": list(results[0].covered_components)}, sys.stdout)


main()
