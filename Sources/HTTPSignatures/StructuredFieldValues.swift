import Cryptography

/// A single value of a structured field (RFC 8941, section 3.3).
public enum BareItem: Sendable, Hashable {
    /// A whole number of at most 15 digits.
    case integer(Int64)
    /// A decimal number in thousandths: 1.5 is 1500.
    case decimal(thousandths: Int64)
    /// Printable ASCII text, written between quotation marks.
    case string(String)
    /// A word without quotation marks.
    case token(String)
    /// Any bytes, written as Base64 between colons.
    case bytes([UInt8])
    /// True or false, written `?1` or `?0`.
    case boolean(Bool)
}

/// Named values behind an item or inner list. Their order matters to signatures, so it is kept.
public struct FieldParameters: Sendable, Hashable, ExpressibleByArrayLiteral {
    /// The parameters in order; no key occurs twice.
    public private(set) var entries: [Entry]

    /// One parameter.
    public struct Entry: Sendable, Hashable {
        /// The lower-case key.
        public let key: String
        /// The value; a key without a value is true.
        public let value: BareItem
    }

    /// Makes parameters in the order given.
    public init(_ entries: [(key: String, value: BareItem)] = []) {
        self.entries = []
        for entry in entries { set(entry.key, entry.value) }
    }

    /// Makes parameters in the order given.
    public init(arrayLiteral elements: (String, BareItem)...) {
        self.init(elements.map { (key: $0.0, value: $0.1) })
    }

    /// The value of a key, nil without it.
    public subscript(key: String) -> BareItem? {
        entries.first { $0.key == key }?.value
    }

    /// Sets a value. A key that is there already keeps its place, as RFC 8941 section 4.2.3.2 parses it.
    public mutating func set(_ key: String, _ value: BareItem) {
        let entry = Entry(key: key, value: value)
        if let index = entries.firstIndex(where: { $0.key == key }) {
            entries[index] = entry
        } else {
            entries.append(entry)
        }
    }
}

/// A value with parameters (RFC 8941, section 3.3).
public struct FieldItem: Sendable, Hashable {
    /// The value.
    public var value: BareItem
    /// Its parameters.
    public var parameters: FieldParameters

    /// Makes an item.
    public init(_ value: BareItem, _ parameters: FieldParameters = []) {
        self.value = value
        self.parameters = parameters
    }
}

/// A list of items between parentheses, with parameters of its own (RFC 8941, section 3.1.1).
public struct InnerList: Sendable, Hashable {
    /// The items in order.
    public var items: [FieldItem]
    /// The parameters of the list as a whole.
    public var parameters: FieldParameters

    /// Makes an inner list.
    public init(_ items: [FieldItem], _ parameters: FieldParameters = []) {
        self.items = items
        self.parameters = parameters
    }
}

/// What a member of a list or dictionary can be.
public enum FieldMember: Sendable, Hashable {
    /// A single item.
    case item(FieldItem)
    /// An inner list.
    case innerList(InnerList)
}

/// An ordered map of members (RFC 8941, section 3.2).
public struct FieldDictionary: Sendable, Hashable {
    /// One member with its key.
    public struct Entry: Sendable, Hashable {
        /// The lower-case key.
        public let key: String
        /// The member.
        public let member: FieldMember
    }

    /// The members in order; no key occurs twice.
    public private(set) var entries: [Entry] = []

    /// Makes an empty dictionary.
    public init() {}

    /// The member of a key, nil without it.
    public subscript(key: String) -> FieldMember? {
        entries.first { $0.key == key }?.member
    }

    /// Sets a member; a key that is there already keeps its place.
    public mutating func set(_ key: String, _ member: FieldMember) {
        let entry = Entry(key: key, member: member)
        if let index = entries.firstIndex(where: { $0.key == key }) {
            entries[index] = entry
        } else {
            entries.append(entry)
        }
    }
}

// MARK: - Serialising (RFC 8941, section 4.1)

