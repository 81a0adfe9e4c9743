import Foundation
import Postgres

/// How a submitted bill payment reaches its end: asked for again, sent, asked about, booked.
extension BillPayments {
    /// For how long a payment waits for a biller that does not answer before anything was sent, in seconds. Afterwards
    /// the money is set free: nothing has left us, so this is safe.
    static let unsentLifetimeSeconds = 600.0
    /// How long after a payment that was sent has ended without being paid the biller is asked once more, in seconds: a
    /// biller that has written it off all the same says so by then.
    static let lastLookSeconds = 86_400.0
    /// How long a payment that was sent may stay open before a person is told, in seconds.
    static let openTooLongSeconds = 86_400.0

    /// Why a payment goes back whose bills are not what was confirmed.
    private static let changed = "账单在确认之后已变化，未向收费单位付款"

    /// The payment with this number and the steps that led to its state, if it is this enterprise's.
    public func history(
        _ number: String, of enterprise: Enterprise.ID
    ) async throws -> (payment: BillPayment, events: [OrderEvent])? {
        try await platform.database.transaction { connection in
            let rows = try connection.query(
                "\(fragment: Self.selection) WHERE o.number = \(number) AND o.enterprise_id = \(enterprise)")
            guard let payment = try rows.first.map(Self.payment) else { return nil }
            return (payment, try Orders.events(of: payment.reference.id, on: connection))
        }
    }

    /// Brings a payment one step further.
    func advance(_ id: Int64, attempts: Int) async throws {
        let rows = try await platform.database.query("\(fragment: Self.selection) WHERE o.id = \(id)")
        guard let payment = try rows.first.map(Self.payment) else { throw BillPaymentError.notFound }
        let line = platform.billerLine
        switch (payment.status.payment, payment.status.writeOffState) {
        case (.ready, _):
            try await send(payment, attempts: attempts)
        case (.sending, _):
            // Whoever was sending is gone: what became of the call is not known.
            guard try await step(.noAnswer, payment, note: "restarted while sending") != nil else { return }
            try await settle(payment, await line.outcome(of: payment), attempts: attempts)
        case (.unknown, _), (.paid, .pending), (.refused, .none), (.paid, .failed), (.paid, .disputed):
            try await settle(payment, await line.outcome(of: payment), attempts: attempts)
        default:
            try await platform.database.transaction { try Jobs.finish(.billPayment, id, on: $0) }
        }
    }

    /// Asks for the bills once more, so that nobody pays what has changed since, and sends the payment.
    private func send(_ payment: BillPayment, attempts: Int) async throws {
        let line = platform.billerLine
        switch await line.bills(of: payment.customerNumber, at: payment.biller) {
        case .bills(_, let now) where Self.isUnchanged(payment, now: now): break
        case .bills(let customerName, let now):
            try await giveBack(payment, .billChanged, reason: Self.changed, found: (customerName, now))
            return
        case .unknownCustomer:
            try await giveBack(payment, .billChanged, reason: Self.changed)
            return
        case .noAnswer:
            let moment = platform.effects.now()
            if moment >= payment.createdAt.addingTimeInterval(Self.unsentLifetimeSeconds) {
                try await giveBack(payment, .stopped, reason: "收费单位长时间没有应答，未向收费单位付款")
                return
            }
            try await platform.database.transaction { connection in
                try Jobs.again(
                    .billPayment, payment.reference.id,
                    due: Rhythm.biller.next(after: attempts, from: moment), on: connection)
            }
            return
        }
        // Committed before the call: after a crash in between we ask, and never assume.
        guard let sending = try await startSending(payment) else { return }
        try await settle(sending, await line.pay(sending), attempts: attempts)
    }

