import Foundation

/// The making of signatures (RFC 9421, section 3.1).
public enum MessageSignature {
    /// The two fields that carry a new signature. The caller adds them to the message; with signatures already there,
    /// as further lines of the same fields.
    public static func fields(
        for message: SignableMessage, label: String, parameters: SignatureParameters, key: MessageSigningKey
    ) throws(HTTPSignatureError) -> [HTTPField] {
        let base = try SignatureBase.text(for: message, parameters)
        let signature = try key.sign(base)
        var input = FieldDictionary()
        input.set(label, .innerList(parameters.innerList))
        var value = FieldDictionary()
        value.set(label, .item(FieldItem(.bytes(signature))))
        guard let inputText = input.serialized, let valueText = value.serialized else {
            throw .parameter("the label or a parameter cannot be written as a structured field")
        }
        return [HTTPField("Signature-Input", inputText), HTTPField("Signature", valueText)]
    }

    /// Checks the signature under a label: that it is there, well formed, and made with the key over what it says it
    /// covers. Whether that is enough coverage, for the right purpose and recent enough is not asked here: that is the
    /// work of a ``SignatureProfile``, by which services verify.
    ///
    /// - Parameter keys: the verification key for a key id; nil when there is none.
    public static func verify(
        _ message: SignableMessage, label: String, keys: (String) -> MessageVerificationKey?
    ) throws(HTTPSignatureError) -> VerifiedSignature {
        let found = try signatures(in: message).first { $0.label == label }
        guard let found else { throw .noSignature }
        return try check(found, of: message, keys: keys)
    }

    /// A signature as it stands in a message, not checked yet.
    struct Unchecked {
        let label: String
        let parameters: SignatureParameters
        let value: [UInt8]
    }

    /// The signatures that a message carries.
    static func signatures(in message: SignableMessage) throws(HTTPSignatureError) -> [Unchecked] {
        guard
            let inputText = message.combinedField("signature-input"),
            let valueText = message.combinedField("signature")
        else { return [] }
        let inputs = try dictionary(inputText, "signature-input")
        let values = try dictionary(valueText, "signature")
        var found: [Unchecked] = []
        for entry in inputs.entries {
            guard case .item(let item) = values[entry.key], case .bytes(let bytes) = item.value else {
                throw .malformedField(
                    name: "signature", reason: "no byte sequence under the label \(entry.key)")
            }
            found.append(
                Unchecked(label: entry.key, parameters: try SignatureParameters(entry.member), value: bytes))
        }
        return found
    }

    /// Checks key, algorithm and signature.
    static func check(
        _ found: Unchecked, of message: SignableMessage, keys: (String) -> MessageVerificationKey?
    ) throws(HTTPSignatureError) -> VerifiedSignature {
        guard let keyID = found.parameters.keyID else { throw .parameter("keyid") }
        guard let key = keys(keyID) else { throw .unknownKey(keyID) }
        if let name = found.parameters.algorithmName, name != key.algorithm.rawValue {
            throw .algorithmMismatch
        }
        let base = try SignatureBase.text(for: message, found.parameters)
        guard key.isValid(found.value, for: base) else { throw .invalidSignature }
        return VerifiedSignature(label: found.label, parameters: found.parameters, keyID: keyID)
    }

    private static func dictionary(
        _ text: String, _ name: String
    ) throws(HTTPSignatureError) -> FieldDictionary {
        do {
            return try StructuredFieldParser.dictionary(text)
        } catch {
            throw .malformedField(name: name, reason: "\(error.reason) at \(error.offset)")
        }
    }
}

/// A signature that was checked and what it vouches for. Nothing outside `components` is vouched for.
public struct VerifiedSignature: Sendable, Hashable {
    /// The label in the message; not itself signed.
    public let label: String
    /// Components and parameters, all of them signed.
    public let parameters: SignatureParameters
    /// The name of the key.
    public let keyID: String

