import Foundation
import Postgres

/// What we have booked and the files lack.
extension BankFiles {
    /// Opens a cut-off case for what we have booked on this day or the one before and its file lacks, clears those that this
    /// file explains, and ends the waiting of those whose days have passed. What is booked on a day whose file was worked off
    /// before has the day worked off again. Refunds have no day of their own in our books: a confirmed one is
    /// looked for when the files around the bank's word are complete.
    func lookForMissing(_ day: LocalDate) async throws {
        let moment = platform.effects.now()
        try await openCutOffs(of: day, at: moment)
        try await clearCutOffs(at: moment)
        try await endWaiting(at: moment)
        try await denyRefunds(day, at: moment)
        try await platform.billerSettlements.compare(at: moment)
    }

    private func openCutOffs(of day: LocalDate, at moment: Date) async throws {
        let rows = try await platform.database.query(
            """
            SELECT o.id, o.enterprise_id, b.settlement_date FROM (
                SELECT order_id, bank_serial, settlement_date, \(Channel.gateway.rawValue) AS channel
                FROM top_ups WHERE settlement_date BETWEEN \(day.adding(days: -1)) AND \(day)
                UNION ALL
                SELECT order_id, bank_serial, settlement_date, \(Channel.payout.rawValue)
                FROM withdrawals WHERE settlement_date BETWEEN \(day.adding(days: -1)) AND \(day)
            ) b JOIN orders o ON o.id = b.order_id
            JOIN bank_files f ON f.settlement_date = b.settlement_date
            WHERE NOT EXISTS (
                    SELECT FROM bank_file_lines l WHERE l.channel = b.channel AND l.serial = b.bank_serial)
                AND NOT EXISTS (
                    SELECT FROM differences d WHERE d.order_id = o.id AND (
                        d.class = 'cutOff' OR d.class = 'oursOnly' AND d.state <> 'selfCleared'))
            ORDER BY o.id
            """)
        for row in rows {
            let id: Int64 = try row["id"]
            let booked: LocalDate = try row["settlement_date"]
            try await platform.database.transaction { connection in
                try connection.lockOrders(of: try row["enterprise_id"])
                guard let order = try Self.reference(id, on: connection) else { return }
                try platform.differences.open(
                    Differences.New(
                        channel: order.kind == .topUp ? .gateway : .payout, kind: .cutOff,
                        settlementDate: booked, order: order, ourAmount: order.amount,
                        detail: "已入账，当日文件无此交易，等待次日文件", event: .foundMissing), at: moment,
                    on: connection)
            }
        }
    }

    /// Plans that a day whose file is there and lacks what was booked just now is worked off again, when the files are there of
    /// the days on which the bank may still bring it.
    static func lookAgain(
        at day: LocalDate, for serial: String, _ channel: Channel, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let due = LocalDate(moment).adding(days: graceDays + 1).start.addingTimeInterval(
            Double(firstHour) * 3600 + againSeconds)
        try connection.execute(
            """
            INSERT INTO jobs (kind, subject_id, due_at)
            SELECT \(JobKind.bankFile), \(Int64(day.daysSinceEpoch)), \(due)
            WHERE EXISTS (SELECT FROM bank_files WHERE settlement_date = \(day)) AND NOT EXISTS (
                SELECT FROM bank_file_lines WHERE channel = \(channel) AND serial = \(serial) AND NOT is_duplicate)
            ON CONFLICT DO NOTHING
            """)
    }

    private func clearCutOffs(at moment: Date) async throws {
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
    }

    /// The days have passed when the files of all of them are there.
    private func endWaiting(at moment: Date) async throws {
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

    private func denyRefunds(_ day: LocalDate, at moment: Date) async throws {
        let rows = try await platform.database.query(
            """
            SELECT id FROM refunds r
            WHERE state = \(RefundStatus.completed)
                AND (state_since AT TIME ZONE 'Asia/Shanghai')::date >= \(day.adding(days: -Self.graceDays - 1))
                AND NOT EXISTS (SELECT FROM bank_file_lines l WHERE l.order_number = r.number)
            ORDER BY id
            """)
        for row in rows {
            let id: Int64 = try row["id"]
            try await platform.database.transaction {
                try platform.refunds.deny(id, at: moment, on: $0)
            }
        }
    }

    /// Whether any file has a payout, by its number or by the serial under which we hold it for paid.
    static func have(payout number: String, serial: String, on connection: isolated Connection) throws -> Bool
    {
        try !connection.query(
            """
            SELECT 1 AS one FROM bank_file_lines WHERE order_number = \(number)
            UNION ALL
            SELECT 1 FROM bank_file_lines WHERE channel = \(Channel.payout.rawValue) AND serial = \(serial)
            LIMIT 1
            """
        ).isEmpty
    }

    /// Whether the complete files, from the day of the first sending to three days after that of the last, lack an order.
    static func lack(
        _ number: String, from first: LocalDate, until end: LocalDate, on connection: isolated Connection
    ) throws -> Bool {
        let last = end.adding(days: graceDays)
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
