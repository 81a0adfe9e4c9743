import Foundation
import Postgres

/// A line of the bank's file, as people who look after reconciliation see it.
public struct BankLine: Sendable {
    /// The class that it is in.
    public enum Kind: String, Sendable, CaseIterable, PostgresCodable {
        case matched, bankOnly, amountDiffers, stateDiffers, duplicate, feeDiffers
    }

    /// The settlement day of the file.
    public let day: LocalDate
    /// Its place in the file, from 1.
    public let line: Int64
    /// Of which channel.
    public let channel: Channel
    /// What kind of trade.
    public let trade: BankFiles.Trade
    /// The bank's serial.
    public let serial: String
    /// The number of ours that the bank names; empty where it names none.
    public let orderNumber: String
    /// Whether an order of ours was found for it.
    public let hasOrder: Bool
    /// How much, in fen.
    public let amount: Money
    /// What the bank took for it, in fen.
    public let fee: Money
    /// The class that it is in.
    public let kind: Kind
    /// The case that was opened for it.
    public let difference: String?
}

extension BankLine {
    /// What a line `l` brought to us, or took if negative, in fen: ``BankFiles/Trade/sign`` in the database.
    static let signedAmount: SQL = """
        CASE WHEN l.trade IN ('payment', 'payoutReturn') THEN l.amount ELSE -l.amount END
        """

    private static let selection: SQL = """
        SELECT f.settlement_date, l.line, l.channel, l.trade, l.serial, coalesce(o.number, l.order_number) AS order_number,
            o.id IS NOT NULL AS has_order, l.amount, l.fee, l.class, (
                SELECT d.number FROM differences d WHERE d.channel = l.channel AND d.serial = l.serial
                ORDER BY (d.class = l.class) DESC, d.id LIMIT 1
            ) AS difference
        FROM bank_files f JOIN bank_file_classes l ON l.file_id = f.id LEFT JOIN orders o ON o.id = l.order_id
        """

    /// The few lines that are not matched, without a look at all the others; to be closed.
    private static let isException: SQL = """
        EXISTS (SELECT FROM bank_file_exceptions x WHERE x.file_id = l.file_id AND x.line = l.line
        """

    private init(_ row: Row) throws {
        self.init(
            day: try row["settlement_date"], line: try row["line"], channel: try row["channel"],
            trade: try row["trade"], serial: try row["serial"], orderNumber: try row["order_number"],
            hasOrder: try row["has_order"], amount: try row["amount"], fee: try row["fee"],
            kind: try row["class"], difference: try row["difference"])
    }

    /// The lines with the serial of a case.
    static func lines(of found: Difference, on connection: isolated Connection) throws -> [BankLine] {
        guard let serial = found.serial else { return [] }
        return try connection.query(
            """
            \(fragment: selection) WHERE l.channel = \(found.channel) AND l.serial = \(serial)
            ORDER BY f.settlement_date, l.line LIMIT 20
            """
        ).map(BankLine.init)
    }

    /// Which lines of a day are asked for.
    public struct Filter: Sendable, Equatable {
        /// Of one channel.
        public var channel: Channel?
        /// In one class.
        public var kind: Kind?
        /// Whether matched lines are asked for too, where no class is.
        public var includesMatched: Bool

        /// A filter; without arguments it lets all lines through that are not matched.
        public init(channel: Channel? = nil, kind: Kind? = nil, includesMatched: Bool = false) {
            self.channel = channel
            self.kind = kind
            self.includesMatched = includesMatched
        }
    }

    /// The lines of a day's file behind `after`, in the order of the file. Who acts in a part of the country sees the lines of
    /// the orders there.
    static func lines(
        of day: LocalDate, _ filter: Filter, within region: Region, after: Int64, limit: Int,
        on connection: isolated Connection
    ) throws -> [BankLine] {
        var conditions: [SQL] = ["f.settlement_date = \(day)", "l.line > \(after)"]
        if let channel = filter.channel { conditions.append("l.channel = \(channel)") }
        switch filter.kind {
        case .matched?: conditions.append("l.class = 'matched'")
        case let kind?: conditions.append("\(fragment: isException) AND x.class = \(kind))")
        case nil where !filter.includesMatched: conditions.append("\(fragment: isException))")
        case nil: break
        }
        if region != .national {
            conditions.append(
                """
                EXISTS (
                    SELECT FROM enterprises JOIN cities ON cities.code = enterprises.city_code
                    WHERE enterprises.id = o.enterprise_id AND \(fragment: region.condition))
                """)
        }
        return try connection.query(
            """
            \(fragment: selection) WHERE \(fragment: .joined(conditions, by: " AND "))
            ORDER BY l.line LIMIT \(Int64(limit))
            """
        ).map(BankLine.init)
    }
}

/// A line of the reserve account's statement.
public struct ReserveLine: Sendable {
    /// The day of the statement.
    public let day: LocalDate
    /// The bank's serial.
    public let serial: String
    /// What came in (positive) or went out (negative), in fen.
    public let change: Money
    /// The other side.
    public let counterparty: String
    /// What it is for.
    public let purpose: String
    /// The settlement day whose net it is; nil for anything else.
    public let settlementDate: LocalDate?
}

extension ReserveLine {
    private static let selection: SQL = """
        SELECT day, serial, change, counterparty, purpose, settlement_date FROM reserve_statement_lines
        """

    private init(_ row: Row) throws {
        self.init(
            day: try row["day"], serial: try row["serial"], change: try row["change"],
            counterparty: try row["counterparty"], purpose: try row["purpose"],
            settlementDate: try row["settlement_date"])
    }

    /// The line that a case is about.
    static func line(of found: Difference, on connection: isolated Connection) throws -> ReserveLine? {
        guard found.channel == .reserve, let serial = found.serial else { return nil }
        return try connection.query("\(fragment: selection) WHERE serial = \(serial)").first
            .map(ReserveLine.init)
    }

    /// What the statement of a day has, and where the net of that day's trades arrived later.
    static func lines(of day: LocalDate, on connection: isolated Connection) throws -> [ReserveLine] {
        try connection.query(
            """
            \(fragment: selection) WHERE day = \(day) OR settlement_date = \(day)
            ORDER BY reserve_statement_lines.day, line LIMIT 200
            """
        ).map(ReserveLine.init)
    }
}
