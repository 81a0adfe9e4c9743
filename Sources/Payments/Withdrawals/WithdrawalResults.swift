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
            guard let sending = try await startSending(withdrawal) else { return }
            try await settle(sending, await platform.bank.payOut(sending), attempts: attempts)
        case .sending:
            // Whoever was sending is gone: what became of the call is not known.
            try await settle(withdrawal, .unclear(reason: "restarted while sending"), attempts: attempts)
        case .unknown, .atBank:
            try await settle(withdrawal, try await evidence(of: withdrawal), attempts: attempts)
        default:
            try await platform.database.transaction { try Jobs.finish(.withdrawal, id, on: $0) }
        }
    }

    /// What is known of a payout: the bank's answer to our question, or its own signed notification.
    private func evidence(of withdrawal: Withdrawal) async throws -> PayoutEvidence {
        let answer = await platform.bank.askAbout(withdrawal)
        switch answer {
        case .paid, .refused: return answer
        default: return try await notifiedEvidence(of: withdrawal) ?? answer
        }
    }

    private func notifiedEvidence(of withdrawal: Withdrawal) async throws -> PayoutEvidence? {
        let rows = try await platform.database.query(
            """
            SELECT content ->> 'queryId' AS serial, content ->> 'settleDate' AS day FROM bank_messages
            WHERE order_id = \(withdrawal.reference.id) AND kind = 'notification' AND problem IS NULL
                AND content ->> 'respCode' IN ('00', 'A6')
            ORDER BY id LIMIT 1
            """)
        guard let row = rows.first, let serial = try row.decode("serial", as: String?.self),
            let day = try row.decode("day", as: String?.self)
        else { return nil }
        return .paid(serial: serial, settlementDay: day)
    }

    /// Records, before the call, that the payout is sent, with the one time it will ever have; or gives the money back
    /// when the account is no longer one that money may go to. Nil when there is nothing to send.
    private func startSending(_ withdrawal: Withdrawal) async throws -> Withdrawal? {
        let moment = platform.effects.now()
        return try await platform.database.transaction { connection in
            try connection.lockOrders(of: withdrawal.reference.enterprise)
            guard let now = try Self.current(withdrawal.reference.id, on: connection), now.status == .accepted
            else { return nil }
            let states = try connection.query(
                "SELECT state FROM enterprises WHERE id = \(now.reference.enterprise)")
            let isActive = try states.first?.decode("state", as: String.self) == "active"
            guard now.account.isVerified, isActive else {
                try Self.finish(
                    now, .accountNoLongerValid, postings: [.released], reason: "提现账户或单位状态已变更，未提交银行",
                    at: moment, by: .system, on: connection)
                return nil
            }
            try Orders.record(
                .sendStarted, from: now.status, of: now.reference, at: moment, by: .system, on: connection)
            _ = try connection.execute(
                """
                UPDATE withdrawals SET transaction_time = \(BeijingTime(moment).digits)
                WHERE order_id = \(now.reference.id)
                """)
            return try Self.current(now.reference.id, on: connection)
        }
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
            case .accepted where isOpen:
                try Orders.record(
                    .bankAccepted, from: now.status, of: now.reference, at: moment, by: .bank, on: connection)
                try Ledger.post(
                    JournalEntry(
                        .payoutAccepted, of: now.reference,
                        event: WithdrawalStatus.Event.bankAccepted.rawValue,
                        owner: Channel.payout.rawValue),
                    at: moment, on: connection)
                try Jobs.again(.withdrawal, id, due: firstQuestion(from: moment), on: connection)
            case .paid(let serial, let day):
                try Self.bookPaid(now, serial: serial, settlementDay: day, at: moment, on: connection)
            case .refused(let code, let text):
                try Self.finish(
                    now, .bankRefused, postings: [isOpen ? .released : .payoutRefused], reason: text,
                    note: code,
                    at: moment, by: .bank, on: connection)
            case .notKnown where now.status == .unknown && canResend(now, at: moment):
                try Orders.record(
                    .resent, from: now.status, of: now.reference, at: moment, by: .system, note: "34",
                    on: connection)
                return true
            case .notKnown where now.status == .atBank:
                try Orders.record(
                    .notKnown, from: now.status, of: now.reference, at: moment, by: .bank, note: "34",
                    on: connection)
                try WorkItems.raise(
                    "withdrawal.notKnown", order: id, detail: "银行受理后又称无此交易", at: moment, on: connection)
                try Jobs.again(
                    .withdrawal, id, due: Rhythm.payout.next(after: attempts, from: moment), on: connection)
            case .unclear(let reason) where now.status == .sending:
                try Orders.record(
                    .noAnswer, from: now.status, of: now.reference, at: moment, by: .system, note: reason,
                    on: connection)
                try Jobs.again(.withdrawal, id, due: firstQuestion(from: moment), on: connection)
            case .accepted, .notKnown, .unclear:
                try Jobs.again(
                    .withdrawal, id, due: Rhythm.payout.next(after: attempts, from: moment), on: connection)
            }
            return false
        }
        guard mustResend else { return }
        try await settle(withdrawal, await platform.bank.payOut(withdrawal), attempts: attempts + 1)
    }

    /// The identical pair may be sent again only on its own Beijing day: the bank's uniqueness is by day.
    private func canResend(_ withdrawal: Withdrawal, at moment: Date) -> Bool {
        withdrawal.transactionTime?.prefix(8) == BeijingTime(moment).digits.prefix(8)
    }

    private func firstQuestion(from moment: Date) -> Date {
        moment.addingTimeInterval(Double(platform.settings.firstPayoutQuerySeconds))
    }

    /// Books a payout as paid; where its acceptance was never seen, that too, in the same transaction.
    private static func bookPaid(
        _ withdrawal: Withdrawal, serial: String, settlementDay: String, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let settlementDate = SettlementDay.date(settlementDay, near: moment)
        try BankSerials.claim(
            serial, channel: .payout, order: withdrawal.reference.id, at: moment, on: connection)
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

    private static func current(_ id: Int64, on connection: isolated Connection) throws -> Withdrawal? {
        try connection.query("\(fragment: selection) WHERE o.id = \(id)").first.map(withdrawal)
    }
}
