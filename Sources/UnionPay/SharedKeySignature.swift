import Cryptography

/// Signing with a key that both sides share (signMethod 11 and 12): a keyed digest without certificates. Products with
/// encrypted fields, such as payouts, do not take it.
public struct SharedKeySignature: Sendable {
    /// Which digest is used; the raw value is the signMethod.
    public enum Digest: String, Sendable {
        /// SHA-256.
        case sha256 = "11"
        /// SM3.
        case sm3 = "12"
    }

    private let digest: Digest
    private let key: Secret<String>

    /// Signs and verifies with this key.
    public init(key: Secret<String>, digest: Digest = .sha256) {
        self.key = key
        self.digest = digest
    }

    /// The message with version, encoding, signMethod and signature set.
    public func sign(_ message: Message) -> Message {
        var signed = message
        signed[.version] = SignedText.version
        signed[.encoding] = SignedText.encoding
        signed[.signMethod] = digest.rawValue
        signed[.signature] = code(of: signed)
        return signed
    }

    /// Checks a received message; compares in constant time, since the expected value is a secret.
    public func verify(_ message: Message) throws(VerificationError) -> VerifiedMessage {
        guard message[.version] == SignedText.version else {
            throw .unsupportedVersion(message[.version])
        }
        guard message[.signMethod] == digest.rawValue else {
            throw .unsupportedSignMethod(message[.signMethod])
        }
        guard let signature = message[.signature] else { throw .missingSignature }
        guard constantTimeEquals(Array(signature.utf8), Array(code(of: message).utf8)) else {
            throw .wrongSignature
        }
        return VerifiedMessage(message: message, signerCommonName: "")
    }

    private func code(of message: Message) -> String {
        hex("\(message.canonicalString)&\(hex(key.revealed))")
    }

    private func hex(_ text: String) -> String {
        switch digest {
        case .sha256: SHA256.hex(text)
        case .sm3: SM3.hex(Array(text.utf8))
        }
    }
}
