import Foundation
import Postgres

/// Bill payments, from the question for the bills to the submitted order.
public struct BillPayments: Sendable {
    let platform: Platform

    /// Asks a biller for the bills of a customer number, and keeps what it said.
    ///
    /// - Parameters:
    ///   - city: where the biller was looked for; nil when it was named at once.
    ///   - item: what is to be paid, likewise.
    /// - Returns: the query's number.
    /// - Throws: ``BillPaymentError``.
    public func ask(
        biller code: String, city: String? = nil, item: String? = nil, customerNumber: String, by clerk: Clerk
    ) async throws -> String {
        guard let biller = try await platform.billers.find(code), city ?? biller.cityCode == biller.cityCode,
            item ?? biller.billItem == biller.billItem
        else { throw BillPaymentError.unknownBiller }
        guard biller.accepts(customerNumber) else { throw BillPaymentError.malformedNumber }
        let answer = await platform.billerLine.bills(of: customerNumber, at: biller)
        let number = Orders.newNumber(prefix: "BQ", effects: platform.effects)
        let outcome: BillQuery.Outcome
        var name = ""
        var bills: [Bill] = []
        switch answer {
        case .bills(let customerName, let found):
            outcome = .answered
            name = customerName
            bills = found
        case .unknownCustomer: outcome = .unknownCustomer
        case .noAnswer: outcome = .unavailable
        }
        let json = String(decoding: try JSONEncoder().encode(bills), as: UTF8.self)
        _ = try await platform.database.execute(
            """
            INSERT INTO bill_queries (
                number, enterprise_id, operator_id, biller_code, customer_number, asked_at, outcome,
                customer_name, bills)
            VALUES (
                \(number), \(clerk.enterprise), \(clerk.person), \(biller.code), \(customerNumber),
                \(platform.effects.now()), \(outcome.rawValue), \(name), \(json)::jsonb)
            """)
        return number
    }

    /// What was asked and answered, if it is this enterprise's.
    public func query(_ number: String, of enterprise: Enterprise.ID) async throws -> BillQuery? {
        try await platform.database.query(
            """
            SELECT q.id, q.number, q.customer_number, q.customer_name, q.asked_at, q.outcome,
                q.bills::text AS bills, c.name AS city_name, i.name AS item_name, \(fragment: Biller.columns)
            FROM bill_queries q JOIN billers b ON b.code = q.biller_code
            JOIN cities c ON c.code = b.city_code JOIN bill_items i ON i.code = b.bill_item
            WHERE q.number = \(number) AND q.enterprise_id = \(enterprise)
            """
        ).first.map { row in
            guard let outcome = BillQuery.Outcome(rawValue: try row.decode("outcome", as: String.self)) else {
                throw UnreadableOrder(column: "outcome")
            }
            return BillQuery(
                id: try row.decode("id", as: Int64.self), number: try row.decode("number", as: String.self),
                biller: try Biller(row: row), cityName: try row.decode("city_name", as: String.self),
                itemName: try row.decode("item_name", as: String.self),
                customerNumber: try row.decode("customer_number", as: String.self),
                customerName: try row.decode("customer_name", as: String.self), outcome: outcome,
                bills: try Self.bills(row), askedAt: try row.decode("asked_at", as: Date.self))
        }
    }

    /// What would be paid: the bills chosen and how the amount falls into arrears and prepayment.
    public struct Plan: Sendable, Equatable {
        /// The bills that are paid.
        public let bills: [Bill]
        /// The whole.
        public let amount: Money
        /// The part that pays bills.
        public let arrears: Money
        /// The part kept by the biller.
        public let prepaid: Money
    }

    /// Checks a choice of bills and an amount against the biller's rule.
    ///
    /// - Parameters:
    ///   - chosen: numbers of bills; looked at only where the biller lets one choose.
    ///   - amount: nil where the bills decide it.
    /// - Throws: ``BillPaymentError``, ``MoneyOverflow``.
    public static func plan(_ query: BillQuery, chosen: [String], amount: Money?) throws -> Plan {
        guard query.outcome == .answered else { throw BillPaymentError.nothingToPay }
        let biller = query.biller
        let bills: [Bill]
        switch biller.amountRule {
        case .exact, .prepayment: bills = query.bills
        case .periods:
            bills = query.bills.filter { chosen.contains($0.billNumber) }
            guard bills.count == Set(chosen).count else { throw BillPaymentError.billsNotChosen }
            if bills.isEmpty, !query.bills.isEmpty { throw BillPaymentError.billsNotChosen }
        }
        let owed = try Money.sum(bills.map { Money(fen: $0.amount) })
        if biller.amountRule == .prepayment {
            guard let amount, amount >= biller.least, amount <= biller.most else {
                throw BillPaymentError.amountOutside(least: biller.least, most: biller.most)
            }
            let arrears = min(amount, owed)
            return Plan(bills: [], amount: amount, arrears: arrears, prepaid: try amount - arrears)
        }
        guard owed.isPositive else { throw BillPaymentError.nothingToPay }
        if let amount, amount != owed { throw BillPaymentError.amountNotArrears(owed) }
        guard owed >= biller.least, owed <= biller.most else {
            throw BillPaymentError.amountOutside(least: biller.least, most: biller.most)
        }
        return Plan(bills: bills, amount: owed, arrears: owed, prepaid: .zero)
    }

