/// One line of a message's header.
public struct HTTPField: Sendable, Hashable {
    /// The name in any case.
    public var name: String
    /// The value as sent.
    public var value: String

    /// Makes a field line.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What of a request can be signed. Independent of any HTTP library: whoever has a request copies these few values.
public struct SignableRequest: Sendable, Hashable {
    /// The method in the case it is sent in.
    public var method: String
    /// `http` or `https`.
    public var scheme: String
    /// Host and, unless it is the scheme's default, port. For a server: its own public authority, or the Host field
    /// once that is known to be one of its own.
    public var authority: String
    /// The absolute path as sent, percent-encoding kept.
    public var path: String
    /// What follows the question mark, percent-encoding kept; nil without a question mark.
    public var query: String?
    /// The request target of HTTP/1.1 where it is not path and query (`*`, a proxy's absolute form).
    public var explicitTarget: String?
    /// The header's lines in order.
    public var fields: [HTTPField]
    /// The trailer's lines in order.
    public var trailers: [HTTPField]

    /// Describes a request by its parts.
    public init(
        method: String, scheme: String = "https", authority: String, path: String, query: String? = nil,
        explicitTarget: String? = nil, fields: [HTTPField] = [], trailers: [HTTPField] = []
    ) {
        self.method = method
        self.scheme = scheme
        self.authority = authority
        self.path = path
        self.query = query
        self.explicitTarget = explicitTarget
        self.fields = fields
        self.trailers = trailers
    }

    /// Describes a request by its absolute address. Throws when the address has no scheme or host, or names a user.
    public init(method: String, url: String, fields: [HTTPField] = []) throws(HTTPSignatureError) {
        guard let separator = url.firstRange(of: "://"), separator.lowerBound > url.startIndex else {
            throw .component("@target-uri", reason: "not an absolute address")
        }
        let rest = url[separator.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty, !authority.contains("@") else {
            throw .component("@authority", reason: "no host, or a user name before it")
        }
        let target = rest.dropFirst(authority.count)
        let path = target.prefix { $0 != "?" }
        let query = target.dropFirst(path.count)
        self.init(
            method: method, scheme: String(url[..<separator.lowerBound]), authority: String(authority),
            path: String(path), query: query.isEmpty ? nil : String(query.dropFirst()), fields: fields)
    }
}

/// What of a response can be signed.
public struct SignableResponse: Sendable, Hashable {
    /// The status code.
    public var status: Int
    /// The header's lines in order.
    public var fields: [HTTPField]
    /// The trailer's lines in order.
    public var trailers: [HTTPField]
    /// The request that was answered, as the signer sent or received it: needed for components with `req`.
    public var request: SignableRequest?

    /// Describes a response.
    public init(
        status: Int, fields: [HTTPField] = [], trailers: [HTTPField] = [], request: SignableRequest? = nil
    ) {
        self.status = status
        self.fields = fields
        self.trailers = trailers
        self.request = request
    }
}

/// A message that is signed or verified.
public enum SignableMessage: Sendable, Hashable {
    /// A request.
    case request(SignableRequest)
    /// A response, with its request where needed.
    case response(SignableResponse)

    /// The header's lines of the message itself.
    public var fields: [HTTPField] {
        switch self {
        case .request(let request): request.fields
        case .response(let response): response.fields
        }
    }

    /// All values of a field joined as RFC 9421 section 2.1 combines them; nil when the message lacks it.
    public func combinedField(_ name: String) -> String? {
        combined(fieldValues(named: name, in: fields))
    }
}

/// The values of a field in order, each without the whitespace around it and without line folding (RFC 9421,
/// section 2.1).
func fieldValues(named name: String, in fields: [HTTPField]) -> [String] {
    let wanted = name.lowercased()
    return fields.filter { $0.name.lowercased() == wanted }.map { normalizedFieldValue($0.value) }
}

/// Values joined by comma and space; nil for none at all.
func combined(_ values: [String]) -> String? {
    values.isEmpty ? nil : values.joined(separator: ", ")
}

private func normalizedFieldValue(_ value: String) -> String {
    var bytes = Array(value.utf8)
    let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    let isLineEnd: (UInt8) -> Bool = { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
    if bytes.contains(where: isLineEnd) {
        bytes = unfolded(bytes, isBlank: isBlank)
    }
    let start = bytes.firstIndex { !isBlank($0) } ?? bytes.endIndex
    let end = bytes.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
    return String(decoding: bytes[start..<end], as: UTF8.self)
}

/// Replaces each line folding (CRLF before a blank, with the blanks around it) by one space. Other line ends stay and
/// are refused when the signature base is put together.
private func unfolded(_ bytes: [UInt8], isBlank: (UInt8) -> Bool) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
        let isFolding =
            bytes[index] == UInt8(ascii: "\r") && index + 2 < bytes.count
            && bytes[index + 1] == UInt8(ascii: "\n") && isBlank(bytes[index + 2])
        guard isFolding else {
            result.append(bytes[index])
            index += 1
            continue
        }
        while let last = result.last, isBlank(last) { result.removeLast() }
        index += 2
        while index < bytes.count, isBlank(bytes[index]) { index += 1 }
        result.append(UInt8(ascii: " "))
    }
    return result
}
