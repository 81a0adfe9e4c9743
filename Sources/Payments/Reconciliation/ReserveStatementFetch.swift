import Foundation
import HTTPSignatures
import Postgres

/// How the bank's statements of the reserve account come in: one day after the other, each asked for until it is there,
/// because each has to follow on the one before.
extension ReserveStatements {
    /// What the signatures of requests and statements are for.
    private static let tag = "reserve-statement"
    /// Whose account the books mean by `reserve`; there is one.
    static let account = "reserve"
    /// The hour of the next day (Beijing) at which a statement is asked for first.
    private static let firstHour = 2.0
    /// How long to wait after an answer without a statement, in seconds.
    private static let againSeconds = 1800.0
    /// How long after its day a statement may be missing before a person is told, in seconds. Until the first one has come, a
    /// day without a statement counts by then as one before the account had its first entry.
    private static let lateSeconds = 20 * 3600.0

    /// Plans the statement that follows on the newest one; at first that of the first day on which the bank may have moved
    /// money for us. One at a time: each one that is taken plans the next.
    func plan(at moment: Date) async throws {
        let row = try await platform.database.query(
            """
            SELECT coalesce(
                (SELECT max(day) + 1 FROM reserve_statements),
                (SELECT min((created_at AT TIME ZONE 'Asia/Shanghai')::date) FROM orders)) AS day
            WHERE NOT EXISTS (SELECT FROM jobs WHERE kind = \(JobKind.reserveStatement.rawValue))
            """
        ).first
        guard let day = try row?.decode("day", as: LocalDate?.self) else { return }
        try await platform.database.execute(
            """
            INSERT INTO jobs (kind, subject_id, due_at)
            VALUES (
                \(JobKind.reserveStatement.rawValue), \(Int64(day.daysSinceEpoch)), \(Self.due(day, at: moment)))
            ON CONFLICT DO NOTHING
            """)
    }

    private static func due(_ day: LocalDate, at moment: Date) -> Date {
        max(moment, day.adding(days: 1).start.addingTimeInterval(firstHour * 3600))
    }

    /// Fetches the statement of a day, if it is there, books it and plans the next.
    func advance(_ day: LocalDate, attempts: Int) async throws {
        let moment = platform.effects.now()
        let newest = try await platform.database.query("SELECT max(day) AS day FROM reserve_statements")
            .only()
            .decode("day", as: LocalDate?.self)
        if let newest, newest >= day {
            // Whoever took it may have died before the next step.
            try await lookForRests(through: newest)
            return try await goOn(from: day)
        }
        guard moment >= Self.due(day, at: .distantPast) else {
            return try await putOff(day, until: Self.due(day, at: moment))
        }
        let isLate = moment >= day.adding(days: 1).start.addingTimeInterval(Self.lateSeconds)
        do {
            guard let statement = try await fetch(day) else {
                if newest == nil, isLate { return try await goOn(from: day) }
                throw StatementUnusable(reason: "银行还没有这一天的对账单")
            }
            guard try await hasFiles(of: statement) else {
                // The net is booked by the lines of its day's file.
                return try await putOff(
                    day, until: Rhythm.payment.next(after: attempts, from: moment),
                    problem: isLate ? "所清算日期的对账文件还没有取到" : nil)
            }
            try await take(statement)
        } catch let error as PostgresError {
            throw error
        } catch {
            // One that does not follow is told at once: repeating alone will not help.
            let isWrong = error is StatementError
            try await putOff(
                day, until: moment.addingTimeInterval(Self.againSeconds),
                problem: isWrong || isLate ? Self.words(error) : nil)
            if newest == nil, error as? StatementError == .openingDiffers {
                // The account had entries before: the day before has a statement by now.
                try await goOn(from: day.adding(days: -2), replacing: day)
            }
            return
        }
        try await lookForRests(through: day)
        try await goOn(from: day)
    }

    /// The statement of a day is done with: the next one is planned.
    private func goOn(from day: LocalDate, replacing planned: LocalDate? = nil) async throws {
        let moment = platform.effects.now()
        let next = day.adding(days: 1)
        let due =
            planned.map { _ in moment.addingTimeInterval(Self.againSeconds) } ?? Self.due(next, at: moment)
        try await platform.database.transaction { connection in
            try Jobs.finish(.reserveStatement, Int64((planned ?? day).daysSinceEpoch), on: connection)
            try Jobs.schedule(.reserveStatement, Int64(next.daysSinceEpoch), due: due, on: connection)
            guard planned == nil else { return }
            try WorkItems.close(
                "reserveStatement.late", day: day, resolution: "对账单已取到", at: moment, on: connection)
        }
    }

    /// Puts the job back; `problem` is for a person.
    private func putOff(_ day: LocalDate, until due: Date, problem: String? = nil) async throws {
        let moment = platform.effects.now()
        try await platform.database.transaction { connection in
            try Jobs.again(.reserveStatement, Int64(day.daysSinceEpoch), due: due, on: connection)
            guard let problem else { return }
            platform.logger.error(
                "the statement of the reserve account is late",
                metadata: ["day": "\(day)", "problem": "\(problem)"])
            try WorkItems.raise(
                "reserveStatement.late", day: day, detail: "备付金账户 \(day) 的对账单未能入账：\(problem)", at: moment,
                on: connection)
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case StatementError.sumDiffers: "期初、明细与期末余额不符"
        case StatementError.openingDiffers: "期初余额与上一份对账单的期末余额不符"
        case StatementError.outOfOrder: "同一天已有另一份对账单"
        case let error as StatementUnusable: error.reason
        default: String("\(error)".prefix(200))
        }
    }

