/// The body of a synchronous answer: `name=value&name=value`, **not** URL-encoded.
///
/// `&` and `=` inside `{…}` or `[…]` do not divide, and a value is cut off at the first `=` only, since Base64 ends
/// with that character.
enum AnswerEncoding {
    /// Names and values of a body, in their order.
    static func decodePairs(_ body: [UInt8]) throws(MessageError) -> [(String, String)] {
        guard let text = String(validating: body, as: UTF8.self) else {
            throw .malformed("an answer that is not UTF-8")
        }
        var pairs: [(String, String)] = []
        for part in split(Array(text.utf8)) where !part.isEmpty {
            guard let mark = part.firstIndex(of: UInt8(ascii: "=")), mark != part.startIndex else {
                throw .malformed("an answer field without name or =")
            }
            let name = String(decoding: part[..<mark], as: UTF8.self)
            let value = String(decoding: part[part.index(after: mark)...], as: UTF8.self)
            pairs.append((name, value))
        }
        return pairs
    }

    /// Cuts at each `&` that is not inside brackets.
    static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = 0
        var closers: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "{"): closers.append(UInt8(ascii: "}"))
            case UInt8(ascii: "["): closers.append(UInt8(ascii: "]"))
            case UInt8(ascii: "&") where closers.isEmpty:
                parts.append(bytes[start..<index])
                start = index + 1
            default:
                if byte == closers.last { closers.removeLast() }
            }
        }
        parts.append(bytes[start...])
        return parts
    }
}

extension Message {
    /// The message as the body of a synchronous answer, which is not URL-encoded.
    public var answerBody: [UInt8] {
        Array(sorted.map { "\($0.field.name)=\($0.value)" }.joined(separator: "&").utf8)
    }

    /// Reads the body of a synchronous answer. Throws `malformed`, `duplicateField` or `unsupportedEncoding`.
    public init(answerBody body: [UInt8]) throws(MessageError) {
        try self.init(pairs: AnswerEncoding.decodePairs(body))
    }
}

/// The inner form `{name=value&name=value}` of fields like `reserved`.
enum BracedFields {
    private static let structural: Set<Character> = ["&", "=", "{", "}", "[", "]"]

    /// Writes the pairs; throws when a value contains a character that would change the structure.
    static func encode(_ pairs: [(String, String)], for field: Field) throws(MessageError) -> String {
        for (name, value) in pairs where value.contains(where: structural.contains) {
            throw .invalidField(field, reason: "\(name) contains one of & = { } [ ]")
        }
        return "{" + pairs.map { "\($0.0)=\($0.1)" }.joined(separator: "&") + "}"
    }

    /// Reads the pairs; throws when the text is not of this form or a name occurs twice.
    static func decode(_ text: String, of field: Field) throws(MessageError) -> [String: String] {
        guard text.hasPrefix("{"), text.hasSuffix("}"), text.utf8.count >= 2 else {
            throw .invalidField(field, reason: "not of the form {name=value&…}")
        }
        let inner = Array(text.utf8.dropFirst().dropLast())
        guard let pairs = try? AnswerEncoding.decodePairs(inner) else {
            throw .invalidField(field, reason: "not of the form {name=value&…}")
        }
        var values: [String: String] = [:]
        for (name, value) in pairs {
            guard values.updateValue(value, forKey: name) == nil else {
                throw .invalidField(field, reason: "\(name) occurs twice")
            }
        }
        return values
    }
}
