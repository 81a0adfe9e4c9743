import Postgres

/// The key of a row, as a type of its own for each table: `Enterprise.ID` is not `Operator.ID`, whatever
/// the number.
///
///     public struct Enterprise {
///         public struct ID: Identifier {
///             public let rawValue: Int64
///             public init(rawValue: Int64) { self.rawValue = rawValue }
///         }
///     }
public protocol Identifier: RawRepresentable, Hashable, Sendable, Comparable, PostgresCodable,
    CustomStringConvertible
where RawValue == Int64 {
    /// The identifier of this number, which exists or does not.
    init(rawValue: Int64)
}

extension Identifier {
    /// Orders by number, which is the order of locks and of creation.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The number, for logs.
    public var description: String { String(rawValue) }
}