    /// Asks the bank. Nil when it has no statement of the day.
    private func fetch(_ day: LocalDate) async throws -> Statement? {
        let url = "\(platform.settings.reserveBankAddress)/bank/reserve-statements/\(day)"
        let messages = platform.bankMessages
        try await messages.keep(
            BankMessage(
                call: .reserveStatement, direction: .sent, order: nil, at: platform.effects.now(),
                body: Array(url.utf8), fields: ["url": url]))
        let answer = try await platform.signedLine.ask(
            url: url, tag: Self.tag, timeoutSeconds: platform.settings.fileTimeoutSeconds)
        let problem = answer.problem.map { "\($0)" }
        try await messages.keep(
            BankMessage(
                call: .reserveStatement, direction: .received, order: nil, at: platform.effects.now(),
                body: answer.body, fields: [.respCode: "\(answer.status)"], problem: problem))
        if let problem { throw StatementUnusable(reason: problem) }
        switch answer.status {
        case 200: return try Self.statement(answer.body, of: day)
        case 404: return nil
        default: throw StatementUnusable(reason: "HTTP \(answer.status)")
        }
    }

    /// Whether the files are there of all settlement days whose net the statement brings.
    private func hasFiles(of statement: Statement) async throws -> Bool {
        let settled = statement.lines.compactMap(\.settlementDate).map(\.description)
        guard !settled.isEmpty else { return true }
        return try await platform.database.query(
            """
            SELECT count(*) AS missing FROM unnest(\(settled)) AS day
            WHERE NOT EXISTS (SELECT FROM bank_files f WHERE f.settlement_date = day::date)
            """
        ).only().decode("missing", as: Int64.self) == 0
    }

    // MARK: The bank's CSV

    /// An answer that is no statement.
    struct StatementUnusable: Error {
        let reason: String
    }

    private static let head = [
        "record", "day", "serial", "bookedAt", "direction", "amount", "balance", "counterparty", "purpose",
    ]

    /// Reads a statement: CSV (RFC 4180) in UTF-8 with a head, an opening, its lines and a closing. Amounts are fen.
    ///
    /// - Throws: ``StatementUnusable``: also for one whose balances do not lead from one to the next.
    static func statement(_ body: [UInt8], of day: LocalDate) throws -> Statement {
        guard let text = String(validating: body, as: UTF8.self) else {
            throw StatementUnusable(reason: "对账单不是 UTF-8")
        }
        let rows = try CommaSeparated.rows(text)
        guard rows.first == head,
            rows.dropFirst().allSatisfy({ $0.count == head.count && $0[1] == day.description })
        else { throw StatementUnusable(reason: "对账单的栏目或日期不对") }
        guard rows.count >= 3, rows[1][0] == "opening", rows[rows.count - 1][0] == "closing",
            let opening = Int64(rows[1][6]), let closing = Int64(rows[rows.count - 1][6])
        else { throw StatementUnusable(reason: "对账单不完整") }
        var statement = Statement(day: day, account: account, opening: opening, closing: closing, lines: [])
        var balance = opening
        for row in rows[2..<(rows.count - 1)] {
            guard row[0] == "line", !row[2].isEmpty, let amount = Int64(row[5]), amount > 0,
                let after = Int64(row[6]), ["in", "out"].contains(row[4])
            else { throw StatementUnusable(reason: "对账单的明细 \(row[2]) 无法识别") }
            let change = row[4] == "in" ? amount : -amount
            let (sum, isTooLarge) = balance.addingReportingOverflow(change)
            guard !isTooLarge, sum == after else {
                throw StatementUnusable(reason: "对账单的明细 \(row[2]) 之后余额不符")
            }
            balance = sum
            statement.lines.append(
                Line(
                    serial: row[2], change: change, counterparty: row[7], purpose: row[8],
                    settlementDate: settlementDate(in: row[8])))
        }
        return statement
    }

    /// The settlement day whose net a line is, by its purpose: `商户清算 20261124`.
    private static func settlementDate(in purpose: String) -> LocalDate? {
        guard let match = purpose.wholeMatch(of: #/商户清算 (\d{4})(\d{2})(\d{2})/#),
            let year = Int(match.1), let month = Int(match.2), let day = Int(match.3)
        else { return nil }
        return LocalDate(year: year, month: month, day: day)
    }
}

/// Texts with commas between their fields (RFC 4180).
enum CommaSeparated {
    /// The rows; the last line end may be missing.
    ///
    /// - Throws: ``ReserveStatements/StatementUnusable`` for a quotation that does not end, or ends inside of a field.
    static func rows(_ text: String) throws -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field = ""
        var isQuoted = false
        var wasQuoted = false
        var rest = text.unicodeScalars[...]
        func endField() {
            row.append(field)
            field = ""
            wasQuoted = false
        }
        while let scalar = rest.popFirst() {
            if isQuoted {
                if scalar != "\"" {
                    field.unicodeScalars.append(scalar)
                } else if rest.first == "\"" {
                    field.unicodeScalars.append(scalar)
                    rest.removeFirst()
                } else {
                    isQuoted = false
                    wasQuoted = true
                }
                continue
            }
            switch scalar {
            case ",": endField()
            case "\r" where rest.first == "\n": continue
            case "\n":
                endField()
                rows.append(row)
                row = []
            case "\"" where field.isEmpty && !wasQuoted: isQuoted = true
            default:
                guard !wasQuoted, scalar != "\"" else {
                    throw ReserveStatements.StatementUnusable(reason: "对账单的引号不对")
                }
                field.unicodeScalars.append(scalar)
            }
        }
        guard !isQuoted else { throw ReserveStatements.StatementUnusable(reason: "对账单不完整") }
        if !row.isEmpty || !field.isEmpty {
            endField()
            rows.append(row)
        }
        return rows
    }
}
