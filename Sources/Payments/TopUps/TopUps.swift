import Foundation
import Postgres
import UnionPay

/// Top-ups, from the order to the credit.
public struct TopUps: Sendable {
    let platform: Platform

    /// The least that can be topped up.
    public static let least = Money(fen: 1)
    /// The most that one order can be; the gateway's field has twelve digits of fen.
    public static let most = Money(fen: 999_999_999_999)

    /// Orders a top-up. Our row is written before the browser goes to the bank. The same command twice gives the same
    /// order.
    ///
    /// - Parameters:
    ///   - bank: its code.
    ///   - known: the number of the open top-up of the same amount that the clerk has been told of and wants another beside.
    /// - Returns: the order's number.
    /// - Throws: ``TopUpError``, ``CommandReused``.
    public func order(
        _ command: CommandID, amount: Money, bank: String, besides known: String? = nil, by clerk: Clerk
    ) async throws -> String {
        let moment = platform.effects.now()
        let number = Orders.newNumber(prefix: OrderKind.topUp.numberPrefix, effects: platform.effects)
        let payUntil = moment.addingTimeInterval(Double(platform.settings.topUpLifetimeSeconds))
        return try await platform.database.transactionOfCommand { connection in
            let claim = try Commands.claim(
                command, by: clerk.actor, input: ["topUp", "\(amount.fen)", bank], result: number, at: moment,
                on: connection)
            if case .done(let result) = claim { return result }
            // An enterprise whose payments are stopped may still receive money.
            guard try connection.state(of: clerk.enterprise)?.takesMoney == true else {
                throw TopUpError.enterpriseNotActive
            }
            try Self.requireChannel(on: connection)
            // The day's limit and the open order of the same amount are looked at by one order at a time.
            try connection.lockOrders(of: clerk.enterprise)
            guard let chosen = try TopUpBanks.find(bank, on: connection) else { throw TopUpError.unknownBank }
            try Self.requireRoom(for: amount, at: chosen, of: clerk.enterprise, at: moment, on: connection)
            try Self.requireSole(amount, of: clerk.enterprise, besides: known, on: connection)
            let created = try TopUpStatus.after(.ordered, from: nil)
            _ = try connection.query(
                """
                WITH made AS (
                    SELECT create_order(
                        'topUp', \(number), \(clerk.enterprise), \(clerk.person), \(amount), 0::bigint,
                        \(chosen.name),
                        \(TopUpStatus.Event.ordered.rawValue), \(created.state), \(moment)) AS id
                )
                INSERT INTO top_ups (order_id, bank_code, is_direct, transaction_time, pay_until)
                SELECT id, \(bank), \(chosen.settings.isDirect), \(BeijingTime(moment).digits), \(payUntil) FROM made
                """)
            try connection.scheduleOrder(number, kind: .topUp, due: payUntil)
            try Audit.record(
                .topUpOrdered, subject: number, by: clerk.actor, from: clerk.origin, at: moment,
                on: connection)
            return number
        }
    }

    /// The bank's channel is not paused. Nothing is lost by an order of the very moment of a pause, so that it need not wait
    /// for one.
    private static func requireChannel(on connection: isolated Connection) throws {
        guard
            try connection.query(
                "SELECT 1 AS one FROM bank_channels WHERE channel = \(Channel.gateway.rawValue) AND is_paused"
            ).isEmpty
        else { throw TopUpError.channelPaused }
    }

    /// The bank takes payments now, and the amount is within its limits. The caller has locked the enterprise, so that two
    /// orders at once do not both have what the day's limit leaves.
    private static func requireRoom(
        for amount: Money, at bank: TopUpBank, of enterprise: Enterprise.ID, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let availability = bank.availability(at: moment)
        guard availability == .open else { throw TopUpError.bankNotAvailable(availability) }
        if let least = bank.settings.least, amount < least { throw TopUpError.belowLeast(least) }
        if let most = bank.settings.most, amount > most { throw TopUpError.aboveMost(most) }
        guard let most = bank.settings.mostPerDay else { return }
        let used: Int64 = try connection.query(
            """
            SELECT coalesce(sum(o.amount), 0) AS used
            \(fragment: TopUpBanks.usage(of: enterprise, at: moment)) AND t.bank_code = \(bank.code)
            """
        ).only()["used"]
        let left = Money(fen: max(0, most.fen - used))
        guard amount <= left else { throw TopUpError.aboveDay(most: most, left: left) }
    }

    /// No other open top-up has the same amount, but for one that the clerk knows of. The caller has locked the enterprise.
    private static func requireSole(
        _ amount: Money, of enterprise: Enterprise.ID, besides known: String?,
        on connection: isolated Connection
    ) throws {
        let open = try connection.query(
            """
            SELECT number FROM orders
            WHERE enterprise_id = \(enterprise) AND NOT is_final AND kind = 'topUp' AND amount = \(amount)
                AND state IN ('created', 'atBank', 'closing')
            ORDER BY id DESC LIMIT 1
            """)
        guard let number: String = try open.first?["number"], number != known else { return }
        throw TopUpError.sameAmountOpen(number: number)
    }

    /// The top-up with this number, if it is this enterprise's.
    public func find(_ number: String, of enterprise: Enterprise.ID) async throws -> TopUp? {
        try await platform.database.query(
            "\(fragment: Self.selection) WHERE o.number = \(number) AND o.enterprise_id = \(enterprise)"
        ).first.map(Self.topUp)
    }

