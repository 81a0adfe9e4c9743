/// What a signature says about itself: which components it covers and, among others, when and with which key it was
/// made (RFC 9421, section 2.3). The order of everything is kept, as it is part of what is signed.
public struct SignatureParameters: Sendable, Hashable {
    /// The covered components in order.
    public var components: [ComponentIdentifier]
    /// The parameters in order.
    public var parameters: FieldParameters

    /// Parameters of a new signature, in the order of the arguments; nil leaves a parameter out.
    ///
    /// - Parameters:
    ///   - created: seconds since 1970.
    ///   - expires: seconds since 1970.
    public init(
        components: [ComponentIdentifier], created: Int64? = nil, expires: Int64? = nil, keyID: String? = nil,
        algorithm: MessageSignatureAlgorithm? = nil, nonce: String? = nil, tag: String? = nil
    ) {
        self.components = components
        parameters = []
        if let created { parameters.set("created", .integer(created)) }
        if let expires { parameters.set("expires", .integer(expires)) }
        if let keyID { parameters.set("keyid", .string(keyID)) }
        if let algorithm { parameters.set("alg", .string(algorithm.rawValue)) }
        if let nonce { parameters.set("nonce", .string(nonce)) }
        if let tag { parameters.set("tag", .string(tag)) }
    }

    /// Reads a member of the field Signature-Input.
    init(_ member: FieldMember) throws(HTTPSignatureError) {
        guard case .innerList(let list) = member else {
            throw .malformedField(name: "signature-input", reason: "a member is not an inner list")
        }
        components = []
        for item in list.items {
            guard case .string(let name) = item.value else {
                throw .malformedField(name: "signature-input", reason: "a component is not a string")
            }
            components.append(ComponentIdentifier(name, item.parameters))
        }
        parameters = list.parameters
        for key in ["created", "expires"] where parameters[key] != nil {
            guard case .integer = parameters[key] else { throw .parameter(key) }
        }
        for key in ["keyid", "alg", "nonce", "tag"] where parameters[key] != nil {
            guard case .string = parameters[key] else { throw .parameter(key) }
        }
    }

    /// When the signature was made, in seconds since 1970.
    public var created: Int64? { integer("created") }
    /// Until when it is good, in seconds since 1970.
    public var expires: Int64? { integer("expires") }
    /// The name of the key.
    public var keyID: String? { string("keyid") }
    /// The name of the algorithm, as stated; the key decides.
    public var algorithmName: String? { string("alg") }
    /// A value that the signer uses once.
    public var nonce: String? { string("nonce") }
    /// What the signature is for.
    public var tag: String? { string("tag") }

    /// The value of `@signature-params`, the same text as in Signature-Input.
    var serialized: String? {
        innerList.serialized
    }

    /// The member of the field Signature-Input.
    var innerList: InnerList {
        InnerList(components.map { FieldItem(.string($0.name), $0.parameters) }, parameters)
    }

    private func integer(_ key: String) -> Int64? {
        if case .integer(let value) = parameters[key] { value } else { nil }
    }

    private func string(_ key: String) -> String? {
        if case .string(let value) = parameters[key] { value } else { nil }
    }
}

/// The text that is signed (RFC 9421, section 2.5).
public enum SignatureBase {
    /// One line for each covered component and a last one for the parameters. Throws when a component is missing,
    /// named twice, or not to be had from this message.
    public static func text(
        for message: SignableMessage, _ parameters: SignatureParameters
    ) throws(HTTPSignatureError) -> String {
        let values = ComponentValues(message: message)
        var lines: [String] = []
        var seen: [ComponentIdentifier] = []
        for component in parameters.components {
            guard let identifier = component.serialized, component.name != "@signature-params" else {
                throw .component(component.name, reason: "cannot be covered")
            }
            guard !seen.contains(where: { $0.isSame(as: component) }) else {
                throw .component(component.name, reason: "covered twice")
            }
            seen.append(component)
            lines.append(identifier + ": " + (try values.value(of: component)))
        }
        guard let last = parameters.serialized else {
            throw .parameter("a parameter cannot be written as a structured field")
        }
        lines.append("\"@signature-params\": " + last)
        return lines.joined(separator: "\n")
    }
}
