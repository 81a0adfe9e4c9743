/// A statement whose values are bound, never pasted: `"SELECT name FROM staff WHERE id = \(id)"` sends the
/// text `SELECT name FROM staff WHERE id = $1` and the value apart from it.
///
/// Only a literal becomes a statement. Another statement is put in with `\(fragment: other)`; its values are
/// numbered anew. Text that cannot be bound (the name of a column to sort by) needs `\(unsafeRaw: text)` and
/// must never come from a request.
public struct SQL: Sendable, ExpressibleByStringInterpolation {
    /// The text around the values: always one piece more than there are values.
    var segments: [String]
    /// The type of each value.
    var types: [PostgresType]
    /// Each value in PostgreSQL's text form; nil is NULL.
    var values: [String?]

    /// Makes a statement without values.
    public init(stringLiteral value: String) {
        segments = [value]
        types = []
        values = []
    }

    /// Makes a statement of the pieces and values of a literal.
    public init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.sql
    }

    /// The text as PostgreSQL gets it, with `$1`, `$2` … in place of the values.
    public var text: String {
        var text = segments[0]
        for index in values.indices {
            text += "$\(index + 1)"
            text += segments[index + 1]
        }
        return text
    }

    /// Appends another statement's text and values to this one.
    public mutating func append(_ other: SQL) {
        segments[segments.count - 1] += other.segments[0]
        segments.append(contentsOf: other.segments.dropFirst())
        types.append(contentsOf: other.types)
        values.append(contentsOf: other.values)
    }

    /// Joins statements by a separator, for lists of conditions.
    ///
    /// - Parameters:
    ///   - parts: the statements; none gives an empty one.
    ///   - separator: the text between two of them, such as `" AND "`.
    public static func joined(_ parts: [SQL], by separator: StaticString) -> SQL {
        var joined: SQL = ""
        for (index, part) in parts.enumerated() {
            if index > 0 {
                joined.segments[joined.segments.count - 1] += separator.description
            }
            joined.append(part)
        }
        return joined
    }

    /// Collects the pieces of a literal; used by the compiler.
    public struct StringInterpolation: StringInterpolationProtocol {
        var sql: SQL

        /// Makes an empty collection.
        public init(literalCapacity: Int, interpolationCount: Int) {
            sql = ""
            sql.segments.reserveCapacity(interpolationCount + 1)
            sql.types.reserveCapacity(interpolationCount)
            sql.values.reserveCapacity(interpolationCount)
        }

        /// Takes a piece of the literal's own text.
        public mutating func appendLiteral(_ literal: String) {
            let last = sql.segments.count - 1
            // An assignment keeps the literal's constant storage, so that comparing two statements stays
            // cheap.
            if sql.segments[last].isEmpty {
                sql.segments[last] = literal
            } else {
                sql.segments[last] += literal
            }
        }

        /// Binds a value.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value) {
            sql.types.append(Value.postgresType)
            sql.values.append(value.postgresText)
            sql.segments.append("")
        }

        /// Binds a value or NULL. Apart from the one above only so that the compiler does not take an
        /// optional here for an oversight.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            sql.types.append(Value.postgresType)
            sql.values.append(value.postgresText)
            sql.segments.append("")
        }

        /// Puts another statement in, with its values.
        public mutating func appendInterpolation(fragment: SQL) {
            sql.append(fragment)
        }

        /// Puts text in as it is. Never text from outside: this is the one door for SQL injection.
        public mutating func appendInterpolation(unsafeRaw text: String) {
            appendLiteral(text)
        }
    }
}

extension SQL: CustomStringConvertible {
    /// The text without the values, fit for a log.
    public var description: String { text }
}
