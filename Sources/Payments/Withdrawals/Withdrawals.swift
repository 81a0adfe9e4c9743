import Foundation
import Postgres

/// Withdrawals, from the offer to the submitted order.
public struct Withdrawals: Sendable {
    let platform: Platform

    /// The most that one order can be; the bank's field has twelve digits of fen.
    public static let most = Money(fen: 999_999_999_999)
    /// What a withdrawal submitted now would look like. Two round trips.
    public func offer(for enterprise: Enterprise.ID) async throws -> WithdrawalOffer {
        let calendar = try await platform.workingDays.calendar()
        let rows = try await platform.database.query(
            """
            SELECT \(fragment: Self.accountColumns), a.id AS account_id,
                (SELECT balance FROM enterprise_accounts
                    WHERE enterprise_id = e.id AND account = 'enterpriseAvailable') AS available,
                (SELECT balance FROM enterprise_accounts
                    WHERE enterprise_id = e.id AND account = 'enterpriseFrozen') AS frozen,
                c.cut_off_minutes, CASE WHEN c.is_paused THEN c.notice END AS pause_notice
            FROM enterprises e JOIN bank_channels c ON c.channel = \(Channel.payout.rawValue)
            LEFT JOIN registered_accounts a ON a.enterprise_id = e.id AND a.state <> 'replaced'
            LEFT JOIN banks k ON k.code = a.bank_code
            WHERE e.id = \(enterprise)
            """)
        guard let row = rows.first else { throw WithdrawalError.notFound }
        let hasAccount = try row.decode("account_id", as: Int64?.self) != nil
        let account = hasAccount ? try Self.account(row) : nil
        return WithdrawalOffer(
            balances: try Ledger.balances(from: row), account: account.flatMap { $0.isVerified ? $0 : nil },
            expected: ArrivalPromise(
                at: platform.effects.now(), cutOff: try row["cut_off_minutes"], calendar: calendar),
            pauseNotice: try row["pause_notice"])
    }

    /// Submits a withdrawal as confirmed: authorises it, sets the money aside, copies the registered account and plans
    /// the sending, all or nothing. The same command twice gives the same order.
    ///
    /// - Parameter promised: the last day that was shown; a promise that has become later in the meantime is shown again.
    /// - Returns: the order's number.
    /// - Throws: ``WithdrawalError``, ``PaymentAuthorizationError``, ``CommandReused``.
    public func submit(
        _ command: CommandID, amount: Money, password: String, promised: LocalDate? = nil, by clerk: Clerk
    ) async throws -> String {
        guard amount.isPositive, amount <= Self.most else { throw WithdrawalError.amountOutside }
        let moment = platform.effects.now()
        let authorization = platform.paymentAuthorization
        let authorized = try await authorization.check(
            payer: nil, password: password, by: clerk.person, from: clerk.origin, at: moment)
        let calendar = try await platform.workingDays.calendar()
        let number = Orders.newNumber(prefix: OrderKind.withdrawal.numberPrefix, effects: platform.effects)
        do {
            return try await platform.database.transactionOfCommand { connection in
                let claim = try Commands.claim(
                    command, by: clerk.actor, input: ["withdrawal", "\(amount.fen)"], result: number,
                    at: moment, on: connection, gate: authorization.gate(of: authorized)
                ) { try authorization.pass($0, or: WithdrawalError.enterpriseNotActive) }
                if case .done(let result) = claim { return result }
                try Self.create(
                    number, amount: amount, calendar: calendar, promised: promised, by: clerk, at: moment,
                    on: connection)
                return number
            }
        } catch LedgerError.insufficientFunds {
            let available = try await platform.statements.holds(of: clerk.enterprise).balances.available
            throw WithdrawalError.balanceShort(max(.zero, try amount - available))
        }
    }

    /// - Parameter fee: what the platform takes for it; nothing at present.
    static func create(
        _ number: String, amount: Money, fee: Money = .zero, calendar: WorkingDayCalendar,
        promised: LocalDate?,
        by clerk: Clerk, at moment: Date, on connection: isolated Connection
    ) throws {
        let status = try WithdrawalStatus.after(.submitted, from: nil, choosing: .accepted)
        let accounts = try connection.query(
            """
            SELECT a.id, k.name || ' 尾号 ' || a.account_number_tail AS counterparty, c.cut_off_minutes,
                c.gives_fee_back
            FROM registered_accounts a JOIN banks k ON k.code = a.bank_code
            JOIN bank_channels c ON c.channel = \(Channel.payout.rawValue)
            WHERE a.enterprise_id = \(clerk.enterprise) AND a.state = 'verified'
            """)
        guard let account = accounts.first else { throw WithdrawalError.noVerifiedAccount }
        let promise = ArrivalPromise(at: moment, cutOff: try account["cut_off_minutes"], calendar: calendar)
        if let promised, promise.until > promised { throw WithdrawalError.promiseChanged }
        try Orders.submit(
            NewOrder(
                number: number, amount: amount, fee: fee,
                counterparty: try account.decode("counterparty", as: String.self), event: .submitted,
                status: status),
            details: [
                """
                INSERT INTO withdrawals (
                    order_id, registered_account_id, channel, expected_from, expected_until, is_calendar_known,
                    counted_from, postponed_by, cut_off_minutes, gives_fee_back)
                SELECT id, \(try account.decode("id", as: Int64.self)), \(Channel.payout.rawValue), \(promise.from),
                    \(promise.until), \(promise.isCalendarKnown), \(promise.countedFrom), \(promise.postponement),
                    \(promise.cutOff), \(try account.decode("gives_fee_back", as: Bool.self))
                FROM made
                """
            ],
            audit: .withdrawalSubmitted, by: clerk, at: moment, on: connection)
    }