    /// Records that the payment is sent; or gives the money back where the enterprise may not pay any more. Nil when there
    /// is nothing to send.
    private func startSending(_ payment: BillPayment) async throws -> BillPayment? {
        let moment = platform.effects.now()
        return try await platform.database.transaction { connection in
            try connection.lockOrders(of: payment.reference.enterprise)
            guard let now = try Self.current(payment.reference.id, on: connection), now.status == .ready
            else { return nil }
            guard try connection.isActive(now.reference.enterprise) else {
                try Self.finish(
                    now, .stopped, postings: [.released], reason: "单位已止付或冻结，未向收费单位付款", at: moment,
                    by: .system, on: connection)
                return nil
            }
            try Orders.record(
                .sendStarted, from: now.status, of: now.reference, at: moment, by: .system, on: connection)
            return try Self.current(now.reference.id, on: connection)
        }
    }

    /// Whether the bills that were confirmed are still the bills there are.
    static func isUnchanged(_ payment: BillPayment, now: [Bill]) -> Bool {
        switch payment.biller.amountRule {
        case .prepayment: true
        case .periods: payment.bills.allSatisfy { now.contains($0) }
        case .exact:
            payment.bills.count == now.count && payment.bills.allSatisfy { now.contains($0) }
        }
    }

    /// Takes one step without postings, if the payment is still where it was. Returns it in its new state, or nil when
    /// another worker was first.
    private func step(
        _ event: BillPaymentStatus.Event, _ payment: BillPayment, note: String = ""
    ) async throws -> BillPayment? {
        let moment = platform.effects.now()
        return try await platform.database.transaction { connection in
            try connection.lockOrders(of: payment.reference.enterprise)
            guard let now = try Self.current(payment.reference.id, on: connection),
                now.status == payment.status
            else { return nil }
            try Orders.record(
                event, from: now.status, of: now.reference, at: moment, by: .system, note: note,
                on: connection)
            return try Self.current(payment.reference.id, on: connection)
        }
    }

    /// Ends a payment that was never sent, and sets its money free.
    ///
    /// - Parameter found: what the biller says instead; kept as a query, so that it can be confirmed in place of the old.
    private func giveBack(
        _ payment: BillPayment, _ event: BillPaymentStatus.Event, reason: String,
        found: (customerName: String, bills: [Bill])? = nil
    ) async throws {
        let moment = platform.effects.now()
        let query = Orders.newNumber(prefix: "BQ", effects: platform.effects)
        try await platform.database.transaction { connection in
            try connection.lockOrders(of: payment.reference.enterprise)
            guard let now = try Self.current(payment.reference.id, on: connection), now.status == .ready
            else { return }
            try Self.finish(
                now, event, postings: [.released], reason: reason, at: moment, by: .system, on: connection)
            guard let found else { return }
            let json = String(decoding: try JSONEncoder().encode(found.bills), as: UTF8.self)
            try connection.execute(
                """
                WITH asked AS (
                    INSERT INTO bill_queries (
                        number, enterprise_id, operator_id, biller_code, customer_number, asked_at, outcome,
                        customer_name, bills)
                    SELECT \(query), enterprise_id, operator_id, \(now.biller.code), \(now.customerNumber),
                        \(moment), \(BillQuery.Outcome.answered.rawValue), \(found.customerName), \(json)::jsonb
                    FROM orders WHERE id = \(now.reference.id) RETURNING id
                )
                UPDATE bill_payments SET changed_query_id = (SELECT id FROM asked)
                WHERE order_id = \(now.reference.id)
                """)
        }
    }

