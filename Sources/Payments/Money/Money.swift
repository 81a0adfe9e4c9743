import Postgres

/// An amount in yuan renminbi, counted in whole fen. Never a floating-point number: one fen is the smallest
/// thing there is, and arithmetic that would leave the range throws instead of trapping or wrapping.
public struct Money: Hashable, Sendable, Comparable {
    /// The amount in fen. Negative only where a difference or a correction is meant.
    public let fen: Int64

    /// No money.
    public static let zero = Money(fen: 0)

    /// An amount of so many fen.
    public init(fen: Int64) {
        self.fen = fen
    }

    /// Whether less than nothing.
    public var isNegative: Bool { fen < 0 }

    /// Whether more than nothing.
    public var isPositive: Bool { fen > 0 }

    /// Orders amounts by size.
    public static func < (left: Money, right: Money) -> Bool { left.fen < right.fen }

    /// The sum. Throws ``MoneyOverflow`` when it cannot be represented.
    public static func + (left: Money, right: Money) throws(MoneyOverflow) -> Money {
        let (sum, overflow) = left.fen.addingReportingOverflow(right.fen)
        guard !overflow else { throw MoneyOverflow() }
        return Money(fen: sum)
    }

    /// The difference. Throws ``MoneyOverflow`` when it cannot be represented.
    public static func - (left: Money, right: Money) throws(MoneyOverflow) -> Money {
        let (difference, overflow) = left.fen.subtractingReportingOverflow(right.fen)
        guard !overflow else { throw MoneyOverflow() }
        return Money(fen: difference)
    }

    /// The sum of many amounts. Throws ``MoneyOverflow`` when it cannot be represented.
    public static func sum(_ amounts: some Sequence<Money>) throws(MoneyOverflow) -> Money {
        var total = Money.zero
        for amount in amounts { total = try total + amount }
        return total
    }
}

/// A sum left the range of an amount (about 92 quadrillion yuan). It says that data is damaged or hostile.
public struct MoneyOverflow: Error, Hashable, Sendable {
    /// Makes the error.
    public init() {}
}

extension Money: CustomStringConvertible {
    /// For logs and test failures: the amount with its currency.
    public var description: String { "CNY \(formatted)" }
}

extension Money: PostgresCodable {
    /// `bigint`, in fen.
    public static var postgresType: PostgresType { Int64.postgresType }

    /// The fen.
    public var postgresText: String? { fen.postgresText }

    /// Reads fen.
    public init?(postgresText: String) {
        guard let fen = Int64(postgresText: postgresText) else { return nil }
        self.init(fen: fen)
    }
}
