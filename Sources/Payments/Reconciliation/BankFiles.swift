import Cryptography
import Foundation
import Postgres
import UnionPay

/// The bank's files of settlement days: fetched once a day, matched in one pass, and what does not match worked off line by
/// line. The bank has one file for all channels; a line's trade tells the channel.
public struct BankFiles: Sendable {
    let platform: Platform

    /// What kind of trade a line is.
    public enum Trade: String, Sendable, CaseIterable, PostgresCodable {
        /// A top-up paid.
        case payment
        /// A withdrawal paid.
        case payout
        /// Money given back to a payer at our order.
        case refund
        /// A payment that the bank took back by itself.
        case reversal
        /// A payout that came back.
        case payoutReturn

        /// The channel it belongs to.
        var channel: Channel {
            switch self {
            case .payment, .refund, .reversal: .gateway
            case .payout, .payoutReturn: .payout
            }
        }

        /// Whether it brings money to us (1) or takes it (-1).
        var sign: Int64 {
            switch self {
            case .payment, .payoutReturn: 1
            case .payout, .refund, .reversal: -1
            }
        }

        /// From the protocol's codes: 01 payment, 12 payout (with an original: its return), 04 refund, 31 reversal.
        init?(type: String, hasOriginal: Bool) {
            switch type {
            case "01": self = .payment
            case "12": self = hasOriginal ? .payoutReturn : .payout
            case "04": self = .refund
            case "31": self = .reversal
            default: return nil
            }
        }
    }

    /// A line in the words of the business. Amounts are fen.
    public struct Line: Sendable, Equatable {
        /// What kind of trade.
        public var trade: Trade
        /// The bank's serial.
        public var serial: String
        /// The serial of the trade that is given back, reversed or returned.
        public var originalSerial: String?
        /// Our number; empty where the bank has none.
        public var orderNumber: String
        /// How much.
        public var amount: Int64
        /// What the bank took for it.
        public var fee: Int64

        /// A line.
        public init(
            trade: Trade, serial: String, originalSerial: String? = nil, orderNumber: String, amount: Int64,
            fee: Int64 = 0
        ) {
            self.trade = trade
            self.serial = serial
            self.originalSerial = originalSerial
            self.orderNumber = orderNumber
            self.amount = amount
            self.fee = fee
        }
    }

    /// What a file says besides its lines.
    public struct Ending: Sendable, Equatable {
        /// What its own summary counts and comes to.
        public struct Totals: Sendable, Equatable {
            /// How many lines.
            public var lines: Int64
            /// What the bank pays us for the day, or draws (negative), in fen.
            public var net: Int64

            /// Totals.
            public init(lines: Int64, net: Int64) {
                self.lines = lines
                self.net = net
            }
        }

        /// The totals that it states; nil where it has no summary.
        public var stated: Totals?
        /// How many lines of errors and adjustments (ZME) it has. Nobody publishes what they mean.
        public var adjustments: Int64

        /// What a file says besides its lines.
        public init(stated: Totals? = nil, adjustments: Int64 = 0) {
            self.stated = stated
            self.adjustments = adjustments
        }
    }

    /// What came of offering a file.
    public enum Acceptance: Sendable {
        /// It is the file of the day.
        case accepted
        /// It is the same one once more.
        case repeated
        /// The day has a file already, and this is another one: a person has to ask the bank.
        case other
    }

    /// How many lines are staged by one statement.
    private static let batch = 5000
    /// The days after its own on which a trade may still turn up in a file.
    static let graceDays = 3

    // MARK: Taking a file

    /// Takes the file of a day: stages its lines, matches them in one pass, books the fees. All lines or none.
    ///
    /// - Parameters:
    ///   - digest: SHA-256 of what the bank sent.
    ///   - ending: asked once after the last line; throws like `next`.
    ///   - next: gives the lines one after the other, nil at the end; throws for a damaged file, which is not taken.
    public func accept(
        _ day: LocalDate, name: String, digest: [UInt8], ending: () throws -> Ending = { Ending() },
        next: () throws -> Line?
    ) async throws -> Acceptance {
        if let known = try await known(day) { return known == digest ? .repeated : .other }
        let loading: Int64 = try await platform.database.query(
            "SELECT nextval('bank_file_loading') AS loading"
        ).only()["loading"]
        var number = 0
        var lines: [Line] = []
        while let line = try next() {
            lines.append(line)
            if lines.count == Self.batch {
                try await stage(lines, of: day, loading, after: number)
                number += lines.count
                lines = []
            }
        }
        if !lines.isEmpty { try await stage(lines, of: day, loading, after: number) }
        let end = try ending()
        let moment = platform.effects.now()
        do {
            try await platform.database.transaction { connection in
                try connection.execute("SET LOCAL statement_timeout = 0")
                try Self.match(
                    day, loading, name: name, digest: digest, ending: end, at: moment, on: connection)
                try connection.execute("DELETE FROM bank_file_staging WHERE settlement_date = \(day)")
            }
        } catch let error as PostgresError where error.constraint == "bank_files_settlement_date_key" {
            return try await known(day) == digest ? .repeated : .other
        }
        return .accepted
    }

    private func known(_ day: LocalDate) async throws -> [UInt8]? {
        try await platform.database.query("SELECT digest FROM bank_files WHERE settlement_date = \(day)")
            .first.map { try $0["digest"] }
    }

