import Foundation

/// A value that can be bound to a statement.
///
/// An enum of strings conforms by `enum State: String, PostgresCodable`; a type over one stored value
/// conforms by passing on that value's `postgresType` and `postgresText`.
public protocol PostgresEncodable {
    /// The type the value is sent as.
    static var postgresType: PostgresType { get }

    /// The value in PostgreSQL's text form; nil is NULL.
    var postgresText: String? { get }

    /// The type an array of such values is sent as; there is a default.
    static var postgresArrayType: PostgresType { get }

    /// An array of such values in PostgreSQL's text form; there is a default.
    static func postgresArrayText(_ elements: [Self]) -> String
}

/// A value that can be bound to a statement and read from a row.
public typealias PostgresCodable = PostgresEncodable & PostgresDecodable

extension PostgresEncodable {
    /// The array type of the value's own type.
    public static var postgresArrayType: PostgresType { postgresType.array }

    /// The elements between braces, each quoted.
    public static func postgresArrayText(_ elements: [Self]) -> String {
        ArrayLiteral.text(elements.map(\.postgresText))
    }
}

extension RawRepresentable where Self: PostgresEncodable, RawValue: PostgresEncodable {
    /// The raw value's type.
    public static var postgresType: PostgresType { RawValue.postgresType }

    /// The raw value's text.
    public var postgresText: String? { rawValue.postgresText }
}

extension Int64: PostgresEncodable {
    /// `bigint`
    public static var postgresType: PostgresType { .int8 }
    /// The decimal digits.
    public var postgresText: String? { String(self) }
}

extension Int: PostgresEncodable {
    /// `bigint`
    public static var postgresType: PostgresType { .int8 }
    /// The decimal digits.
    public var postgresText: String? { String(self) }
}

extension Int32: PostgresEncodable {
    /// `integer`
    public static var postgresType: PostgresType { .int4 }
    /// The decimal digits.
    public var postgresText: String? { String(self) }
}

extension String: PostgresEncodable {
    /// `text`
    public static var postgresType: PostgresType { .text }
    /// The string itself.
    public var postgresText: String? { self }
}

extension Bool: PostgresEncodable {
    /// `boolean`
    public static var postgresType: PostgresType { .bool }
    /// `t` or `f`.
    public var postgresText: String? { self ? "t" : "f" }
}

extension UUID: PostgresEncodable {
    /// `uuid`
    public static var postgresType: PostgresType { .uuid }
    /// The lower-case form.
    public var postgresText: String? { uuidString.lowercased() }
}

extension Date: PostgresEncodable {
    /// `timestamp with time zone`
    public static var postgresType: PostgresType { .timestamptz }
    /// The moment in UTC, to the microsecond.
    public var postgresText: String? { TimestampText.text(self) }
}

extension UInt8: PostgresEncodable {
    /// `smallint`; PostgreSQL has no type of one byte.
    public static var postgresType: PostgresType { .int2 }
    /// The decimal digits.
    public var postgresText: String? { String(self) }
    /// `bytea`: an array of bytes is one value.
    public static var postgresArrayType: PostgresType { .bytea }
    /// The bytes in hexadecimal behind `\x`.
    public static func postgresArrayText(_ elements: [UInt8]) -> String { ByteaText.text(elements) }
}

extension Array: PostgresEncodable where Element: PostgresEncodable {
    /// The array type of the element; `bytea` for bytes.
    public static var postgresType: PostgresType { Element.postgresArrayType }
    /// The array in PostgreSQL's text form.
    public var postgresText: String? { Element.postgresArrayText(self) }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// The wrapped value's type.
    public static var postgresType: PostgresType { Wrapped.postgresType }
    /// The wrapped value's text, or NULL.
    public var postgresText: String? { self?.postgresText }
}