    /// Submits a payment as confirmed: authorises it, sets the money aside and plans the sending, all or nothing.
    /// The same command twice gives the same order.
    ///
    /// - Parameters:
    ///   - query: what the biller said, as read for this clerk's enterprise.
    ///   - plan: what of it is paid.
    ///   - account: merchant number or login ID as entered.
    ///   - password: the signed-in operator's payment password.
    /// - Returns: the order's number.
    /// - Throws: ``BillPaymentError``, ``PaymentAuthorizationError``, ``CommandReused``.
    public func pay(
        _ command: CommandID, query: BillQuery, plan: Plan, account: String, password: String, by clerk: Clerk
    ) async throws -> String {
        let bills = plan.bills.map(\.billNumber).joined(separator: ",")
        let input = ["billPayment", query.number, bills, "\(plan.amount.fen)"]
        let moment = platform.effects.now()
        let authorization = platform.paymentAuthorization
        let authorized = try await authorization.check(
            payer: account, password: password, by: clerk.person, from: clerk.origin, at: moment)
        let order = Orders.newNumber(prefix: OrderKind.billPayment.numberPrefix, effects: platform.effects)
        do {
            return try await platform.database.transactionOfCommand { connection in
                let claim = try Commands.claim(
                    command, by: clerk.actor, input: input, result: order, at: moment, on: connection,
                    gate: authorization.gate(of: authorized)
                ) { try authorization.pass($0, or: BillPaymentError.enterpriseNotActive) }
                if case .done(let result) = claim { return result }
                guard moment < query.expiresAt else {
                    throw BillPaymentError.queryExpired
                }
                try Self.submit(
                    order, query: query, plan: plan, by: clerk, at: moment, on: connection)
                return order
            }
        } catch let error as PostgresError where error.constraint == "one_open_order_per_bill" {
            throw BillPaymentError.alreadyBeingPaid(
                try await openOrder(for: query, plan: plan, of: clerk.enterprise))
        } catch LedgerError.insufficientFunds {
            let available = try await platform.statements.holds(of: clerk.enterprise).balances.available
            throw BillPaymentError.balanceShort(max(.zero, try plan.amount - available))
        }
    }

    private static func submit(
        _ number: String, query: BillQuery, plan: Plan, by clerk: Clerk, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let status = try BillPaymentStatus.after(.submitted, from: nil, choosing: .ready)
        let json = String(decoding: try JSONEncoder().encode(plan.bills), as: UTF8.self)
        try Orders.submit(
            NewOrder(
                number: number, amount: plan.amount,
                counterparty: "\(query.biller.name) \(query.customerNumber)",
                event: .submitted, status: status),
            details: [
                """
                INSERT INTO bill_payments (
                    order_id, biller_code, customer_number, customer_name, bill_query_id, bills, arrears, prepaid)
                SELECT id, \(query.biller.code), \(query.customerNumber), \(query.customerName), \(query.id),
                    \(json)::jsonb, \(plan.arrears), \(plan.prepaid)
                FROM made
                """,
                """
                INSERT INTO open_bills (biller_code, customer_number, bill_number, order_id)
                SELECT \(query.biller.code), \(query.customerNumber), bill, id
                FROM made, unnest(\(plan.bills.map(\.billNumber))) AS bill
                """,
            ],
            audit: .billPaymentSubmitted, by: clerk, at: moment, on: connection)
    }

    /// The number of this enterprise's order that already pays one of these bills; nil when it is somebody else's.
    private func openOrder(for query: BillQuery, plan: Plan, of enterprise: Enterprise.ID) async throws
        -> String?
    {
        try await platform.database.query(
            """
            SELECT o.number FROM open_bills b JOIN orders o ON o.id = b.order_id
            WHERE b.biller_code = \(query.biller.code) AND b.customer_number = \(query.customerNumber)
                AND b.bill_number = ANY(\(plan.bills.map(\.billNumber))) AND o.enterprise_id = \(enterprise) LIMIT 1
            """
        ).first?.decode("number", as: String.self)
    }

    /// The number of this enterprise's newest payment under way for the same customer number, to warn of a prepayment
    /// that is made twice; nil when there is none.
    public func underWay(for query: BillQuery, of enterprise: Enterprise.ID) async throws -> String? {
        try await platform.database.query(
            """
            SELECT o.number FROM orders o JOIN bill_payments p ON p.order_id = o.id
            WHERE o.enterprise_id = \(enterprise) AND NOT o.is_final AND p.biller_code = \(query.biller.code)
                AND p.customer_number = \(query.customerNumber)
            ORDER BY o.id DESC LIMIT 1
            """
        ).first?.decode("number", as: String.self)
    }

    static func bills(_ row: Row) throws -> [Bill] {
        try JSONDecoder().decode([Bill].self, from: Data(try row.decode("bills", as: String.self).utf8))
    }
}

extension Platform {
    /// Bill payments.
    public var billPayments: BillPayments { BillPayments(platform: self) }
}
