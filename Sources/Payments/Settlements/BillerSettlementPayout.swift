import Foundation
import Postgres
import UnionPay

/// How a settlement that two people have agreed on reaches its biller: sent, asked about, booked. As with withdrawals, nothing
/// that happens on the line means that money did not move.
extension BillerSettlements {
    /// How long after it was sent a payout may stay open before a person is told, in seconds.
    private static let openTooLongSeconds = 4 * 86_400.0

    /// Brings a settlement one step further.
    func advance(_ id: Int64, attempts: Int) async throws {
        let settlement = try await platform.database.transaction { try Self.load(id, on: $0) }
        guard let payout = settlement.payout else { return try await finish(id) }
        switch settlement.status {
        case .payable:
            // What cannot be put into a message is found before anything counts as sent.
            let problem = try platform.bank.obstacle(to: payout)
            let started = try await startSending(settlement, problem: problem, attempts: attempts)
            guard let started, let sending = started.payout else { return }
            try await settle(started, await platform.bank.payOut(sending), attempts: attempts)
        case .sending:
            // Whoever was sending is gone: what became of the call is not known.
            try await settle(settlement, .unclear(reason: "restarted while sending"), attempts: attempts)
        case .unknown, .atBank:
            try await settle(settlement, try await evidence(of: settlement, payout), attempts: attempts)
        case .collecting, .reconciling, .pendingReview, .paid, .carriedForward:
            try await finish(id)
        }
    }

    private func finish(_ id: Int64) async throws {
        try await platform.database.transaction { try Jobs.finish(.billerSettlement, id, on: $0) }
    }

    /// What is known of a payout: the bank's answer to our question, or its own signed notification.
    private func evidence(of settlement: BillerSettlement, _ payout: PayoutOrder) async throws
        -> PayoutEvidence
    {
        let answer = await platform.bank.askAbout(payout)
        switch answer {
        case .paid, .refused: return answer
        case .accepted, .notKnown, .unclear:
            let notice = try await platform.database.transaction {
                try BankMessages.paidNotice(ofSettlement: settlement.id, payout.number, on: $0)
            }
            return notice.map { .paid(serial: $0.serial, settlementDay: $0.settlementDay) } ?? answer
        }
    }

    /// Records, before the call, that the payout is sent, with the one time it will ever have. Nil when there is nothing to
    /// send, or not now, because the channel is paused or follow-up monitoring keeps it back.
    private func startSending(
        _ settlement: BillerSettlement, problem: String?, attempts: Int
    ) async throws -> BillerSettlement? {
        let moment = platform.effects.now()
        return try await platform.database.transaction { connection in
            let now = try Self.lock(settlement.id, on: connection)
            // Sent by another one meanwhile, or given up.
            guard now.status == .payable, let attempt = now.attempt else { return nil }
            guard attempt.outcome == nil else {
                try Jobs.finish(.billerSettlement, now.id, on: connection)
                return nil
            }
            if let problem {
                try Self.record(
                    .unsendable, of: now, at: moment, by: .system, note: problem, on: connection)
                try Self.end(attempt, .unsendable, at: moment, on: connection)
                try Self.rest(now, at: moment, on: connection)
                return nil
            }
            if try connection.isPaused(.payout) {
                try Jobs.again(
                    .billerSettlement, now.id, due: Rhythm.payout.next(after: attempts, from: moment),
                    on: connection)
                return nil
            }
            if try FollowUps.keepBack(now, attempt, at: moment, on: connection) { return nil }
            try Self.record(.sendStarted, of: now, at: moment, by: .system, on: connection)
            try connection.execute(
                """
                UPDATE biller_settlement_attempts SET transaction_time = \(BeijingTime(moment).digits)
                WHERE number = \(attempt.number)
                """)
            return try Self.load(now.id, on: connection)
        }
    }

