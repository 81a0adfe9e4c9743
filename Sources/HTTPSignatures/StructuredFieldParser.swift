import Cryptography

/// Why a text is not a structured field.
public struct StructuredFieldError: Error, Equatable, Sendable {
    /// What was expected, for the log.
    public let reason: String
    /// The number of bytes before the place.
    public let offset: Int
}

/// Reads structured fields (RFC 8941, section 4.2), strictly: what is not exactly in the grammar throws.
public struct StructuredFieldParser {
    private let bytes: [UInt8]
    private var position = 0

    /// More than any honest signature field needs; a limit on the work an unauthenticated caller can ask for.
    private static let longestField = 32_768

    private init(_ text: String) throws(StructuredFieldError) {
        bytes = Array(text.utf8)
        guard bytes.count <= Self.longestField else {
            throw StructuredFieldError(reason: "field is too long", offset: Self.longestField)
        }
    }

    /// Reads a dictionary.
    ///
    /// A key that occurs twice is refused, against RFC 8941 where the last one wins: RFC 9421 wants unique labels,
    /// and two readers that pick different ones would disagree about what was signed.
    public static func dictionary(_ text: String) throws(StructuredFieldError) -> FieldDictionary {
        var parser = try StructuredFieldParser(text)
        return try parser.wholeDictionary()
    }

    /// Reads a list of items and inner lists.
    public static func list(_ text: String) throws(StructuredFieldError) -> [FieldMember] {
        var parser = try StructuredFieldParser(text)
        return try parser.wholeList()
    }

    /// Reads a single item.
    public static func item(_ text: String) throws(StructuredFieldError) -> FieldItem {
        var parser = try StructuredFieldParser(text)
        parser.skipSpaces()
        let item = try parser.item()
        parser.skipSpaces()
        guard parser.isAtEnd else { throw parser.expected("the end") }
        return item
    }

    // MARK: Containers

    private mutating func wholeDictionary() throws(StructuredFieldError) -> FieldDictionary {
        var dictionary = FieldDictionary()
        skipSpaces()
        while !isAtEnd {
            let key = try key()
            guard dictionary[key] == nil else { throw expected("a key that is not used yet") }
            if take("=") {
                dictionary.set(key, try member())
            } else {
                dictionary.set(key, .item(FieldItem(.boolean(true), try parameters())))
            }
            if try !hasNextMember() { break }
        }
        return dictionary
    }

    private mutating func wholeList() throws(StructuredFieldError) -> [FieldMember] {
        var members: [FieldMember] = []
        skipSpaces()
        while !isAtEnd {
            members.append(try member())
            if try !hasNextMember() { break }
        }
        return members
    }

    /// Whether a comma and another member follow; throws when something else does.
    private mutating func hasNextMember() throws(StructuredFieldError) -> Bool {
        skipOptionalWhitespace()
        if isAtEnd { return false }
        guard take(",") else { throw expected("a comma") }
        skipOptionalWhitespace()
        guard !isAtEnd else { throw expected("a member after the comma") }
        return true
    }

    private mutating func member() throws(StructuredFieldError) -> FieldMember {
        peek == UInt8(ascii: "(") ? .innerList(try innerList()) : .item(try item())
    }

    private mutating func innerList() throws(StructuredFieldError) -> InnerList {
        guard take("(") else { throw expected("(") }
        var items: [FieldItem] = []
        while true {
            skipSpaces()
            if take(")") { return InnerList(items, try parameters()) }
            items.append(try item())
            guard peek == UInt8(ascii: " ") || peek == UInt8(ascii: ")") else {
                throw expected("a space or )")
            }
        }
    }

    private mutating func item() throws(StructuredFieldError) -> FieldItem {
        let value = try bareItem()
        return FieldItem(value, try parameters())
    }

    private mutating func parameters() throws(StructuredFieldError) -> FieldParameters {
        var parameters = FieldParameters()
        while take(";") {
            skipSpaces()
            let key = try key()
            parameters.set(key, take("=") ? try bareItem() : .boolean(true))
        }
        return parameters
    }

    private mutating func key() throws(StructuredFieldError) -> String {
        guard let first = peek, FieldGrammar.isKeyStart(first) else { throw expected("a key") }
        return takeWhile(FieldGrammar.isKeyByte)
    }

    // MARK: Values

    private mutating func bareItem() throws(StructuredFieldError) -> BareItem {
        guard let byte = peek else { throw expected("a value") }
        switch byte {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: ":"): return .bytes(try byteSequence())
        case UInt8(ascii: "?"): return .boolean(try boolean())
        case UInt8(ascii: "-"): return try number()
        default:
            if FieldGrammar.isDigit(byte) { return try number() }
            if FieldGrammar.isTokenStart(byte) { return .token(takeWhile(FieldGrammar.isTokenByte)) }
            throw expected("a value")
        }
    }

    private mutating func string() throws(StructuredFieldError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = peek, escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\")
                else {
                    throw expected("\" or \\ after \\")
                }
                position += 1
                text.append(escaped)
            case 0x20...0x7e:
                text.append(byte)
            default:
                throw expected("printable ASCII")
            }
        }
        throw expected("the end of the string")
    }

    private mutating func byteSequence() throws(StructuredFieldError) -> [UInt8] {
        position += 1
        let start = position
        while let byte = peek, byte != UInt8(ascii: ":") { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard take(":"), let decoded = Base64.decode(text) else { throw expected("Base64 between colons") }
        return decoded
    }

    private mutating func boolean() throws(StructuredFieldError) -> Bool {
        position += 1
        if take("1") { return true }
        if take("0") { return false }
        throw expected("0 or 1")
    }

    private mutating func number() throws(StructuredFieldError) -> BareItem {
        let sign: Int64 = take("-") ? -1 : 1
        let whole = takeWhile(FieldGrammar.isDigit)
        guard !whole.isEmpty else { throw expected("a digit") }
        guard peek == UInt8(ascii: ".") else {
            guard whole.utf8.count <= 15, let value = Int64(whole) else {
                throw expected("at most 15 digits")
            }
            return .integer(sign * value)
        }
        position += 1
        let fraction = takeWhile(FieldGrammar.isDigit)
        let padded = (fraction + "00").prefix(3)
        guard
            whole.utf8.count <= 12, (1...3).contains(fraction.utf8.count),
            let value = Int64(whole), let thousandths = Int64(padded)
        else { throw expected("at most 12 digits and 1 to 3 decimals") }
        return .decimal(thousandths: sign * (value * 1000 + thousandths))
    }

    // MARK: Bytes

    private var isAtEnd: Bool { position == bytes.count }

    private var peek: UInt8? { isAtEnd ? nil : bytes[position] }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func takeWhile(_ isWanted: (UInt8) -> Bool) -> String {
        let start = position
        while let byte = peek, isWanted(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func skipSpaces() {
        while peek == UInt8(ascii: " ") { position += 1 }
    }

    private mutating func skipOptionalWhitespace() {
        while peek == UInt8(ascii: " ") || peek == UInt8(ascii: "\t") { position += 1 }
    }

    private func expected(_ reason: String) -> StructuredFieldError {
        StructuredFieldError(reason: "expected \(reason)", offset: position)
    }
}
