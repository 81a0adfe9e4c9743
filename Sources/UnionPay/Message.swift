/// One message of the ACP protocol, version 5.1.0: named fields with text values.
///
/// The order of fields means nothing on the wire; wherever order matters, fields are sorted by name. A field without
/// value does not exist.
public struct Message: Sendable, Equatable {
    /// The fields and their values, none of them empty.
    public private(set) var fields: [Field: String]

    /// A message without fields.
    public init() {
        fields = [:]
    }

    /// A message to be sent. Values are trimmed, blank ones are left out, as the protocol demands.
    public init(_ fields: [Field: String]) {
        self.fields = [:]
        for (field, value) in fields { self[field] = value }
    }

    /// A received message: values stay as they came, since their very bytes were signed.
    init(received fields: [Field: String]) {
        self.fields = fields.filter { !$0.value.isEmpty }
    }

    /// The value of a field. A value set here is trimmed; a blank one removes the field.
    public subscript(field: Field) -> String? {
        get { fields[field] }
        set { fields[field] = newValue.flatMap(Self.trimmed) }
    }

    /// Fields and values sorted by name in byte order.
    public var sorted: [(field: Field, value: String)] {
        fields.sorted { $0.key < $1.key }.map { (field: $0.key, value: $0.value) }
    }

    /// What is signed: `name=value` of every field but `signature`, sorted by name in byte order, joined by `&`.
    public var canonicalString: String {
        sorted.filter { $0.field != .signature }
            .map { "\($0.field.name)=\($0.value)" }
            .joined(separator: "&")
    }

    /// The message without the parameters that the query string of `url` holds. Where a notification address has a
    /// query string, its parameters come mixed with the notification and are not part of what was signed.
    ///
    /// Only a parameter with the same name and the same value is removed, so that an address with an unlucky
    /// parameter name cannot take away a signed field.
    public func removingQueryParameters(of url: String) -> Message {
        guard let mark = url.firstIndex(of: "?") else { return self }
        let query = url[url.index(after: mark)...].prefix { $0 != "#" }
        guard let parameters = try? FormEncoding.decodePairs(Array(query.utf8)) else { return self }
        var message = self
        for (name, value) in parameters where message.fields[Field(name)] == value {
            message.fields[Field(name)] = nil
        }
        return message
    }

    /// The text without white space at both ends; nil when nothing is left.
    private static func trimmed(_ text: String) -> String? {
        let isBlank: (UInt8) -> Bool = { $0 <= UInt8(ascii: " ") }
        let start = text.utf8.drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return nil }
        return String(Substring(start[...last]))
    }
}

extension Message: CustomStringConvertible {
    /// Names and values for the log; account numbers, holders and the long fields (signature, file) are left out.
    public var description: String {
        let hidden: Set<Field> = [
            .accNo, .customerInfo, .reserved, .signature, .signPubKeyCert, .fileContent,
        ]
        return sorted.map { "\($0.field.name)=\(hidden.contains($0.field) ? "***" : $0.value)" }
            .joined(separator: "&")
    }
}

/// Why a message or one of its fields is not what the protocol demands.
public enum MessageError: Error, Equatable, Sendable {
    /// The body is not a message at all.
    case malformed(String)
    /// A field occurs twice: a reader that takes the first and one that takes the last would disagree.
    case duplicateField(Field)
    /// A field that must be there is not.
    case missingField(Field)
    /// A field has a value that it must not have.
    case invalidField(Field, reason: String)
    /// The message is not in UTF-8.
    case unsupportedEncoding(String)
}