    /// Draws the consequence of what the bank said, in one transaction. An answer that is weaker than what is known, or about
    /// a payout that is over, changes nothing.
    func settle(_ settlement: BillerSettlement, _ evidence: PayoutEvidence, attempts: Int) async throws {
        let moment = platform.effects.now()
        let mustResend = try await platform.database.transaction { connection -> Bool in
            let now = try Self.lock(settlement.id, on: connection)
            guard now.status.isSent, let attempt = now.attempt, attempt.number == settlement.attempt?.number
            else {
                if !now.status.isSent, now.status != .payable {
                    try Jobs.finish(.billerSettlement, now.id, on: connection)
                }
                return false
            }
            let isOpen = now.status != .atBank
            let next = evidence.next(after: attempts, from: moment)
            switch evidence {
            case .accepted where isOpen:
                try Self.record(.bankAccepted, of: now, at: moment, by: .bank, on: connection)
                try Jobs.again(
                    .billerSettlement, now.id, due: platform.bank.firstPayoutQuestion(from: moment),
                    on: connection)
            case .paid(let serial, let day):
                try Self.bookPaid(
                    now, attempt, serial: serial, settlementDate: SettlementDay.date(day, near: moment),
                    at: moment, on: connection)
            case .refused
            where try BankMessages.paidNotice(ofSettlement: now.id, attempt.number, on: connection) != nil:
                // The bank has said both: the money stays set aside until it says one thing.
                try Self.tell(
                    "billerSettlement.contradicted", now, "\(attempt.number)：银行通知已付款，查询却答失败，请与银行核实",
                    at: moment, on: connection)
                try Jobs.again(.billerSettlement, now.id, due: next, on: connection)
            case .refused(let code, let text):
                try Self.record(
                    .bankRefused, of: now, at: moment, by: .bank, note: "\(code) \(text)", on: connection)
                try Self.end(attempt, .refused, at: moment, on: connection)
                try Self.rest(now, at: moment, on: connection)
            case .notKnown
            where try now.status == .unknown && Bank.mayRepeat(attempt.transactionTime, at: moment)
                && !connection.isPaused(.payout):
                try Self.record(.resent, of: now, at: moment, by: .system, note: "34", on: connection)
                return true
            case .unclear(let reason, _) where now.status == .sending:
                try Self.record(.noAnswer, of: now, at: moment, by: .system, note: reason, on: connection)
                try Jobs.again(
                    .billerSettlement, now.id, due: platform.bank.firstPayoutQuestion(from: moment),
                    on: connection)
            case .accepted, .notKnown, .unclear:
                try noteLateness(of: attempt, evidence, of: now, at: moment, on: connection)
                if evidence == .notKnown, now.status == .unknown, let sent = attempt.sentOn,
                    try BankFiles.lack(attempt.number, from: sent, until: sent, on: connection)
                {
                    // Only two people may decide that it was never carried out.
                    try platform.differences.openMissing(
                        attempt, of: now,
                        detail: "银行称没有收费单位结算 \(attempt.number)，D 至 D+3 日文件也没有：确认后可重新付款", at: moment,
                        on: connection)
                }
                if now.status == .sending {
                    try Self.record(.noAnswer, of: now, at: moment, by: .system, on: connection)
                }
                try Jobs.again(.billerSettlement, now.id, due: next, on: connection)
            }
            return false
        }
        guard mustResend else { return }
        let sending = try await platform.database.transaction { try Self.load(settlement.id, on: $0) }
        guard let payout = sending.payout else { return }
        var answer = await platform.bank.payOut(payout)
        if case .refused(let code, _) = answer {
            // That a repetition is refused says nothing about the first message, which may still be on its way.
            answer = .unclear(reason: code)
        }
        try await settle(sending, answer, attempts: attempts + 1)
    }

    /// Tells a person of what stays open too long, or what the bank does not know and may not be sent any more.
    private func noteLateness(
        of attempt: BillerSettlement.Attempt, _ evidence: PayoutEvidence, of settlement: BillerSettlement,
        at moment: Date, on connection: isolated Connection
    ) throws {
        if evidence == .notKnown,
            settlement.status == .atBank || !Bank.mayRepeat(attempt.transactionTime, at: moment)
        {
            try Self.tell(
                "billerSettlement.notKnown", settlement, "\(attempt.number)：银行称无此付款，请与银行核实", at: moment,
                on: connection)
        } else if let sent = attempt.sentOn,
            moment > sent.start.addingTimeInterval(Self.openTooLongSeconds)
        {
            try Self.tell(
                "billerSettlement.openTooLong", settlement, "\(attempt.number)：付款超过三天没有结果", at: moment,
                on: connection)
        }
    }

