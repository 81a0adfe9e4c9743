import Foundation
import Postgres
import UnionPay

/// How a submitted withdrawal reaches its end: sent, asked about, booked.
extension Withdrawals {
    /// Brings a withdrawal one step further.
    func advance(_ id: Int64, attempts: Int) async throws {
        let rows = try await platform.database.query("\(fragment: Self.selection) WHERE o.id = \(id)")
        guard let withdrawal = try rows.first.map(Self.withdrawal) else { throw WithdrawalError.notFound }
        switch withdrawal.status {
        case .accepted:
            // What cannot be put into a message is found before anything counts as sent.
            let problem = try platform.bank.obstacle(to: withdrawal.payout)
            guard let sending = try await startSending(withdrawal, problem: problem, attempts: attempts)
            else {
                return
            }
            try await settle(sending, await platform.bank.payOut(sending.payout), attempts: attempts)
        case .sending:
            // Whoever was sending is gone: what became of the call is not known, unless the bank has told of it by itself.
            let told = try await paidNotice(of: withdrawal)
            try await settle(
                withdrawal, told ?? .unclear(reason: "restarted while sending"), attempts: attempts)
        case .unknown, .atBank:
            try await settle(withdrawal, try await evidence(of: withdrawal), attempts: attempts)
        default:
            try await platform.database.transaction { try Jobs.finish(.withdrawal, id, on: $0) }
        }
    }

    /// What is known of a payout: the bank's answer to our question, or its own signed notification.
    private func evidence(of withdrawal: Withdrawal) async throws -> PayoutEvidence {
        let answer = await platform.bank.askAbout(withdrawal.payout)
        switch answer {
        case .paid, .refused: return answer
        case .accepted, .notKnown, .unclear:
            return try await paidNotice(of: withdrawal) ?? answer
        }
    }

    /// The bank's own signed notification that a payout is paid.
    private func paidNotice(of withdrawal: Withdrawal) async throws -> PayoutEvidence? {
        try await BankMessages.paidNotice(of: withdrawal.reference.id, in: platform.database)
            .map { .paid(serial: $0.serial, settlementDay: $0.settlementDay) }
    }

    /// Records, before the call, that the payout is sent, with the one time it will ever have; or gives the money back
    /// when the account is no longer one that money may go to. Nil when there is nothing to send, or not now, because the
    /// channel is paused or follow-up monitoring keeps it back.
    private func startSending(
        _ withdrawal: Withdrawal, problem: String?, attempts: Int
    ) async throws -> Withdrawal? {
        let moment = platform.effects.now()
        return try await platform.database.transaction { connection in
            try connection.lockOrders(of: withdrawal.reference.enterprise)
            guard let now = try Self.current(withdrawal.reference.id, on: connection), now.status == .accepted
            else { return nil }
            guard now.account.isVerified, try connection.isActive(now.reference.enterprise) else {
                try Self.finish(
                    now, .accountNoLongerValid, postings: [.released], reason: "提现账户或单位状态已变更，未提交银行",
                    at: moment, by: .system, on: connection)
                return nil
            }
            if let problem {
                try Self.finish(
                    now, .accountNoLongerValid, postings: [.released], reason: "提现账户的资料不能提交银行，请联系客户经理",
                    at: moment, by: .system, on: connection)
                // After the end, which closes what was open: this is for a person to mend.
                try WorkItems.raise(
                    "withdrawal.unsendable", order: now.reference.id, detail: "不能写成银行报文：\(problem)",
                    at: moment, on: connection)
                return nil
            }
            if try connection.isPaused(.payout) {
                try noteLateness(of: now, "通道暂停，尚未提交银行", at: moment, on: connection)
                try Jobs.again(
                    .withdrawal, now.reference.id, due: Rhythm.payout.next(after: attempts, from: moment),
                    on: connection)
                return nil
            }
            try platform.followUps.applyHolding(
                to: now.reference.enterprise, before: now.reference.id, at: moment, on: connection)
            if try FollowUps.keepBack(now, at: moment, on: connection) {
                try noteLateness(of: now, "暂缓提交，等待审核", at: moment, on: connection)
                return nil
            }
            try Orders.record(
                .sendStarted, from: now.status, of: now.reference, at: moment, by: .system,
                alongside: """
                    UPDATE withdrawals SET transaction_time = \(BeijingTime(moment).digits)
                    WHERE order_id = \(now.reference.id)
                    """, on: connection)
            return try Self.current(now.reference.id, on: connection)
        }
    }