    /// The value that the signer uses once, for ``NonceMemory``.
    public var nonce: String? { parameters.nonce }
    /// The covered components.
    public var components: [ComponentIdentifier] { parameters.components }
}

/// What two parties agree on: what their signatures cover, what they are for and how long they are good. Both sides
/// sign and verify by the same profile, so that neither can forget a part (RFC 9421, section 1.4).
public struct SignatureProfile: Sendable {
    /// What a signature must cover; it may cover more.
    public let components: [ComponentIdentifier]
    /// What signatures of this profile are for. A signature with another tag is not looked at.
    public let tag: String
    /// Whether a nonce is needed.
    public let requiresNonce: Bool
    /// For how many seconds after its creation a signature is taken.
    public let lifetimeSeconds: Int64
    /// By how many seconds the clocks of the two sides may differ.
    public let clockToleranceSeconds: Int64

    /// Puts a profile together.
    public init(
        components: [ComponentIdentifier], tag: String, requiresNonce: Bool = true,
        lifetimeSeconds: Int64 = 300,
        clockToleranceSeconds: Int64 = 60
    ) {
        self.components = components
        self.tag = tag
        self.requiresNonce = requiresNonce
        self.lifetimeSeconds = lifetimeSeconds
        self.clockToleranceSeconds = clockToleranceSeconds
    }

    /// The fields to add to a message: Signature-Input and Signature.
    ///
    /// - Parameters:
    ///   - nonce: a value that is used once, such as 16 random bytes in Base64URL; needed if the profile says so.
    ///   - label: the label of the signature in the message.
    public func sign(
        _ message: SignableMessage, key: MessageSigningKey, nonce: String?, at time: Date,
        label: String = "sig1"
    ) throws(HTTPSignatureError) -> [HTTPField] {
        guard nonce != nil || !requiresNonce else { throw .parameter("nonce") }
        let parameters = SignatureParameters(
            components: components, created: Int64(time.timeIntervalSince1970), keyID: key.id, nonce: nonce,
            tag: tag)
        return try MessageSignature.fields(for: message, label: label, parameters: parameters, key: key)
    }

    /// Finds the message's one signature with the profile's tag and checks it: coverage, parameters, times, key and
    /// signature; and the content against Content-Digest when the profile covers that field.
    ///
    /// - Parameters:
    ///   - content: the message's whole content as sent.
    ///   - keys: the verification key for a key id; nil when there is none.
    public func verify(
        _ message: SignableMessage, content: [UInt8], at time: Date,
        keys: (String) -> MessageVerificationKey?
    ) throws(HTTPSignatureError) -> VerifiedSignature {
        let matches = try MessageSignature.signatures(in: message).filter { $0.parameters.tag == tag }
        guard let found = matches.first else { throw .noSignature }
        guard matches.count == 1 else { throw .ambiguousSignature }
        let covered = found.parameters.components
        for component in components where !covered.contains(where: { $0.isSame(as: component) }) {
            throw .uncovered(component.serialized ?? component.name)
        }
        try checkTimes(found.parameters, at: time)
        guard !requiresNonce || found.parameters.nonce?.isEmpty == false else { throw .parameter("nonce") }
        let verified = try MessageSignature.check(found, of: message, keys: keys)
        if components.contains(.field("content-digest")) {
            guard let digest = message.combinedField("content-digest") else { throw .noDigest }
            try ContentDigest.verify(digest, content: content)
        }
        return verified
    }

    private func checkTimes(_ parameters: SignatureParameters, at time: Date) throws(HTTPSignatureError) {
        let now = Int64(time.timeIntervalSince1970)
        guard let created = parameters.created else { throw .parameter("created") }
        guard created <= now + clockToleranceSeconds else { throw .createdInFuture }
        guard created + lifetimeSeconds + clockToleranceSeconds >= now else { throw .expired }
        if let expires = parameters.expires, expires + clockToleranceSeconds < now { throw .expired }
    }
}