    /// Draws the consequence of what the biller said, in one transaction. An answer that is weaker than what is known
    /// changes nothing.
    func settle(_ payment: BillPayment, _ evidence: BillerEvidence, attempts: Int) async throws {
        let moment = platform.effects.now()
        let id = payment.reference.id
        let mustResend = try await platform.database.transaction { connection -> Bool in
            try connection.lockOrders(of: payment.reference.enterprise)
            guard let now = try Self.current(id, on: connection) else { return false }
            let isOpen = now.status == .sending || now.status == .unknown
            if case .writtenOff(let serial) = evidence,
                now.status == .refused || now.status == .writeOffFailed
            {
                try writtenOffLate(now, serial: serial, at: moment, on: connection)
                return false
            }
            if case .noAnswer = evidence, now.status == .refused || now.status == .writeOffFailed {
                // The last look is one that was answered.
                try Jobs.again(
                    .billPayment, id, due: Rhythm.biller.next(after: attempts, from: moment), on: connection)
                return false
            }
            if now.status == .disputed, try Self.isDenied(id, on: connection) {
                switch evidence {
                case .writtenOff(let serial):
                    try confirm(
                        now, serial: serial, on: LocalDate(moment), at: moment, by: .biller, on: connection)
                case .noAnswer:
                    try Jobs.again(
                        .billPayment, id, due: Rhythm.biller.next(after: attempts, from: moment),
                        on: connection)
                // It stands by its statement: two people decide.
                default: try Jobs.finish(.billPayment, id, on: connection)
                }
                return false
            }
            guard isOpen || now.status == .writeOffPending else {
                try Jobs.finish(.billPayment, id, on: connection)
                return false
            }
            switch evidence {
            case .writtenOff(let serial):
                try Self.finish(
                    now, .writtenOff, postings: [isOpen ? .billWrittenOff : .writeOffConfirmed],
                    serial: serial,
                    at: moment, by: .biller, on: connection)
            case .writeOffFailed(let serial, let reason):
                try Self.finish(
                    now, .writeOffFailed,
                    postings: isOpen ? [.billTaken, .writeOffFailed] : [.writeOffFailed],
                    serial: serial, reason: reason, at: moment, by: .biller, on: connection)
            case .refused(let reason) where isOpen:
                try Self.finish(
                    now, .refused, postings: [.released], reason: reason, at: moment, by: .biller,
                    on: connection)
            case .writeOffUnknown(let serial) where isOpen:
                try Orders.record(
                    .writeOffUnknown, from: now.status, of: now.reference, at: moment, by: .biller,
                    note: serial,
                    on: connection)
                try Ledger.post(
                    JournalEntry(
                        .billTaken, of: now.reference,
                        event: BillPaymentStatus.Event.writeOffUnknown.rawValue,
                        owner: now.biller.code),
                    at: moment, on: connection)
                try Self.note(serial: serial, reason: nil, of: id, on: connection)
                try Jobs.again(
                    .billPayment, id, due: Rhythm.biller.next(after: attempts, from: moment), on: connection)
            case .notKnown where now.status == .unknown:
                // The biller promises to take one number once, so the identical payment may be sent again.
                try Orders.record(
                    .resent, from: now.status, of: now.reference, at: moment, by: .system, on: connection)
                return true
            case .noAnswer(let reason) where now.status == .sending:
                try Orders.record(
                    .noAnswer, from: now.status, of: now.reference, at: moment, by: .system, note: reason,
                    on: connection)
                try Jobs.again(
                    .billPayment, id, due: Rhythm.biller.next(after: attempts, from: moment), on: connection)
            case .refused, .writeOffUnknown, .notKnown, .noAnswer:
                if moment >= now.createdAt.addingTimeInterval(Self.openTooLongSeconds) {
                    try WorkItems.raise(
                        "billPayment.openTooLong", order: id, detail: "提交已过一天，收费单位仍未给出结果", at: moment,
                        on: connection)
                }
                try Jobs.again(
                    .billPayment, id, due: Rhythm.biller.next(after: attempts, from: moment), on: connection)
            }
            return false
        }
        guard mustResend else { return }
        try await settle(payment, await platform.billerLine.pay(payment), attempts: attempts + 1)
    }

    /// The biller has written off what we had released or refunded: the loss is parked at once (P41), the company's outgoing
    /// payments stop, and two people decide.
    func writtenOffLate(
        _ payment: BillPayment, serial: String, at moment: Date, on connection: isolated Connection
    ) throws {
        try Orders.record(
            .writtenOffLate, from: payment.status, of: payment.reference, at: moment, by: .biller,
            note: serial,
            on: connection)
        try Losses.park(
            payment.reference, .writtenOffLate, event: BillPaymentStatus.Event.writtenOffLate.rawValue,
            owner: payment.biller.code, item: payment.number, at: moment, on: connection)
        try Self.note(serial: serial, reason: nil, of: payment.reference.id, on: connection)
        try platform.differences.open(
            Differences.New(
                channel: .biller, kind: .stateDiffers, settlementDate: LocalDate(moment),
                order: payment.reference, bankAmount: payment.amount, ourAmount: payment.amount,
                detail: "缴费已退回余额，\(payment.biller.name)却已销账，流水号 \(serial)", parking: .order,
                amount: payment.amount), at: moment, on: connection)
        try Jobs.finish(.billPayment, payment.reference.id, on: connection)
    }