    private func stage(_ lines: [Line], of day: LocalDate, _ loading: Int64, after number: Int)
        async throws
    {
        try await platform.database.execute(
            """
            INSERT INTO bank_file_staging (
                loading, settlement_date, line, channel, trade, serial, original_serial, order_number, amount, fee)
            SELECT \(loading), \(day), \(Int64(number)) + line, channel, trade, serial, nullif(original, ''), number, amount, fee
            FROM unnest(
                \(lines.map(\.trade.channel.rawValue)), \(lines.map(\.trade.rawValue)), \(lines.map(\.serial)),
                \(lines.map { $0.originalSerial ?? "" }), \(lines.map(\.orderNumber)), \(lines.map(\.amount)),
                \(lines.map(\.fee))
            ) WITH ORDINALITY AS l (channel, trade, serial, original, number, amount, fee, line)
            """)
    }

    /// Classes every staged line in one pass over both sides: by the bank's serial first, by the order's number where the
    /// serial is new to us. Serials that an earlier line has are collected before the first line is written: looked up line
    /// by line, in a table of which the planner knows nothing yet, they would be sought among the file's own lines, in a
    /// time that grows with its square.
    static func match(
        _ day: LocalDate, _ loading: Int64, name: String, digest: [UInt8], ending: Ending, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let file: Int64 = try connection.query(
            """
            INSERT INTO bank_files (
                settlement_date, name, digest, accepted_at, stated_lines, stated_net, adjustments)
            VALUES (
                \(day), \(name), \(digest), \(moment), \(ending.stated?.lines), \(ending.stated?.net),
                \(ending.adjustments))
            RETURNING id
            """
        ).only()["id"]
        try connection.execute(
            """
            INSERT INTO bank_file_lines (
                file_id, line, channel, trade, serial, original_serial, order_number, amount, fee, class, order_id)
            WITH lines AS NOT MATERIALIZED (
                SELECT * FROM bank_file_staging WHERE loading = \(loading)
            ), known AS MATERIALIZED (
                SELECT line FROM lines s
                WHERE EXISTS (SELECT FROM bank_file_lines l WHERE l.channel = s.channel AND l.serial = s.serial)
            ), twice AS MATERIALIZED (
                SELECT channel, serial, min(line) AS line FROM lines GROUP BY channel, serial HAVING count(*) > 1
            )
            SELECT \(file), s.line, s.channel, s.trade, s.serial, s.original_serial, s.order_number, s.amount, s.fee,
                CASE
                    WHEN s.line > t.line OR k.line IS NOT NULL THEN 'duplicate'
                    WHEN b.order_id IS NOT NULL AND o.amount <> s.amount THEN 'amountDiffers'
                    WHEN b.order_id IS NOT NULL AND s.fee <> c.fee THEN 'feeDiffers'
                    WHEN b.order_id IS NOT NULL THEN 'matched'
                    WHEN n.id IS NULL THEN 'bankOnly'
                    WHEN n.amount <> s.amount THEN 'amountDiffers'
                    ELSE 'stateDiffers'
                END,
                coalesce(b.order_id, n.id)
            FROM lines s
            JOIN bank_channels c ON c.channel = s.channel
            LEFT JOIN twice t ON t.channel = s.channel AND t.serial = s.serial
            LEFT JOIN known k ON k.line = s.line
            LEFT JOIN bank_serials b ON b.channel = s.channel AND b.serial = s.serial
            LEFT JOIN orders o ON o.id = b.order_id
            -- By the number only where the serial is new: one look each, and none for all the others.
            LEFT JOIN LATERAL (
                SELECT id, amount FROM orders
                WHERE b.order_id IS NULL AND number = s.order_number AND kind = CASE s.trade
                    WHEN 'payment' THEN 'topUp' WHEN 'reversal' THEN 'topUp' ELSE 'withdrawal' END
                LIMIT 1
            ) n ON true
            """)
        try connection.execute(
            """
            INSERT INTO bank_file_sums (file_id, channel, trade, class, lines, amount, fees)
            SELECT file_id, channel, trade, class, count(*), sum(amount), sum(fee)
            FROM bank_file_lines WHERE file_id = \(file) GROUP BY 1, 2, 3, 4
            """)
        let fees = try connection.query(
            """
            SELECT channel, sum(fees)::bigint AS fees FROM bank_file_sums
            WHERE file_id = \(file) AND class <> 'duplicate'
            GROUP BY channel HAVING sum(fees) <> 0 ORDER BY channel
            """)
        for (place, row) in fees.enumerated() {
            let channel: String = try row["channel"]
            let amount: Int64 = try row["fees"]
            try Ledger.post(
                JournalEntry(
                    .channelFees, source: .bankFile(file), enterprise: nil, event: "accepted",
                    occurrence: place + 1,
                    lines: [
                        JournalEntry.Line(
                            account: .channelCost, owner: "fee", item: day.description, amount: amount),
                        JournalEntry.Line(
                            account: .bankClearing, owner: channel, item: day.description, amount: -amount),
                    ]), at: moment, on: connection)
        }
    }
}

extension Platform {
    /// The bank's files of settlement days.
    public var bankFiles: BankFiles { BankFiles(platform: self) }
}
