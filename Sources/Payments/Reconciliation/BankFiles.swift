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
        if let known = try await known(day) { return try await again(day, isSame: known == digest) }
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
        let staged = number + lines.count
        let end = try ending()
        do {
            let times = try await platform.database.transaction { connection in
                try connection.execute("SET LOCAL statement_timeout = 0")
                let began = platform.effects.now()
                let file = try Self.open(
                    day, name: name, digest: digest, ending: end, at: began, on: connection)
                try Self.fileAway(loading, as: file, lines: staged, on: connection)
                let filed = platform.effects.now()
                try Self.match(file, on: connection)
                let matched = platform.effects.now()
                try Self.bookFees(of: file, day, at: began, on: connection)
                try connection.execute("DELETE FROM bank_file_staging WHERE settlement_date = \(day)")
                return (filing: filed.timeIntervalSince(began), matching: matched.timeIntervalSince(filed))
            }
            platform.logger.info(
                "the bank's file of a day is matched",
                metadata: [
                    "day": "\(day)", "lines": "\(staged)", "filing": "\(times.filing)",
                    "matching": "\(times.matching)",
                ])
        } catch let error as PostgresError where error.constraint == "bank_files_settlement_date_key" {
            return try await again(day, isSame: known(day) == digest)
        }
        return .accepted
    }

    /// The day has a file already. That another one was offered is a case: a person has to ask the bank which of them holds.
    private func again(_ day: LocalDate, isSame: Bool) async throws -> Acceptance {
        guard !isSame else { return .repeated }
        let moment = platform.effects.now()
        try await platform.database.transaction { connection in
            try platform.differences.open(
                Differences.New(
                    channel: .gateway, kind: .stateDiffers, settlementDate: day, serial: "FILE-\(day)",
                    detail: "银行又给出一份内容不同的对账文件，未采信，以哪份为准须向银行核实"),
                at: moment, on: connection)
        }
        return .other
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

    /// Opens the file of a day. Fails with constraint `bank_files_settlement_date_key` when the day has one.
    private static func open(
        _ day: LocalDate, name: String, digest: [UInt8], ending: Ending, at moment: Date,
        on connection: isolated Connection
    ) throws -> Int64 {
        try connection.query(
            """
            INSERT INTO bank_files (
                settlement_date, name, digest, accepted_at, stated_lines, stated_net, adjustments)
            VALUES (
                \(day), \(name), \(digest), \(moment), \(ending.stated?.lines), \(ending.stated?.net),
                \(ending.adjustments))
            RETURNING id
            """
        ).only()["id"]
    }

    /// Puts the staged lines where lines are kept. Of those with one serial, in this file or an earlier one, the first counts
    /// and all others are duplicates: the unique index finds them as it grows.
    private static func fileAway(
        _ loading: Int64, as file: Int64, lines: Int, on connection: isolated Connection
    ) throws {
        let columns: SQL = "line, channel, trade, serial, original_serial, order_number, amount, fee"
        let counting = try connection.execute(
            """
            INSERT INTO bank_file_lines (file_id, \(fragment: columns))
            SELECT \(file), \(fragment: columns) FROM bank_file_staging WHERE loading = \(loading) ORDER BY line
            ON CONFLICT (channel, serial) WHERE NOT is_duplicate DO NOTHING
            """)
        if counting < lines {
            try connection.execute(
                """
                INSERT INTO bank_file_lines (file_id, is_duplicate, \(fragment: columns))
                SELECT \(file), true, \(fragment: columns) FROM bank_file_staging s
                WHERE loading = \(loading) AND NOT EXISTS (
                    SELECT FROM bank_file_lines l WHERE l.file_id = \(file) AND l.line = s.line)
                """)
        }
        try connection.execute("SELECT analyze_bank_file_lines()")
    }

    /// Classifies every line of a file in one pass over both sides, by the bank's serial first: where our books have it for
    /// the same trade of the same number with the same amount, and the fee is the agreed one, the line is matched, and nothing
    /// is written. For the few others the number is looked up among orders and refunds and the class is kept. A refund may be
    /// undone after its serial was booked: its line is matched while it is done.
    private static func match(_ file: Int64, on connection: isolated Connection) throws {
        // The planner is to think of the million lines and of the one alike: compiled expressions take longer than either
        // gains, and what the two sides of the pass need in memory is bounded by this and not by the file.
        try connection.execute("SET LOCAL jit = off")
        try connection.execute("SET LOCAL work_mem = '64MB'")
        try connection.execute(
            """
            INSERT INTO bank_file_exceptions (file_id, line, class, order_id)
            SELECT \(file), s.line,
                CASE
                    WHEN s.is_duplicate THEN 'duplicate'
                    WHEN s.booked IS NULL AND n.id IS NULL THEN 'bankOnly'
                    WHEN coalesce(s.booked, n.amount) <> s.amount THEN 'amountDiffers'
                    WHEN s.booked IS NULL OR s.is_other OR (s.trade = 'refund' AND NOT n.is_done) THEN 'stateDiffers'
                    ELSE 'feeDiffers'
                END,
                coalesce(s.order_id, n.order_id)
            FROM (
                SELECT l.line, l.trade, l.serial, l.order_number, l.amount, l.is_duplicate, b.order_id,
                    b.number AS booked_number, b.amount AS booked, \(fragment: Self.isOther) AS is_other, l.fee <> c.fee AS has_other_fee
                FROM bank_file_lines l
                JOIN bank_channels c ON c.channel = l.channel
                LEFT JOIN bank_serials b ON b.channel = l.channel AND b.serial = l.serial
                WHERE l.file_id = \(file) AND (
                    l.is_duplicate OR b.amount IS DISTINCT FROM l.amount OR \(fragment: Self.isOther)
                        OR l.fee <> c.fee OR b.refund_id IS NOT NULL)
            ) s
            LEFT JOIN LATERAL (
                SELECT id, id AS order_id, amount, false AS is_done FROM orders
                WHERE s.booked IS NULL AND number = s.order_number AND kind = CASE s.trade
                    WHEN 'payment' THEN 'topUp' WHEN 'reversal' THEN 'topUp'
                    WHEN 'payout' THEN 'withdrawal' WHEN 'payoutReturn' THEN 'withdrawal' END
                UNION ALL
                SELECT r.id, d.order_id, r.amount, r.state = 'completed' AND r.bank_serial = s.serial
                FROM refunds r JOIN differences d ON d.id = r.difference_id
                WHERE s.trade = 'refund' AND r.number = coalesce(nullif(s.order_number, ''), s.booked_number)
                LIMIT 1
            ) n ON true
            WHERE s.is_duplicate OR s.has_other_fee OR s.is_other OR s.booked IS DISTINCT FROM s.amount
                OR n.is_done IS NOT TRUE
            """)
        try connection.execute(
            """
            INSERT INTO bank_file_sums (file_id, channel, trade, class, lines, amount, fees)
            SELECT l.file_id, l.channel, l.trade, coalesce(x.class, 'matched'), count(*), sum(l.amount), sum(l.fee)
            FROM bank_file_lines l
            LEFT JOIN bank_file_exceptions x ON x.file_id = l.file_id AND x.line = l.line
            WHERE l.file_id = \(file) GROUP BY 1, 2, 3, 4
            """)
    }

    /// Whether a line `l` names another trade, or another number, than what was booked under its serial `b`.
    static let isOther: SQL = "(b.trade <> l.trade OR l.order_number NOT IN ('', b.number))"

    /// Books what the bank took for the trades of a file (P50).
    private static func bookFees(
        of file: Int64, _ day: LocalDate, at moment: Date, on connection: isolated Connection
    ) throws {
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
