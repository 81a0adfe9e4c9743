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
    /// How long a file is waited for after its day, in seconds, before a person is told.
    static let patienceSeconds = 20 * 3600.0
    /// The same for a day of which the bank says that there is no file and on which we have booked nothing, in days; and how
    /// long to wait then after each answer, in seconds.
    static let quietDays = 3
    static let quietSeconds = 6 * 3600.0
    /// After how many days such a day counts as empty. Until then a late file is taken, and no rule about complete files holds.
    static let emptyAfterDays = 7
    /// After how many damaged files of a day a person is told before that.
    static let damagedUntilWorkItem = 3

    /// What the bank's answer means for a day.
    private enum Fetched {
        case taken
        /// The day counts as one without a trade.
        case empty
        /// The bank says that there is no file, and we have booked nothing either.
        case quiet
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
        let resolution: String
        switch try await isTaken.isEmpty ? fetch(day) : .taken {
        case .taken: resolution = "对账文件已取得"
        case .empty: resolution = "银行始终没有该日文件，我方也没有交易，按无交易处理"
        case let fetched:
            try await askAgain(day, isQuiet: fetched == .quiet)
            return
        }
        let isDone = try await workOff(day)
        let moment = platform.effects.now()
        try await platform.database.transaction {
            try WorkItems.close(Self.overdue, day: day, resolution: resolution, at: moment, on: $0)
            if isDone {
                try Jobs.finish(.bankFile, Int64(day.daysSinceEpoch), on: $0)
            } else {
                try Jobs.again(
                    .bankFile, Int64(day.daysSinceEpoch), due: moment.addingTimeInterval(Self.againSeconds),
                    on: $0)
            }
        }
    }

    /// The kind of the item about a file that does not come, or comes damaged each time.
    private static let overdue = "bankFile.overdue"

    /// Plans the next try, and tells a person when the file is long overdue.
    private func askAgain(_ day: LocalDate, isQuiet: Bool) async throws {
        let moment = platform.effects.now()
        let isOverdue = try await platform.database.transaction { connection in
            let damaged: Int64 = try connection.query(
                """
                SELECT count(*) AS tries FROM bank_file_tries
                WHERE settlement_date = \(day) AND result = \(ReconciliationDay.Attempt.Result.damaged)
                """
            ).only()["tries"]
            let patience = isQuiet ? Double(Self.quietDays) * 86_400 : Self.patienceSeconds
            let isOverdue =
                Self.isOver(patience, after: day, at: moment) || damaged >= Self.damagedUntilWorkItem
            if isOverdue {
                try WorkItems.raise(
                    Self.overdue, day: day, detail: "\(day) 的对账文件没有取得或无法采信，仍在自动重试，请联系银行",
                    at: moment, on: connection)
            }
            let pause =
                isQuiet && Self.isOver(Self.patienceSeconds, after: day, at: moment)
                ? Self.quietSeconds : Self.againSeconds
            try Jobs.again(
                .bankFile, Int64(day.daysSinceEpoch), due: moment.addingTimeInterval(pause), on: connection)
            return isOverdue
        }
        if isOverdue {
            platform.logger.error("the bank's file of a day is overdue", metadata: ["day": "\(day)"])
        }
    }

    /// Whether a time has passed since the end of a day.
    private static func isOver(_ seconds: Double, after day: LocalDate, at moment: Date) -> Bool {
        moment >= day.adding(days: 1).start.addingTimeInterval(seconds)
    }

    private func fetch(_ day: LocalDate) async throws -> Fetched {
        let outcome: FileDownloadAnswer.Outcome
        do {
            outcome = try await platform.bank.file(of: day)
        } catch {
            try await note(day, .unclear, String("\(error)".prefix(200)))
            return .notYet
        }
        switch outcome {
        case .file(let name, let content):
            return try await take(day, name: name, content: content)
        case .noFile:
            try await note(day, .absent, "98")
            return try await withoutFile(day)
        case .askAgain(let code), .refused(let code):
            try await note(day, .unclear, code.code)
            return .notYet
        }
    }

    private func take(_ day: LocalDate, name: String, content: String) async throws -> Fetched {
        do {
            let reader = try ReconciliationFileReader(fileContent: content)
            let acceptance = try await accept(
                day, name: name, digest: SHA256.digest(Array(content.utf8)),
                ending: { try Self.ending(of: reader) }
            ) {
                try reader.next().map(Self.line)
            }
            try await note(day, ReconciliationDay.Attempt.Result(acceptance), name)
            return .taken
        } catch let error as PostgresError {
            throw error
        } catch {
            // Not a line of it was taken. The bank may have a whole one the next time.
            try await note(day, .damaged, String("\(error)".prefix(200)))
            return .notYet
        }
    }

    /// A file that cannot be what the bank settled.
    struct FileDamaged: Error, CustomStringConvertible {
        let reason: String
        var description: String { reason }
    }

    /// What a file that was read to its end says besides its lines.
    ///
    /// - Throws: ``FileDamaged`` when its own summary says otherwise than its lines, or is not there: the bank packs one into
    ///   every file.
    public static func ending(of reader: ReconciliationFileReader) throws -> Ending {
        let adjustments = reader.entries.filter { $0.kind == .adjustments }.reduce(0) { $0 + $1.lineCount }
        guard let stated = reader.statedTotals else { throw FileDamaged(reason: "文件没有汇总") }
        func net(_ totals: ReconciliationTotals) -> Int64 { totals.net.creditFen - totals.net.debitFen }
        guard stated == reader.totals else {
            throw FileDamaged(
                reason: """
                    文件汇总与明细不符：汇总 \(stated.count) 笔，净额 \(Money(fen: net(stated)).plain) 元；\
                    明细 \(reader.totals.count) 笔，净额 \(Money(fen: net(reader.totals)).plain) 元
                    """)
        }
        return Ending(
            stated: Ending.Totals(lines: Int64(stated.count), net: net(stated)),
            adjustments: Int64(adjustments))
    }

    /// A line of the protocol in the words of the business.
    public static func line(_ record: ReconciliationRecord) throws -> Line {
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
    private func withoutFile(_ day: LocalDate) async throws -> Fetched {
        let booked = try await platform.database.query(
            """
            SELECT 1 AS one FROM top_ups WHERE settlement_date = \(day)
            UNION ALL SELECT 1 FROM withdrawals WHERE settlement_date = \(day)
            UNION ALL SELECT 1 FROM biller_settlement_attempts WHERE settlement_date = \(day) LIMIT 1
            """)
        guard booked.isEmpty else { return .notYet }
        let wait = Double(Self.emptyAfterDays) * 86_400
        guard Self.isOver(wait, after: day, at: platform.effects.now()) else { return .quiet }
        _ = try await accept(day, name: "", digest: SHA256.digest([])) { nil }
        return .empty
    }

    private func note(
        _ day: LocalDate, _ result: ReconciliationDay.Attempt.Result, _ detail: String
    ) async throws {
        try await platform.database.execute(
            """
            INSERT INTO bank_file_tries (settlement_date, at, result, detail)
            VALUES (\(day), \(platform.effects.now()), \(result), \(detail))
            """)
    }
}

extension ReconciliationDay.Attempt.Result {
    /// What came of a file that could be read.
    fileprivate init(_ acceptance: BankFiles.Acceptance) {
        switch acceptance {
        case .accepted: self = .accepted
        case .repeated: self = .repeated
        case .other: self = .other
        }
    }
}
