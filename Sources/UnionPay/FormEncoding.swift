/// `application/x-www-form-urlencoded` in UTF-8, as requests and notifications travel.
enum FormEncoding {
    private static let unreserved: Set<UInt8> = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._*".utf8)
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Encodes names and values; a space becomes `+`.
    static func encode(_ pairs: [(String, String)]) -> [UInt8] {
        var body: [UInt8] = []
        for (name, value) in pairs {
            if !body.isEmpty { body.append(UInt8(ascii: "&")) }
            append(name, to: &body)
            body.append(UInt8(ascii: "="))
            append(value, to: &body)
        }
        return body
    }

    /// Names and values in the order they came. Throws `malformed` for a pair without `=`, a broken escape and bytes
    /// that are not UTF-8.
    static func decodePairs(_ body: some Collection<UInt8>) throws(MessageError) -> [(String, String)] {
        var pairs: [(String, String)] = []
        for part in body.split(separator: UInt8(ascii: "&")) {
            guard let mark = part.firstIndex(of: UInt8(ascii: "=")) else {
                throw .malformed("a form field without =")
            }
            let name = try unescape(part[..<mark])
            let value = try unescape(part[part.index(after: mark)...])
            guard !name.isEmpty else { throw .malformed("a form field without name") }
            pairs.append((name, value))
        }
        return pairs
    }

    private static func append(_ text: String, to body: inout [UInt8]) {
        for byte in text.utf8 {
            if unreserved.contains(byte) {
                body.append(byte)
            } else if byte == UInt8(ascii: " ") {
                body.append(UInt8(ascii: "+"))
            } else {
                body.append(UInt8(ascii: "%"))
                body.append(digits[Int(byte >> 4)])
                body.append(digits[Int(byte & 15)])
            }
        }
    }

    private static func unescape(_ text: some Collection<UInt8>) throws(MessageError) -> String {
        var bytes: [UInt8] = []
        var rest = text.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(value), let low = rest.next().flatMap(value) else {
                    throw .malformed("a broken % escape")
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformed("text that is not UTF-8")
        }
        return text
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        Character(UnicodeScalar(digit)).hexDigitValue.map(UInt8.init)
    }
}

extension Message {
    /// The message as the body of a POST, `application/x-www-form-urlencoded; charset=UTF-8`.
    public var formBody: [UInt8] {
        FormEncoding.encode(sorted.map { ($0.field.name, $0.value) })
    }

    /// Reads the body of a POST: a request, or a notification. Throws `malformed`, `duplicateField` or
    /// `unsupportedEncoding`.
    public init(formBody body: [UInt8]) throws(MessageError) {
        try self.init(pairs: FormEncoding.decodePairs(body))
    }

    /// Reads decoded form fields; throws `duplicateField` or `unsupportedEncoding`.
    public init(pairs: [(String, String)]) throws(MessageError) {
        var fields: [Field: String] = [:]
        for (name, value) in pairs {
            guard fields.updateValue(value, forKey: Field(name)) == nil else {
                throw .duplicateField(Field(name))
            }
        }
        self.init(received: fields)
        if let encoding = self[.encoding], encoding.uppercased() != "UTF-8" {
            throw .unsupportedEncoding(encoding)
        }
    }
}
