import Cryptography
import Foundation
import Postgres
import UnionPay

/// How the file of a day comes in: asked for until it is there, read to its end before a line of it counts.
extension BankFiles {
    /// The hour of the next day (Beijing) at which a file is asked for first.
    static let firstHour = 2
    /// How long to wait after an answer without a file, in seconds.
    static let againSeconds = 1800.0
    /// How long a day without a file and without a trade of ours is waited for before it counts as empty, in seconds.
    static let emptyAfterSeconds = 20 * 3600.0

    /// What the bank's answer means for a day.
    private enum Fetched {
        case taken
        case notYet
    }

    /// Plans the files of all days up to yesterday that have none yet, from the first day on which the bank moved money for
    /// us.
    func plan(at moment: Date) async throws {
        let yesterday = LocalDate(moment).adding(days: -1)
        try await platform.database.execute(
            """
            INSERT INTO jobs (kind, subject_id, due_at)
            SELECT 'bankFile', day::date - DATE '1970-01-01',
                greatest(\(moment), (day::date + 1 + make_interval(hours => \(Int32(Self.firstHour))))
                    AT TIME ZONE 'Asia/Shanghai')
            FROM generate_series(
                coalesce(
                    (SELECT max(settlement_date) + 1 FROM bank_files),
                    (SELECT min(day) FROM (
                        SELECT min(settlement_date) AS day FROM top_ups
                        UNION ALL SELECT min((created_at AT TIME ZONE 'Asia/Shanghai')::date) FROM orders) first)),
                \(yesterday), '1 day') AS day
            ON CONFLICT DO NOTHING
            """)
    }

    /// Fetches the file of a day, if it is there, and works it off.
    func advance(_ day: LocalDate, attempts: Int) async throws {
        let isTaken = try await platform.database.query(
            "SELECT 1 AS one FROM bank_files WHERE settlement_date = \(day)")
        if isTaken.isEmpty {
            guard try await fetch(day) == .taken else {
                let due = platform.effects.now().addingTimeInterval(Self.againSeconds)
                try await platform.database.transaction {
                    try Jobs.again(.bankFile, Int64(day.daysSinceEpoch), due: due, on: $0)
                }
                return
            }
        }
        try await workOff(day)
        try await platform.database.transaction {
            try Jobs.finish(.bankFile, Int64(day.daysSinceEpoch), on: $0)
        }
    }

    private func fetch(_ day: LocalDate) async throws -> Fetched {
        let outcome: FileDownloadAnswer.Outcome
        do {
            outcome = try await platform.bank.file(of: day)
        } catch {
            try await note(day, "unclear", String("\(error)".prefix(200)))
            return .notYet
        }
        switch outcome {
        case .file(let name, let content):
            return try await take(day, name: name, content: content)
        case .noFile:
            try await note(day, "absent", "98")
            return try await isEmpty(day) ? .taken : .notYet
        case .askAgain(let code), .refused(let code):
            try await note(day, "unclear", code.code)
            return .notYet
        }
    }

    private func take(_ day: LocalDate, name: String, content: String) async throws -> Fetched {
        do {
            let reader = try ReconciliationFileReader(fileContent: content)
            let acceptance = try await accept(
                day, name: name, digest: SHA256.digest(Array(content.utf8))
            ) {
                guard let record = try reader.next() else {
                    if let stated = reader.statedTotals, stated != reader.totals {
                        throw FileDamaged(reason: "合计与明细不符")
                    }
                    return nil
                }
                return try Self.line(record)
            }
            try await note(day, acceptance.rawValue, name)
            return .taken
        } catch let error as PostgresError {
            throw error
        } catch {
            // Not a line of it was taken. The bank may have a whole one the next time.
            try await note(day, "damaged", String("\(error)".prefix(200)))
            return .notYet
        }
    }

    /// A file that cannot be what the bank settled.
    struct FileDamaged: Error, CustomStringConvertible {
        let reason: String
        var description: String { reason }
    }

    /// A line of the protocol in the words of the business.
    static func line(_ record: ReconciliationRecord) throws -> Line {
        guard
            let trade = Trade(type: record.transactionType, hasOriginal: record.originalQueryID != nil),
            record.amountFen > 0
        else { throw FileDamaged(reason: "第 \(record.line) 行的交易类型 \(record.transactionType) 无法识别") }
        return Line(
            trade: trade, serial: record.queryID.text, originalSerial: record.originalQueryID?.text,
            orderNumber: record.orderNumber, amount: record.amountFen, fee: -(record.fee?.signedFen ?? 0))
    }

    /// A day has no file when nothing was traded; that is believed when we have booked nothing either and the bank has had
    /// time enough to make one.
    private func isEmpty(_ day: LocalDate) async throws -> Bool {
        let moment = platform.effects.now()
        guard moment >= day.adding(days: 1).start.addingTimeInterval(Self.emptyAfterSeconds) else {
            return false
        }
        let booked = try await platform.database.query(
            """
            SELECT 1 AS one FROM top_ups WHERE settlement_date = \(day)
            UNION ALL SELECT 1 FROM withdrawals WHERE settlement_date = \(day) LIMIT 1
            """)
        guard booked.isEmpty else { return false }
        return try await accept(day, name: "", digest: SHA256.digest([])) { nil } == .accepted
    }

    private func note(_ day: LocalDate, _ result: String, _ detail: String) async throws {
        try await platform.database.execute(
            """
            INSERT INTO bank_file_tries (settlement_date, at, result, detail)
            VALUES (\(day), \(platform.effects.now()), \(result), \(detail))
            """)
    }
}