    /// The withdrawal with this number and the steps that led to its state, if it is this enterprise's.
    public func history(
        _ number: String, of enterprise: Enterprise.ID
    ) async throws -> (withdrawal: Withdrawal, events: [OrderEvent])? {
        try await platform.database.transaction { connection in
            let rows = try connection.query(
                "\(fragment: Self.selection) WHERE o.number = \(number) AND o.enterprise_id = \(enterprise)")
            guard let withdrawal = try rows.first.map(Self.withdrawal) else { return nil }
            return (withdrawal, try Orders.events(of: withdrawal.reference.id, on: connection))
        }
    }

    /// Cancels a withdrawal that was not sent yet and sets its money free. Decided by the same lock as the sending.
    ///
    /// - Throws: ``WithdrawalError``.
    public func cancel(_ number: String, by clerk: Clerk) async throws {
        let moment = platform.effects.now()
        try await platform.database.transaction { connection in
            try connection.lockOrders(of: clerk.enterprise)
            let rows = try connection.query(
                "\(fragment: Self.selection) WHERE o.number = \(number) AND o.enterprise_id = \(clerk.enterprise)"
            )
            guard let withdrawal = try rows.first.map(Self.withdrawal) else { throw WithdrawalError.notFound }
            if withdrawal.status == .cancelled { return }
            guard withdrawal.status == .accepted || withdrawal.status == .pendingReview else {
                throw WithdrawalError.tooLate
            }
            try Self.finish(
                withdrawal, .cancelled, postings: [.released], at: moment, by: clerk.actor, on: connection)
            try Audit.record(
                .withdrawalCancelled, subject: number, by: clerk.actor, from: clerk.origin, at: moment,
                on: connection)
        }
    }

    static let accountColumns: SQL = """
        k.name AS bank_name, a.account_number_tail, a.holder_name, a.account_number_sealed,
        a.state = 'verified' AS is_verified, e.credit_code
        """

    static let selection: SQL = """
        SELECT o.id, o.kind, o.number, o.enterprise_id, o.amount, o.fee, o.state, o.write_off, o.created_at,
            o.state_since, w.registered_account_id AS account_id, w.expected_from, w.expected_until,
            w.is_calendar_known, w.counted_from, w.postponed_by, w.cut_off_minutes, w.gives_fee_back,
            w.transaction_time, w.bank_serial, w.reason, \(fragment: accountColumns),
            CASE WHEN c.is_paused THEN c.notice END AS pause_notice,
            (SELECT due_at FROM jobs WHERE kind = 'withdrawal' AND subject_id = o.id) AS next_question_at,
            o.state = 'accepted' AND EXISTS (
                SELECT FROM held_withdrawals k JOIN withdrawal_holds h ON h.id = k.hold_id
                WHERE k.order_id = o.id AND h.state IN ('active', 'proposed')) AS is_kept_back
        FROM orders o JOIN withdrawals w ON w.order_id = o.id
        JOIN registered_accounts a ON a.id = w.registered_account_id JOIN bank_channels c ON c.channel = w.channel
        JOIN banks k ON k.code = a.bank_code JOIN enterprises e ON e.id = o.enterprise_id
        """

    static func withdrawal(_ row: Row) throws -> Withdrawal {
        Withdrawal(
            reference: try Orders.reference(from: row),
            status: try Orders.status(WithdrawalStatus.self, from: row),
            account: try account(row),
            promise: ArrivalPromise(
                from: try row["expected_from"], until: try row["expected_until"],
                isCalendarKnown: try row["is_calendar_known"], countedFrom: try row["counted_from"],
                postponement: try row["postponed_by"], cutOff: try row["cut_off_minutes"]),
            transactionTime: try row.decode("transaction_time", as: String?.self),
            createdAt: try row.decode("created_at", as: Date.self),
            stateSince: try row.decode("state_since", as: Date.self),
            bankSerial: try row.decode("bank_serial", as: String?.self),
            reason: try row.decode("reason", as: String?.self),
            nextQuestionAt: try row.decode("next_question_at", as: Date?.self),
            pauseNotice: try row.decode("pause_notice", as: String?.self),
            givesFeeBack: try row.decode("gives_fee_back", as: Bool.self),
            isKeptBack: try row.decode("is_kept_back", as: Bool.self))
    }

    private static func account(_ row: Row) throws -> PayoutAccount {
        PayoutAccount(
            id: try row.decode("account_id", as: RegisteredAccount.ID.self),
            bankName: try row.decode("bank_name", as: String.self),
            tail: try row.decode("account_number_tail", as: String.self),
            holderName: try row.decode("holder_name", as: String.self),
            creditCode: try row.decode("credit_code", as: String.self),
            sealedNumber: try row.decode("account_number_sealed", as: [UInt8].self),
            isVerified: try row.decode("is_verified", as: Bool.self))
    }
}

extension Platform {
    /// Withdrawals.
    public var withdrawals: Withdrawals { Withdrawals(platform: self) }
}