    /// Lets what waited for the end of a channel's pause be sent at once. The caller has locked the channel, so that nobody
    /// puts a withdrawal back at this moment.
    static func sendWaiting(through channel: Channel, at moment: Date, on connection: isolated Connection)
        throws
    {
        try connection.execute(
            """
            UPDATE jobs SET due_at = \(moment), attempts = 0
            WHERE kind = 'withdrawal' AND leased_until IS NULL AND subject_id IN (
                SELECT o.id FROM orders o JOIN withdrawals w ON w.order_id = o.id
                WHERE o.kind = 'withdrawal' AND NOT o.is_final AND o.state = 'accepted'
                    AND w.channel = \(channel.rawValue))
            """)
    }

    /// Tells once that the promised day has passed: an alarm in the log, an item for a person, the order's own event where
    /// the bank has the order. The state stays as it is.
    ///
    /// - Parameter waiting: for what it waits.
    private func noteLateness(
        of now: Withdrawal, _ waiting: String = "银行仍未给出结果", at moment: Date,
        on connection: isolated Connection
    ) throws {
        guard LocalDate(moment) > now.expectedUntil else { return }
        let isSent = now.status != .accepted
        let isNew = try WorkItems.raise(
            "withdrawal.promisePassed", order: now.reference.id,
            detail: "已过预计到账日 \(now.expectedUntil)，" + waiting,
            at: moment, on: connection)
        if isNew {
            platform.logger.error(
                "the promised day of a withdrawal has passed",
                metadata: [
                    "order": "\(now.number)", "promised": "\(now.expectedUntil)", "state": "\(now.status)",
                ])
        }
        guard isSent else { return }
        try Orders.recordOnce(
            .promisePassed, from: now.status, of: now.reference, at: moment, by: .system, on: connection)
    }

    /// Draws the consequence of what the bank said, in one transaction. An answer that is weaker than what is known
    /// changes nothing.
    func settle(_ withdrawal: Withdrawal, _ evidence: PayoutEvidence, attempts: Int) async throws {
        let moment = platform.effects.now()
        let id = withdrawal.reference.id
        let mustResend = try await platform.database.transaction { connection -> Bool in
            try connection.lockOrders(of: withdrawal.reference.enterprise)
            guard let now = try Self.current(id, on: connection) else { return false }
            let isOpen = now.status == .sending || now.status == .unknown
            guard isOpen || now.status == .atBank else {
                try Jobs.finish(.withdrawal, id, on: connection)
                return false
            }
            switch evidence {
            case .accepted, .notKnown, .unclear:
                if now.status != .sending { try noteLateness(of: now, at: moment, on: connection) }
            case .paid, .refused: break
            }
            switch evidence {
            case .accepted where isOpen:
                try Orders.record(
                    .bankAccepted, from: now.status, of: now.reference, at: moment, by: .bank, on: connection)
                try Ledger.post(
                    JournalEntry(
                        .payoutAccepted, of: now.reference,
                        event: WithdrawalStatus.Event.bankAccepted.rawValue,
                        owner: Channel.payout.rawValue),
                    at: moment, on: connection)
                try Jobs.again(
                    .withdrawal, id, due: platform.bank.firstPayoutQuestion(from: moment), on: connection)
            case .paid(let serial, let day):
                try Self.bookPaid(
                    now, serial: serial, settlementDate: SettlementDay.date(day, near: moment), at: moment,
                    on: connection)
            case .refused where try BankMessages.paidNotice(of: id, on: connection) != nil:
                // The bank has said both: the money stays set aside until it says one thing.
                if now.status != .sending { try noteLateness(of: now, at: moment, on: connection) }
                try WorkItems.raise(
                    "withdrawal.contradicted", order: id, detail: "银行通知已付款，查询却答失败，请与银行核实", at: moment,
                    on: connection)
                try Jobs.again(
                    .withdrawal, id, due: evidence.next(after: attempts, from: moment), on: connection)
            case .refused(let code, let text):
                try Self.finish(
                    now, .bankRefused, postings: [isOpen ? .released : .payoutRefused], reason: text,
                    note: code,
                    at: moment, by: .bank, on: connection)
            case .notKnown
            where try now.status == .unknown && Bank.mayRepeat(now.transactionTime, at: moment)
                && !connection.isPaused(.payout):
                try Orders.record(
                    .resent, from: now.status, of: now.reference, at: moment, by: .system, note: "34",
                    on: connection)
                return true
            case .notKnown where now.status == .atBank:
                try Orders.recordOnce(
                    .notKnown, from: now.status, of: now.reference, at: moment, by: .bank, note: "34",
                    on: connection)
                try WorkItems.raise(
                    "withdrawal.notKnown", order: id, detail: "银行受理后又称无此交易", at: moment, on: connection)
                try Jobs.again(
                    .withdrawal, id, due: evidence.next(after: attempts, from: moment), on: connection)
            case .unclear(let reason, _) where now.status == .sending:
                try Orders.record(
                    .noAnswer, from: now.status, of: now.reference, at: moment, by: .system, note: reason,
                    on: connection)
                try Jobs.again(
                    .withdrawal, id, due: platform.bank.firstPayoutQuestion(from: moment), on: connection)
            case .accepted, .notKnown, .unclear:
                if case .unclear(let reason, _) = evidence {
                    try Orders.recordOnce(
                        .answerUnclear, from: now.status, of: now.reference, at: moment, by: .system,
                        note: reason, on: connection)
                }
                if evidence == .notKnown, now.status == .unknown,
                    try BankFiles.lack(now.number, from: now.sentOn, until: now.sentOn, on: connection)
                {
                    // Only two people may decide that it was never carried out.
                    try platform.differences.openMissing(now, at: moment, on: connection)
                } else if evidence == .notKnown, !Bank.mayRepeat(now.transactionTime, at: moment) {
                    try WorkItems.raise(
                        "withdrawal.notKnown", order: id, detail: "银行称无此交易，且已不能重发，请与银行核实", at: moment,
                        on: connection)
                }
                try Jobs.again(
                    .withdrawal, id, due: evidence.next(after: attempts, from: moment), on: connection)
            }
            return false
        }
        guard mustResend else { return }
        var answer = await platform.bank.payOut(withdrawal.payout)
        if case .refused(let code, _) = answer {
            // That a repetition is refused says nothing about the first message, which may still be on its way.
            answer = .unclear(reason: code)
        }
        try await settle(withdrawal, answer, attempts: attempts + 1)
    }