    /// A top-up with the steps that led to its state, if it is this enterprise's.
    public func history(_ number: String, of enterprise: Enterprise.ID) async throws -> (TopUp, [OrderEvent])?
    {
        try await platform.database.transaction { connection in
            let rows = try connection.query(
                "\(fragment: Self.selection) WHERE o.number = \(number) AND o.enterprise_id = \(enterprise)")
            guard let topUp = try rows.first.map(Self.topUp) else { return nil }
            return (topUp, try Orders.events(of: topUp.reference.id, on: connection))
        }
    }

    /// The state alone, for the page on which the bank's redirect lands and which needs no session.
    public func publicStatus(of number: String) async throws -> TopUpStatus? {
        try await platform.database.query(
            "SELECT state, write_off FROM orders WHERE kind = 'topUp' AND number = \(number)"
        ).first.map { try Orders.status(TopUpStatus.self, from: $0) }
    }

    /// Hands the payer over to the bank: records the step, and gives the signed form that the browser sends there.
    /// Asked for again before the deadline, it gives the identical form.
    ///
    /// - Throws: ``TopUpError``.
    public func handOff(_ number: String, by clerk: Clerk) async throws -> PaymentForm {
        let moment = platform.effects.now()
        return try await platform.database.transaction { connection in
            let topUp = try Self.locked(number, of: clerk.enterprise, on: connection)
            guard moment < topUp.payUntil else { throw TopUpError.tooLate }
            let form = try platform.bank.frontForm(for: topUp)
            switch topUp.status {
            case .atBank: break
            case .created:
                try Self.requireChannel(on: connection)
                let availability = try TopUpBanks.find(topUp.bankCode, on: connection)?.availability(
                    at: moment)
                guard availability == .open else {
                    throw TopUpError.bankNotAvailable(availability ?? .off)
                }
                let message = try BankMessage.sent(
                    .front, Message(pairs: form.inputs.map { ($0.name, $0.value) }).formBody,
                    order: topUp.reference.id, at: moment)
                try Orders.record(
                    .handedOff, from: topUp.status, of: topUp.reference, at: moment, by: clerk.actor,
                    alongside: platform.bankMessages.keeping(message), on: connection)
                try Jobs.schedule(
                    .topUp, topUp.reference.id, due: Rhythm.payment.next(after: 0, from: moment),
                    on: connection)
            default: throw TopUpError.tooLate
            }
            return form
        }
    }

    /// The signed form of an order that was handed over, identical each time until the deadline. Changes nothing.
    ///
    /// - Throws: ``TopUpError``: ``TopUpError/tooLate`` for every order that the bank takes no payment for now, and also for
    ///   one that was not handed over yet, because nobody would ask the bank about it.
    public func paymentForm(_ number: String, of enterprise: Enterprise.ID) async throws -> (
        TopUp, PaymentForm
    ) {
        guard let topUp = try await find(number, of: enterprise) else { throw TopUpError.notFound }
        guard topUp.status == .atBank, platform.effects.now() < topUp.payUntil else {
            throw TopUpError.tooLate
        }
        return (topUp, try platform.bank.frontForm(for: topUp))
    }

    /// Ends our waiting. Before the hand-off the order is closed; after it the bank may still take the payment, so the
    /// order is closing until the deadline and a last question.
    ///
    /// - Throws: ``TopUpError``.
    public func cancel(_ number: String, by clerk: Clerk) async throws {
        let moment = platform.effects.now()
        try await platform.database.transaction { connection in
            let topUp = try Self.locked(number, of: clerk.enterprise, on: connection)
            let event: TopUpStatus.Event
            switch topUp.status {
            case .created: event = .cancelled
            case .atBank: event = .cancelRequested
            case .closing, .closed: return
            default: throw TopUpError.tooLate
            }
            let next = try Orders.record(
                event, from: topUp.status, of: topUp.reference, at: moment, by: clerk.actor, on: connection)
            try Audit.record(
                .topUpCancelled, subject: number, by: clerk.actor, from: clerk.origin, at: moment,
                on: connection)
            if next.isFinal { try Jobs.finish(.topUp, topUp.reference.id, on: connection) }
        }
    }

    static let selection: SQL = """
        SELECT o.id, o.kind, o.number, o.enterprise_id, o.amount, o.fee, o.state, o.write_off, o.created_at,
            o.state_since, t.bank_code, o.counterparty AS bank_name, t.is_direct, t.transaction_time, t.pay_until, t.bank_serial,
            (SELECT due_at FROM jobs WHERE kind = 'topUp' AND subject_id = o.id) AS next_question_at
        FROM orders o JOIN top_ups t ON t.order_id = o.id
        """

    static func topUp(_ row: Row) throws -> TopUp {
        TopUp(
            reference: try Orders.reference(from: row),
            status: try Orders.status(TopUpStatus.self, from: row),
            bankCode: try row.decode("bank_code", as: String.self),
            bankName: try row.decode("bank_name", as: String.self),
            isDirect: try row.decode("is_direct", as: Bool.self),
            transactionTime: try row.decode("transaction_time", as: String.self),
            payUntil: try row.decode("pay_until", as: Date.self),
            createdAt: try row.decode("created_at", as: Date.self),
            stateSince: try row.decode("state_since", as: Date.self),
            bankSerial: try row.decode("bank_serial", as: String?.self),
            nextQuestionAt: try row.decode("next_question_at", as: Date?.self))
    }

    private static func locked(
        _ number: String, of enterprise: Enterprise.ID, on connection: isolated Connection
    ) throws -> TopUp {
        try connection.lockOrders(of: enterprise)
        let rows = try connection.query(
            "\(fragment: selection) WHERE o.number = \(number) AND o.enterprise_id = \(enterprise)")
        guard let topUp = try rows.first.map(topUp) else { throw TopUpError.notFound }
        return topUp
    }
}

extension Platform {
    /// Top-ups.
    public var topUps: TopUps { TopUps(platform: self) }
}