extension BareItem {
    /// The one way to write this value, or nil when it cannot be written (a string outside printable ASCII, a number
    /// out of range, something that is no token).
    public var serialized: String? {
        switch self {
        case .integer(let number):
            return number.magnitude <= 999_999_999_999_999 ? String(number) : nil
        case .decimal(let thousandths):
            let magnitude = thousandths.magnitude
            guard magnitude <= 999_999_999_999_999 else { return nil }
            var fraction = String(1000 + magnitude % 1000).dropFirst()
            while fraction.count > 1, fraction.last == "0" { fraction.removeLast() }
            return (thousandths < 0 ? "-" : "") + "\(magnitude / 1000).\(fraction)"
        case .string(let text):
            guard text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else { return nil }
            var quoted = "\""
            for character in text {
                if character == "\"" || character == "\\" { quoted.append("\\") }
                quoted.append(character)
            }
            return quoted + "\""
        case .token(let text):
            return FieldGrammar.isToken(text) ? text : nil
        case .bytes(let bytes):
            return ":" + Base64.encode(bytes) + ":"
        case .boolean(let flag):
            return flag ? "?1" : "?0"
        }
    }
}

extension FieldParameters {
    /// `;key=value` for each, `;key` for those that are true.
    public var serialized: String? {
        var text = ""
        for entry in entries {
            guard FieldGrammar.isKey(entry.key) else { return nil }
            text += ";" + entry.key
            if entry.value == .boolean(true) { continue }
            guard let value = entry.value.serialized else { return nil }
            text += "=" + value
        }
        return text
    }
}

extension FieldItem {
    /// The value and its parameters.
    public var serialized: String? {
        guard let value = value.serialized, let parameters = parameters.serialized else { return nil }
        return value + parameters
    }
}

extension InnerList {
    /// `(item item);parameters`.
    public var serialized: String? {
        var texts: [String] = []
        for item in items {
            guard let text = item.serialized else { return nil }
            texts.append(text)
        }
        guard let parameters = parameters.serialized else { return nil }
        return "(" + texts.joined(separator: " ") + ")" + parameters
    }
}

extension FieldMember {
    /// The member without its key.
    public var serialized: String? {
        switch self {
        case .item(let item): item.serialized
        case .innerList(let list): list.serialized
        }
    }
}

extension FieldDictionary {
    /// `key=member, key=member`; a member that is true with parameters is written as its key alone.
    public var serialized: String? {
        var texts: [String] = []
        for entry in entries {
            guard FieldGrammar.isKey(entry.key) else { return nil }
            if case .item(let item) = entry.member, item.value == .boolean(true) {
                guard let parameters = item.parameters.serialized else { return nil }
                texts.append(entry.key + parameters)
            } else {
                guard let member = entry.member.serialized else { return nil }
                texts.append(entry.key + "=" + member)
            }
        }
        return texts.joined(separator: ", ")
    }
}

/// Which characters make a key and a token (RFC 8941, sections 3.1.2 and 3.3.4).
enum FieldGrammar {
    static func isKeyStart(_ byte: UInt8) -> Bool {
        isLowerCase(byte) || byte == UInt8(ascii: "*")
    }

    static func isKeyByte(_ byte: UInt8) -> Bool {
        isLowerCase(byte) || isDigit(byte) || "_-.*".utf8.contains(byte)
    }

    static func isTokenStart(_ byte: UInt8) -> Bool {
        isLetter(byte) || byte == UInt8(ascii: "*")
    }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || "!#$%&'*+-.^_`|~:/".utf8.contains(byte)
    }

    static func isKey(_ text: String) -> Bool {
        guard let first = text.utf8.first else { return false }
        return isKeyStart(first) && text.utf8.allSatisfy(isKeyByte)
    }

    static func isToken(_ text: String) -> Bool {
        guard let first = text.utf8.first else { return false }
        return isTokenStart(first) && text.utf8.allSatisfy(isTokenByte)
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isLowerCase(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        isLowerCase(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