    /// Ends a payment: step, entries, the bills' claims, the job, what the biller said.
    static func finish(
        _ payment: BillPayment, _ event: BillPaymentStatus.Event, postings: [PostingCode],
        serial: String? = nil,
        reason: String? = nil, at moment: Date, by actor: Actor, on connection: isolated Connection
    ) throws {
        try Orders.record(
            event, from: payment.status, of: payment.reference, at: moment, by: actor,
            note: serial ?? reason ?? "",
            on: connection)
        for (place, code) in postings.enumerated() {
            try Ledger.post(
                JournalEntry(
                    code, of: payment.reference, event: event.rawValue, occurrence: place + 1,
                    owner: payment.biller.code),
                at: moment, on: connection)
        }
        if serial != nil || reason != nil {
            try note(serial: serial, reason: reason, of: payment.reference.id, on: connection)
        }
        _ = try connection.execute("DELETE FROM open_bills WHERE order_id = \(payment.reference.id)")
        if event == .refused || event == .writeOffFailed {
            try Jobs.schedule(
                .billPayment, payment.reference.id, due: moment.addingTimeInterval(lastLookSeconds),
                on: connection)
        } else {
            try Jobs.finish(.billPayment, payment.reference.id, on: connection)
        }
    }

    private static func note(
        serial: String?, reason: String?, of id: Int64, on connection: isolated Connection
    ) throws {
        _ = try connection.execute(
            """
            UPDATE bill_payments
            SET biller_serial = coalesce(\(serial), biller_serial), reason = coalesce(\(reason), reason)
            WHERE order_id = \(id)
            """)
    }

    static let selection: SQL = """
        SELECT o.id, o.kind, o.number, o.enterprise_id, o.amount, o.fee, o.state, o.write_off, o.created_at,
            o.state_since, p.customer_number, p.customer_name, p.bills::text AS bills, p.arrears, p.prepaid,
            p.biller_serial, p.reason, i.name AS item_name, c.name AS city_name,
            (SELECT due_at FROM jobs WHERE kind = 'billPayment' AND subject_id = o.id) AS next_question_at,
            (SELECT number FROM bill_queries WHERE id = p.changed_query_id) AS changed_query,
            \(fragment: Biller.columns)
        FROM orders o JOIN bill_payments p ON p.order_id = o.id JOIN billers b ON b.code = p.biller_code
        JOIN bill_items i ON i.code = b.bill_item JOIN cities c ON c.code = b.city_code
        """

    static func payment(_ row: Row) throws -> BillPayment {
        BillPayment(
            reference: try Orders.reference(from: row),
            status: try Orders.status(BillPaymentStatus.self, from: row),
            biller: try Biller(row: row), cityName: try row.decode("city_name", as: String.self),
            itemName: try row.decode("item_name", as: String.self),
            customerNumber: try row.decode("customer_number", as: String.self),
            customerName: try row.decode("customer_name", as: String.self), bills: try bills(row),
            arrears: try row.decode("arrears", as: Money.self),
            prepaid: try row.decode("prepaid", as: Money.self),
            createdAt: try row.decode("created_at", as: Date.self),
            stateSince: try row.decode("state_since", as: Date.self),
            billerSerial: try row.decode("biller_serial", as: String?.self),
            reason: try row.decode("reason", as: String?.self),
            nextQuestionAt: try row.decode("next_question_at", as: Date?.self),
            changedQueryNumber: try row.decode("changed_query", as: String?.self))
    }

    static func current(_ id: Int64, on connection: isolated Connection) throws -> BillPayment? {
        try connection.query("\(fragment: selection) WHERE o.id = \(id)").first.map(payment)
    }
}