    private static func tell(
        _ kind: String, _ settlement: BillerSettlement, _ detail: String, at moment: Date,
        on connection: isolated Connection
    ) throws {
        try WorkItems.raise(kind, settlement: settlement.id, detail: detail, at: moment, on: connection)
    }

    /// Notes how a payout ended.
    static func end(
        _ attempt: BillerSettlement.Attempt, _ outcome: BillerSettlement.Attempt.Outcome, at moment: Date,
        on connection: isolated Connection
    ) throws {
        try connection.execute(
            """
            UPDATE biller_settlement_attempts SET outcome = \(outcome), ended_at = \(moment)
            WHERE number = \(attempt.number)
            """)
    }

    /// Nothing more is to be done about a settlement by itself: its job ends, and what persons were told has its answer.
    static func rest(
        _ settlement: BillerSettlement, at moment: Date, on connection: isolated Connection
    ) throws {
        try Jobs.finish(.billerSettlement, settlement.id, on: connection)
        try WorkItems.close(settlement: settlement.id, at: moment, on: connection)
    }

    /// Books a payout as paid (P61), also one that had been given up; then none that was not sent yet is.
    static func bookPaid(
        _ settlement: BillerSettlement, _ attempt: BillerSettlement.Attempt, serial: String,
        settlementDate: LocalDate, at moment: Date, on connection: isolated Connection
    ) throws {
        try BankSerials.claim(
            serial, .payout, of: .settlement(settlement.id, number: attempt.number), amount: settlement.net,
            day: settlementDate, at: moment, on: connection)
        let event = BillerSettlementStatus.Event.paidConfirmed
        try record(event, of: settlement, at: moment, by: .bank, note: serial, on: connection)
        try post(
            .settlementPaid, settlement, event: event,
            [line(.bankClearing, settlementDate.description, -settlement.net.fen)], at: moment,
            on: connection)
        if let last = settlement.attempt, last.number != attempt.number, last.outcome == nil {
            try end(last, .superseded, at: moment, on: connection)
        }
        try connection.execute(
            """
            UPDATE biller_settlement_attempts
            SET bank_serial = \(serial), settlement_date = \(settlementDate), outcome = NULL,
                ended_at = NULL, is_compared = false
            WHERE number = \(attempt.number)
            """)
        try rest(settlement, at: moment, on: connection)
        try Differences.clear(missing: attempt.number, .payout, note: "银行已付款", at: moment, on: connection)
    }

    /// Posts what moves the money in transit; `others` are all lines but that one, and their sum is its amount.
    static func post(
        _ code: PostingCode, _ settlement: BillerSettlement, event: BillerSettlementStatus.Event,
        _ others: [JournalEntry.Line], at moment: Date, on connection: isolated Connection
    ) throws {
        let source = EntrySource.billerSettlement(settlement.id)
        let transit = line(
            .settlementInTransit, settlement.number, -others.reduce(0) { $0 + $1.amount })
        try Ledger.post(
            JournalEntry(
                code, source: source, enterprise: nil, event: event.rawValue,
                occurrence: try Ledger.nextOccurrence(of: event.rawValue, of: source, on: connection),
                lines: [transit] + others), at: moment, on: connection)
    }

    static func line(_ account: Account, _ item: String, _ amount: Int64) -> JournalEntry.Line {
        JournalEntry.Line(account: account, owner: Channel.payout.rawValue, item: item, amount: amount)
    }
}

extension BillerSettlements {
    /// The settlement whose payout a notification names, which may be one that is over.
    func notified(_ number: String) async throws -> NotifiedOrder? {
        let rows = try await platform.database.query(
            """
            SELECT s.id, s.net, t.transaction_time FROM biller_settlement_attempts t
            JOIN biller_settlements s ON s.id = t.settlement_id WHERE t.number = \(number)
            """)
        guard let row = rows.first else { return nil }
        let bank = platform.bank
        let (time, net): (String?, Money) = (try row["transaction_time"], try row["net"])
        return NotifiedOrder(
            id: try row["id"], enterprise: nil, job: .billerSettlement, payout: number,
            expected: {
                guard let time else { throw UnreadableOrder(column: "transaction_time") }
                return ExpectedOrder(
                    product: .payout, order: try bank.identity(number, time), amountFen: net.fen)
            })
    }
}
