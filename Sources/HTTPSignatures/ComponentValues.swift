import Foundation

/// Takes the values of components out of a message (RFC 9421, sections 2.1 to 2.4).
struct ComponentValues {
    let message: SignableMessage
    /// Fields of which the application knows that they are dictionaries, for `sf`.
    private static let knownDictionaries: Set<String> = [
        "content-digest", "repr-digest", "want-content-digest", "want-repr-digest",
        "signature", "signature-input", "accept-signature", "cache-control", "priority",
    ]

    /// The value of a component. Throws when the message lacks it or the identifier makes no sense for the message.
    func value(of component: ComponentIdentifier) throws(HTTPSignatureError) -> String {
        let source: SignableMessage
        if try component.flag("req") {
            guard case .response(let response) = message, let request = response.request else {
                throw .component(component.name, reason: "req needs a response and its request")
            }
            source = .request(request)
        } else {
            source = message
        }
        let value =
            component.name.hasPrefix("@")
            ? try derived(component, from: source) : try field(component, from: source)
        try check(value, of: component)
        return value
    }

    /// A value must not be able to forge a line of the signature base.
    private func check(_ value: String, of component: ComponentIdentifier) throws(HTTPSignatureError) {
        let isAllowed = value.utf8.allSatisfy { (0x20...0x7e).contains($0) || $0 == 0x09 }
        guard isAllowed else {
            throw .component(component.name, reason: "line ends, control characters or not ASCII")
        }
        if component.name.hasPrefix("@"), value.hasPrefix(" ") || value.hasSuffix(" ") || value.contains("\t")
        {
            throw .component(component.name, reason: "whitespace around a derived value")
        }
    }

    // MARK: Fields

    private func field(
        _ component: ComponentIdentifier, from source: SignableMessage
    ) throws(HTTPSignatureError) -> String {
        let name = component.name
        guard !name.isEmpty, name == name.lowercased() else {
            throw .component(name, reason: "field names are signed in lower case")
        }
        for entry in component.parameters.entries where !["sf", "key", "bs", "tr", "req"].contains(entry.key)
        {
            throw .component(name, reason: "unknown parameter \(entry.key)")
        }
        let lines = try component.flag("tr") ? source.trailers : source.fields
        let values = fieldValues(named: name, in: lines)
        guard let whole = combined(values) else { throw .component(name, reason: "not in the message") }
        let isStructured = try component.flag("sf")
        if try component.flag("bs") {
            guard !isStructured, component.parameters["key"] == nil else {
                throw .component(name, reason: "bs cannot be combined with sf or key")
            }
            return values.compactMap { BareItem.bytes(Array($0.utf8)).serialized }.joined(separator: ", ")
        }
        if let key = component.parameters["key"] {
            guard case .string(let key) = key else { throw .component(name, reason: "key must be a string") }
            guard let member = try dictionary(whole, name)[key]?.serialized else {
                throw .component(name, reason: "no member \(key)")
            }
            return member
        }
        if isStructured {
            guard Self.knownDictionaries.contains(name), let text = try dictionary(whole, name).serialized
            else {
                throw .component(name, reason: "its structured type is not known")
            }
            return text
        }
        if name == "set-cookie", values.count > 1 {
            throw .component(name, reason: "several cookies can be signed only with bs")
        }
        return whole
    }

    private func dictionary(_ text: String, _ name: String) throws(HTTPSignatureError) -> FieldDictionary {
        do {
            return try StructuredFieldParser.dictionary(text)
        } catch {
            throw .malformedField(name: name, reason: "\(error.reason) at \(error.offset)")
        }
    }

    // MARK: Derived components

    private func derived(
        _ component: ComponentIdentifier, from source: SignableMessage
    ) throws(HTTPSignatureError) -> String {
        let name = component.name
        let allowed: Set<String> = name == "@query-param" ? ["name", "req"] : ["req"]
        for entry in component.parameters.entries where !allowed.contains(entry.key) {
            throw .component(name, reason: "unknown parameter \(entry.key)")
        }
        switch source {
        case .response(let response):
            guard name == "@status" else { throw .component(name, reason: "not in a response") }
            return String(response.status)
        case .request(let request):
            switch name {
            case "@method": return request.method
            case "@scheme": return request.scheme.lowercased()
            case "@authority": return request.normalizedAuthority
            case "@path": return request.normalizedPath
            case "@query": return "?" + (request.query ?? "")
            case "@request-target": return request.target
            case "@target-uri":
                let query = request.query.map { "?" + $0 } ?? ""
                return request.scheme.lowercased() + "://" + request.normalizedAuthority
                    + request.normalizedPath + query
            case "@query-param":
                guard case .string(let wanted) = component.parameters["name"] else {
                    throw .component(name, reason: "name must be a string")
                }
                return try request.queryParameter(named: wanted)
            default: throw .component(name, reason: "unknown, or not in a request")
            }
        }
    }
}

extension SignableMessage {
    fileprivate var trailers: [HTTPField] {
        switch self {
        case .request(let request): request.trailers
        case .response(let response): response.trailers
        }
    }
}

extension SignableRequest {
    /// Lower case, without the scheme's default port (RFC 9110, section 4.2.3).
    fileprivate var normalizedAuthority: String {
        let authority = authority.lowercased()
        let defaultPort = scheme.lowercased() == "https" ? ":443" : ":80"
        return authority.hasSuffix(defaultPort) ? String(authority.dropLast(defaultPort.count)) : authority
    }

    fileprivate var normalizedPath: String {
        path.isEmpty ? "/" : path
    }

    fileprivate var target: String {
        explicitTarget ?? normalizedPath + (query.map { "?" + $0 } ?? "")
    }

    /// The re-encoded value of the one parameter with this encoded name (RFC 9421, section 2.2.8).
    fileprivate func queryParameter(named wanted: String) throws(HTTPSignatureError) -> String {
        let pairs = (query ?? "").split(separator: "&").map { pair in
            let name = pair.prefix { $0 != "=" }
            return (
                name: FormEncoding.recoded(name), value: FormEncoding.recoded(pair.dropFirst(name.count + 1))
            )
        }
        let matches = pairs.filter { $0.name == wanted }
        guard let match = matches.first, matches.count == 1 else {
            throw .component("@query-param", reason: matches.isEmpty ? "not in the query" : "more than once")
        }
        return match.value
    }
}

/// The URL standard's application/x-www-form-urlencoded, as far as signatures need it.
private enum FormEncoding {
    /// Decodes and encodes again, so that every spelling of a value becomes one.
    static func recoded(_ text: Substring) -> String {
        let spaced = text.split(separator: "+", omittingEmptySubsequences: false).joined(separator: "%20")
        return encoded(decoded(Array(spaced.utf8)))
    }

    private static func decoded(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                result.append(value)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    /// The form percent-encode set, with a space as %20.
    private static func encoded(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes {
            let character = Character(Unicode.Scalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "*-._".contains(character) {
                text.append(character)
            } else {
                text += "%" + String(format: "%02X", Int(byte))
            }
        }
        return text
    }
}
