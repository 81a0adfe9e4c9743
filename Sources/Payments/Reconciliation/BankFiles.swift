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

    /// What came of offering a file.
    public enum Acceptance: String, Sendable {
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
    ///   - next: gives the lines one after the other, nil at the end; throws for a damaged file, which is not taken.
    public func accept(
        _ day: LocalDate, name: String, digest: [UInt8], next: () throws -> Line?
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
        let moment = platform.effects.now()
        do {
            try await platform.database.transaction { connection in
                try connection.execute("SET LOCAL statement_timeout = 0")
                try Self.match(
                    day, loading, name: name, digest: digest, at: moment, on: connection)
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
    /// serial is new to us.
    static func match(
        _ day: LocalDate, _ loading: Int64, name: String, digest: [UInt8], at moment: Date,
        on connection: isolated Connection
    ) throws {
        let file: Int64 = try connection.query(
            """
            INSERT INTO bank_files (settlement_date, name, digest, accepted_at)
            VALUES (\(day), \(name), \(digest), \(moment)) RETURNING id
            """
        ).only()["id"]
        try connection.execute(
            """
            INSERT INTO bank_file_lines (
                file_id, line, channel, trade, serial, original_serial, order_number, amount, fee, class, order_id)
            SELECT \(file), s.line, s.channel, s.trade, s.serial, s.original_serial, s.order_number, s.amount, s.fee,
                CASE
                    WHEN s.place > 1 OR EXISTS (
                        SELECT FROM bank_file_lines l WHERE l.channel = s.channel AND l.serial = s.serial)
                        THEN 'duplicate'
                    WHEN b.order_id IS NOT NULL AND o.amount <> s.amount THEN 'amountDiffers'
                    WHEN b.order_id IS NOT NULL AND s.fee <> c.fee THEN 'feeDiffers'
                    WHEN b.order_id IS NOT NULL THEN 'matched'
                    WHEN n.id IS NULL THEN 'bankOnly'
                    WHEN n.amount <> s.amount THEN 'amountDiffers'
                    ELSE 'stateDiffers'
                END,
                coalesce(b.order_id, n.id)
            FROM (
                SELECT *, row_number() OVER (PARTITION BY channel, serial ORDER BY line) AS place
                FROM bank_file_staging WHERE loading = \(loading)
            ) s
            JOIN bank_channels c ON c.channel = s.channel
            LEFT JOIN bank_serials b ON b.channel = s.channel AND b.serial = s.serial
            LEFT JOIN orders o ON o.id = b.order_id
            LEFT JOIN orders n ON b.order_id IS NULL AND n.number = s.order_number
                AND n.kind = CASE s.trade WHEN 'payment' THEN 'topUp' WHEN 'reversal' THEN 'topUp' ELSE 'withdrawal' END
            """)
        let fees = try connection.query(
            """
            SELECT channel, sum(fee)::bigint AS fees FROM bank_file_lines WHERE file_id = \(file)
            GROUP BY channel HAVING sum(fee) <> 0 ORDER BY channel
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

    // MARK: What does not match

    /// A line that is not simply matched.
    private struct Unmatched: Sendable {
        let line: Int
        let trade: Trade
        let serial: String
        let originalSerial: String?
        let orderNumber: String
        let amount: Money
        let kind: DifferenceClass
        let order: Int64?
    }

    /// Works off what a day's file and our books do not have in common, each line in a transaction of its own, and looks at
    /// what the file lacks. Doing it again changes nothing.
    public func workOff(_ day: LocalDate) async throws {
        var last = 0
        while true {
            let rows = try await platform.database.query(
                """
                SELECT l.line, l.trade, l.serial, l.original_serial, l.order_number, l.amount, l.class, l.order_id
                FROM bank_file_lines l JOIN bank_files f ON f.id = l.file_id
                WHERE f.settlement_date = \(day) AND l.class <> 'matched' AND l.line > \(last)
                ORDER BY l.line LIMIT 200
                """)
            if rows.isEmpty { break }
            for row in rows {
                let line = Unmatched(
                    line: try row["line"], trade: try row["trade"], serial: try row["serial"],
                    originalSerial: try row["original_serial"], orderNumber: try row["order_number"],
                    amount: try row["amount"], kind: try row["class"], order: try row["order_id"])
                try await work(line, of: day)
                last = line.line
            }
        }
        try await lookForMissing(day)
    }

    private func work(_ line: Unmatched, of day: LocalDate) async throws {
        let moment = platform.effects.now()
        try await platform.database.transaction { connection in
            let order = try line.order ?? Self.original(of: line, on: connection)
            let reference = try order.flatMap { try Self.reference($0, on: connection) }
            if let reference { try connection.lockOrders(of: reference.enterprise) }
            if try Self.isExplained(line, on: connection) { return }
            var new = Differences.New(
                channel: line.trade.channel, kind: line.kind, settlementDate: day, order: reference,
                serial: line.serial, bankAmount: line.amount, ourAmount: reference?.amount, detail: "")
            switch (line.kind, line.trade, order) {
            case (.duplicate, _, _):
                new.detail = "同一流水号在文件中出现多次"
            case (.feeDiffers, _, _):
                new.detail = "银行收取的手续费与约定不符"
            case (.amountDiffers, _, _) where try Self.isBooked(line, on: connection):
                new.detail = "已入账的金额与银行文件不符"
            case (_, .payment, let order?):
                try platform.topUps.settle(
                    order,
                    file: TopUps.FilePayment(serial: line.serial, amount: line.amount, settlementDate: day),
                    at: moment, on: connection)
                return
            case (_, .reversal, let order?):
                try platform.topUps.reversed(
                    order, serial: line.serial, original: line.originalSerial ?? "", settlementDate: day,
                    at: moment, on: connection)
                return
            case (_, .payout, let order?):
                try platform.withdrawals.settle(
                    order, file: line.serial, amount: line.amount, settlementDate: day, at: moment,
                    on: connection)
                return
            case (_, .payoutReturn, let order?):
                try platform.withdrawals.payoutReturned(
                    order, serial: line.serial, amount: line.amount, settlementDate: day, at: moment,
                    on: connection)
                return
            case (_, .refund, _):
                if try platform.refunds.settle(
                    line.orderNumber, serial: line.serial, amount: line.amount, settlementDate: day,
                    at: moment, on: connection)
                {
                    return
                }
                new.detail = "银行退回了一笔我方未发起的退款"
                new.parking = .loss
                new.amount = line.amount
            case (_, .payment, nil):
                new.detail = "银行收款，没有对应的充值订单"
                new.parking = .receipt
                new.amount = line.amount
            case (_, .reversal, nil):
                if try Self.takeBack(line, at: moment, on: connection) { return }
                new.detail = "银行冲回一笔我方没有的收款"
                new.parking = .loss
                new.amount = line.amount
            case (_, .payout, nil):
                new.detail = "银行付款，没有对应的提现订单"
                new.parking = .loss
                new.amount = line.amount
            case (_, .payoutReturn, nil):
                new.detail = "银行退回一笔我方没有的付款"
                new.parking = .receipt
                new.amount = line.amount
            }
            try platform.differences.open(new, at: moment, on: connection)
        }
    }

    /// Whether a case knows the line already, or our books have booked it by now.
    private static func isExplained(_ line: Unmatched, on connection: isolated Connection) throws -> Bool {
        let cases = try connection.query(
            """
            SELECT class FROM differences
            WHERE channel = \(line.trade.channel.rawValue) AND serial = \(line.serial)
            """
        ).map { try $0.decode("class", as: DifferenceClass.self) }
        switch line.kind {
        case .duplicate, .feeDiffers: return cases.contains(line.kind)
        case .amountDiffers: return !cases.isEmpty
        default: return try !cases.isEmpty || isBooked(line, on: connection)
        }
    }

    private static func isBooked(_ line: Unmatched, on connection: isolated Connection) throws -> Bool {
        try !connection.query(
            """
            SELECT 1 AS one FROM bank_serials
            WHERE channel = \(line.trade.channel.rawValue) AND serial = \(line.serial)
            """
        ).isEmpty
    }

    /// The order of the trade that a line gives back.
    private static func original(of line: Unmatched, on connection: isolated Connection) throws -> Int64? {
        guard let original = line.originalSerial else { return nil }
        return try connection.query(
            """
            SELECT order_id FROM bank_serials
            WHERE channel = \(line.trade.channel.rawValue) AND serial = \(original)
            UNION ALL
            SELECT order_id FROM differences WHERE channel = \(line.trade.channel.rawValue)
                AND serial = \(original) AND order_id IS NOT NULL
            LIMIT 1
            """
        ).first?["order_id"]
    }

    /// Gives back to the bank what a case of no order had parked.
    private static func takeBack(_ line: Unmatched, at moment: Date, on connection: isolated Connection)
        throws
        -> Bool
    {
        guard let original = line.originalSerial else { return false }
        let rows = try connection.query(
            """
            SELECT id FROM differences
            WHERE channel = \(line.trade.channel.rawValue) AND serial = \(original) AND parking = 'receipt'
                AND amount = \(line.amount) AND state IN ('open', 'proposed')
            """)
        guard let row = rows.first else { return false }
        try Differences.takeBack(try row["id"], note: line.serial, at: moment, on: connection)
        return true
    }

    private static func reference(_ id: Int64, on connection: isolated Connection) throws -> OrderReference? {
        try connection.query(
            "SELECT id, kind, number, enterprise_id, amount, fee FROM orders WHERE id = \(id)"
        ).first.map { try Orders.reference(from: $0) }
    }

    // MARK: What the file lacks

    /// Opens a cut-off case for what we have booked on this day and its file lacks, clears those that this file explains,
    /// and ends the waiting of those whose days have passed.
    private func lookForMissing(_ day: LocalDate) async throws {
        let moment = platform.effects.now()
        let rows = try await platform.database.query(
            """
            SELECT o.id, o.enterprise_id FROM (
                SELECT order_id, bank_serial, \(Channel.gateway.rawValue) AS channel
                FROM top_ups WHERE settlement_date = \(day)
                UNION ALL
                SELECT order_id, bank_serial, \(Channel.payout.rawValue) FROM withdrawals WHERE settlement_date = \(day)
            ) b JOIN orders o ON o.id = b.order_id
            WHERE NOT EXISTS (
                    SELECT FROM bank_file_lines l WHERE l.channel = b.channel AND l.serial = b.bank_serial)
                AND NOT EXISTS (
                    SELECT FROM differences d WHERE d.order_id = o.id AND d.class IN ('cutOff', 'oursOnly'))
            ORDER BY o.id
            """)
        for row in rows {
            let id: Int64 = try row["id"]
            try await platform.database.transaction { connection in
                try connection.lockOrders(of: try row["enterprise_id"])
                guard let order = try Self.reference(id, on: connection) else { return }
                try platform.differences.open(
                    Differences.New(
                        channel: order.kind == .topUp ? .gateway : .payout, kind: .cutOff,
                        settlementDate: day, order: order, ourAmount: order.amount,
                        detail: "已入账，当日文件无此交易，等待次日文件", event: .foundMissing), at: moment,
                    on: connection)
            }
        }
        let cleared = try await platform.database.query(
            """
            SELECT d.id FROM differences d
            LEFT JOIN top_ups t ON t.order_id = d.order_id LEFT JOIN withdrawals w ON w.order_id = d.order_id
            WHERE d.class = 'cutOff' AND d.state = 'waitingCutOff' AND EXISTS (
                SELECT FROM bank_file_lines l
                WHERE l.channel = d.channel AND l.serial = coalesce(t.bank_serial, w.bank_serial))
            ORDER BY d.id
            """)
        for row in cleared {
            let id: Int64 = try row["id"]
            try await platform.database.transaction { connection in
                try Differences.record(
                    .laterFileMatched, of: id, at: moment, by: .system, note: "后续文件已有此交易", on: connection)
            }
        }
        // The days have passed when the files of all of them are there.
        let passed = try await platform.database.query(
            """
            SELECT d.id, d.order_id, o.kind, d.settlement_date FROM differences d JOIN orders o ON o.id = d.order_id
            WHERE d.class = 'cutOff' AND d.state = 'waitingCutOff' AND (
                SELECT count(*) FROM bank_files f
                WHERE f.settlement_date BETWEEN d.settlement_date AND d.settlement_date + \(Int32(Self.graceDays))
            ) > \(Int64(Self.graceDays))
            ORDER BY d.id
            """)
        for row in passed {
            let (id, order): (Int64, Int64) = (try row["id"], try row["order_id"])
            let isTopUp = try row.decode("kind", as: String.self) == OrderKind.topUp.rawValue
            let settlementDate: LocalDate = try row["settlement_date"]
            try await platform.database.transaction { connection in
                if isTopUp {
                    try platform.topUps.missing(
                        order, case: id, settlementDate: settlementDate, at: moment, on: connection)
                } else {
                    try platform.withdrawals.missing(order, case: id, at: moment, on: connection)
                }
            }
        }
    }

    /// Whether the complete files, from the day of `begin` to three days after `end`, lack an order.
    static func lack(
        _ number: String, from begin: Date, until end: Date, on connection: isolated Connection
    ) throws -> Bool {
        let first = LocalDate(begin)
        let last = LocalDate(end).adding(days: graceDays)
        let row = try connection.query(
            """
            SELECT (SELECT count(*) FROM bank_files WHERE settlement_date BETWEEN \(first) AND \(last)) AS files,
                EXISTS (SELECT FROM bank_file_lines WHERE order_number = \(number)) AS is_there
            """
        ).only()
        let isThere: Bool = try row["is_there"]
        let files: Int64 = try row["files"]
        return !isThere && files == Int64(last.daysSinceEpoch - first.daysSinceEpoch + 1)
    }
}

extension Platform {
    /// The bank's files of settlement days.
    public var bankFiles: BankFiles { BankFiles(platform: self) }
}