    /// Books a payout as paid; where its acceptance was never seen, that too, in the same transaction.
    static func bookPaid(
        _ withdrawal: Withdrawal, serial: String, settlementDate: LocalDate, at moment: Date,
        on connection: isolated Connection
    ) throws {
        try BankSerials.claim(
            serial, .payout, of: .order(withdrawal.reference.id), amount: withdrawal.amount,
            day: settlementDate, at: moment, on: connection)
        _ = try connection.execute(
            """
            UPDATE withdrawals SET bank_serial = \(serial), settlement_date = \(settlementDate)
            WHERE order_id = \(withdrawal.reference.id)
            """)
        try finish(
            withdrawal, .paidConfirmed,
            postings: withdrawal.status == .atBank ? [.payoutPaid] : [.payoutAccepted, .payoutPaid],
            clearingItem: settlementDate.description, note: serial, at: moment, by: .bank, on: connection)
    }

    /// Ends a withdrawal: step, entries, the job, the reason.
    static func finish(
        _ withdrawal: Withdrawal, _ event: WithdrawalStatus.Event, postings: [PostingCode],
        clearingItem: String? = nil, reason: String? = nil, note: String = "", at moment: Date,
        by actor: Actor,
        on connection: isolated Connection
    ) throws {
        try Orders.record(
            event, from: withdrawal.status, of: withdrawal.reference, at: moment, by: actor, note: note,
            on: connection)
        for (place, code) in postings.enumerated() {
            try Ledger.post(
                JournalEntry(
                    code, of: withdrawal.reference, event: event.rawValue, occurrence: place + 1,
                    owner: Channel.payout.rawValue, clearingItem: clearingItem),
                at: moment, on: connection)
        }
        if let reason {
            _ = try connection.execute(
                "UPDATE withdrawals SET reason = \(reason) WHERE order_id = \(withdrawal.reference.id)")
        }
        try Jobs.finish(.withdrawal, withdrawal.reference.id, on: connection)
    }

    static func current(_ id: Int64, on connection: isolated Connection) throws -> Withdrawal? {
        try connection.query("\(fragment: selection) WHERE o.id = \(id)").first.map(withdrawal)
    }
}
