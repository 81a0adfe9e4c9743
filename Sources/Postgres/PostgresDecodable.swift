import Foundation

/// A value that can be read from a row.
///
/// An enum of strings conforms by `enum State: String, PostgresCodable`; an unknown raw value is then a
/// decoding error that names column and type.
public protocol PostgresDecodable {
    /// Makes the value of PostgreSQL's text form, or nil where the text is no such value.
    init?(postgresText: String)

    /// What NULL is read as; nil, the default, makes NULL an error. Only `Optional` has another answer.
    static var postgresNull: Self? { get }

    /// Makes an array of such values of PostgreSQL's text form; there is a default.
    static func postgresArray(_ text: String) -> [Self]?
}

extension PostgresDecodable {
    /// NULL is no value of this type.
    public static var postgresNull: Self? { nil }

    /// The elements of a one-dimensional array.
    public static func postgresArray(_ text: String) -> [Self]? {
        guard let elements = ArrayLiteral.elements(text) else { return nil }
        var values: [Self] = []
        values.reserveCapacity(elements.count)
        for element in elements {
            guard let value = element.map({ Self(postgresText: $0) }) ?? postgresNull else { return nil }
            values.append(value)
        }
        return values
    }
}

extension RawRepresentable where Self: PostgresDecodable, RawValue: PostgresDecodable {
    /// Makes the value of its raw value's text.
    public init?(postgresText: String) {
        guard let rawValue = RawValue(postgresText: postgresText) else { return nil }
        self.init(rawValue: rawValue)
    }
}

extension Int64: PostgresDecodable {
    /// Reads whole numbers, those of `numeric` too, as `sum(bigint)` gives them.
    public init?(postgresText: String) { self.init(postgresText) }
}

extension Int: PostgresDecodable {
    /// Reads whole numbers, those of `numeric` too, as `sum(bigint)` gives them.
    public init?(postgresText: String) { self.init(postgresText) }
}

extension Int32: PostgresDecodable {
    /// Reads whole numbers that fit.
    public init?(postgresText: String) { self.init(postgresText) }
}

extension UInt8: PostgresDecodable {
    /// Reads whole numbers that fit.
    public init?(postgresText: String) { self.init(postgresText) }
    /// Reads `bytea`: an array of bytes is one value.
    public static func postgresArray(_ text: String) -> [UInt8]? { ByteaText.bytes(text) }
}

extension String: PostgresDecodable {
    /// Takes any value's text.
    public init?(postgresText: String) { self = postgresText }
}

extension Bool: PostgresDecodable {
    /// Reads `t` and `f`.
    public init?(postgresText: String) {
        switch postgresText {
        case "t": self = true
        case "f": self = false
        default: return nil
        }
    }
}

extension UUID: PostgresDecodable {
    /// Reads the usual form with hyphens.
    public init?(postgresText: String) { self.init(uuidString: postgresText) }
}

extension Date: PostgresDecodable {
    /// Reads a `timestamptz` of a session in UTC; a `timestamp` without zone is refused.
    public init?(postgresText: String) {
        guard let date = TimestampText.date(postgresText) else { return nil }
        self = date
    }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    /// Reads a one-dimensional array, or `bytea` for bytes.
    public init?(postgresText: String) {
        guard let elements = Element.postgresArray(postgresText) else { return nil }
        self = elements
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// Reads the wrapped value.
    public init?(postgresText: String) {
        guard let wrapped = Wrapped(postgresText: postgresText) else { return nil }
        self = .some(wrapped)
    }

    /// NULL is nil.
    public static var postgresNull: Wrapped?? { .some(.none) }
}
