import Foundation
import UnionPay

/// The bank's own book, written at the moment of truth and before anybody is told: what stands here is what happened,
/// whatever gets lost on the way.
///
/// What becomes due by itself is done by `advance`, in the order of time. This file has what people and merchants do;
/// `BankFates` what happens later, `SettlementDays` the nights.
actor BankBook {
    /// One line of the journal: all of it happens together.
    struct Record: Codable, Sendable {
        /// The order as it is from now on.
        var order: BankOrder?
        /// The money that moves with it.
        var trade: Trade?
        /// A notification was sent, or given up.
        var delivery: Delivery?
        /// A settlement day was closed.
        var closedDay: SettlementDay?
        /// A line of the reserve account.
        var reserveLine: ReserveLine?
        /// The rules from now on.
        var rules: BankRules?
        /// The fault plan from now on; earlier draws are over.
        var plan: FaultPlan?
        /// What the fault plan decided.
        var draws: [FaultDraw]?
    }

    /// How far the notification about an order has come.
    struct Delivery: Codable, Sendable {
        let key: OrderKey
        /// How many times it was sent.
        let attempts: Int
        /// Whether no further sending follows: acknowledged, given up or lost on purpose.
        let isOver: Bool
        /// What the last attempt brought, for people.
        let result: String
        let at: Date
        /// When it is sent next.
        var nextAt: Date?
    }

    /// What became of a browser's visit with a payment.
    enum Visit: Sendable {
        case shown(BankOrder)
        /// The number was used for another order of the same merchant and day.
        case duplicate
    }

    /// What became of a payout or refund.
    enum Receipt: Sendable {
        case taken(BankOrder)
        case duplicate
    }

    private let journal: Journal<Record>
    private(set) var state: BankState

    /// Opens the book in a folder.
    init(directory: URL) throws {
        let (journal, records) = try Journal<Record>.open(directory.appendingPathComponent("bank.jsonl"))
        self.journal = journal
        var state = BankState()
        for record in records { state.keep(record) }
        state.takeUp()
        self.state = state
    }

    // MARK: Payments

    /// A browser came with a payment.
    func open(_ payment: FrontPayment, at time: Date) throws -> Visit {
        let order = BankOrder(payment, at: time)
        if let known = state.orders[order.key] {
            return known.isSameOrder(as: order) ? .shown(known) : .duplicate
        }
        guard state.numbers[BankState.number(of: order.key)] == nil else { return .duplicate }
        try write(Record(order: order))
        return .shown(order)
    }

    /// The payer chooses a bank on the gateway's page. Nil when the order is not known; one that has a bank keeps it.
    func choose(_ bankCode: String, for key: OrderKey) throws -> BankOrder? {
        guard var order = state.orders[key], order.kind == .payment else { return nil }
        guard order.bankCode == nil else { return order }
        order.bankCode = bankCode
        try write(Record(order: order))
        return order
    }

    /// The maker enters the payment for a second person. Nil when the order is not known; an order that is decided or
    /// overdue stays as it is.
    func submit(_ key: OrderKey, at time: Date) throws -> BankOrder? {
        try turn(key, from: [.opened, .abandoned], to: .submitted, at: time)
    }

    /// The second person gives the payment back to its maker.
    func sendBack(_ key: OrderKey, at time: Date) throws -> BankOrder? {
        try turn(key, from: [.submitted], to: .opened, at: time)
    }

    private func turn(
        _ key: OrderKey, from: Set<BankOrder.State>, to next: BankOrder.State, at time: Date
    ) throws -> BankOrder? {
        guard var order = state.orders[key], order.kind == .payment else { return nil }
        guard from.contains(order.state), !order.isOverdue(at: time) else { return order }
        order.state = next
        try write(Record(order: order))
        return order
    }

    /// The payer pays, alone or as the second person. Nil when the order is not known. A second time, and after the time
    /// allowed, changes nothing; `isNew` is true only for the one time that money moves.
    ///
    /// When the fault plan has a late debit in store, money moves after payTimeout, now or by itself.
    func pay(_ key: OrderKey, at time: Date) throws -> (order: BankOrder, isNew: Bool)? {
        guard var order = state.orders[key], order.kind == .payment else { return nil }
        guard [.opened, .submitted, .abandoned].contains(order.state) else { return (order, false) }
        let (fate, draws) = drawFate(of: order, at: time)
        order.fate = fate
        if fate?.isDebitedLate == true {
            let timeout = order.payTimeout.flatMap { BeijingTime(digits: $0)?.date } ?? time
            order.state = .accepted
            order.dueAt = max(time, timeout.addingTimeInterval(fate?.debitDelaySeconds ?? 0))
            try write(Record(order: order, draws: draws))
            if let due = order.dueAt { schedule(BankState.Due(at: due, event: .order(key))) }
            return (order, false)
        }
        guard !order.isOverdue(at: time) else { return (state.orders[key] ?? order, false) }
        assignSerial(to: &order, at: time)
        try settle(&order, as: .paid, at: time, draws: draws)
        return (order, true)
    }

    /// The payer gives up. Nil when the order is not known; a paid order stays paid.
    func abandon(_ key: OrderKey, at time: Date) throws -> BankOrder? {
        guard var order = state.orders[key], order.kind == .payment else { return nil }
        guard order.state == .opened || order.state == .submitted else { return order }
        order.state = .abandoned
        try write(Record(order: order))
        return order
    }

    // MARK: Payouts and refunds

    /// A payout came in. Under a known number it is a duplicate, even when it is identical: the merchant asks.
    func take(_ payout: Payout, delaySeconds: Double, at time: Date) throws -> Receipt {
        let order = BankOrder(payout, at: time)
        let rule = PayoutRule(accountTail: order.accountTail)
        return try take(
            order, refusedWith: rule == .refusedAtOnce ? rule.refusalCode : nil,
            delaySeconds: delaySeconds * rule.delayFactor, at: time)
    }

    /// A refund came in. What is refused at once is kept as well, so that a query finds it.
    func take(_ refund: Refund, at time: Date) throws -> Receipt {
        let order = BankOrder(refund, at: time)
        let rule = RefundRule(amount: order.amount)
        let refusal = obstacle(to: refund) ?? (rule == .refusedAtOnce ? rule.refusalCode : nil)
        return try take(order, refusedWith: refusal, delaySeconds: state.rules.refundDelaySeconds, at: time)
    }

    /// The code with which a refund is refused that does not fit its payment.
    private func obstacle(to refund: Refund) -> String? {
        guard
            let trade = state.trade(refund.originalQueryID.text), trade.kind == .payment,
            let payment = state.orders[trade.order], payment.merId == refund.order.merchant.text,
            payment.product == refund.product.rawValue
        else { return "35" }
        // A reversal takes the first payment back; a second one of the same order is money of its own.
        if payment.followUpQueryId != nil, trade.serial == payment.queryId { return "46" }
        let refunded = state.orders.values.reduce(Int64(0)) { sum, order in
            let counts = order.originalQueryId == trade.serial && order.state != .refused
            return counts ? sum + order.amount : sum
        }
        if refunded >= payment.amount { return "45" }
        return refund.amountFen > payment.amount - refunded ? "36" : nil
    }

    private func take(
        _ taken: BankOrder, refusedWith refusal: String?, delaySeconds: Double, at time: Date
    ) throws -> Receipt {
        var order = taken
        guard state.numbers[BankState.number(of: order.key)] == nil else { return .duplicate }
        assignSerial(to: &order, at: time)
        if let refusal {
            order.state = .refused
            order.refusalCode = refusal
            order.decidedAt = time
            try write(Record(order: order))
            return .taken(order)
        }
        let (fate, draws) = drawFate(of: order, at: time)
        order.fate = fate
        let due = max(time.addingTimeInterval(delaySeconds), fate?.heldBackUntil ?? time)
        order.dueAt = due
        try write(Record(order: order, draws: draws))
        schedule(BankState.Due(at: due, event: .order(order.key)))
        return .taken(order)
    }

    /// The order's time has come: a payout arrives or is refused, a refund is done or refused, a payment is debited too
    /// late. Nil when it was decided before.
    func decide(_ key: OrderKey, at time: Date) throws -> BankOrder? {
        guard var order = state.orders[key], order.state == .accepted else { return nil }
        if order.kind == .payment {
            assignSerial(to: &order, at: time)
            try settle(&order, as: .debitedLate, at: time)
            return order
        }
        let refusal =
            order.kind == .payout
            ? PayoutRule(accountTail: order.accountTail).refusalCode
            : RefundRule(amount: order.amount).refusalCode
        guard refusal != nil else {
            try settle(&order, as: .paid, at: time)
            return order
        }
        order.state = .refused
        order.refusalCode = refusal
        order.decidedAt = time
        try write(Record(order: order))
        return order
    }

    /// Money moves for an order.
    private func settle(
        _ order: inout BankOrder, as outcome: BankOrder.State, at time: Date, draws: [FaultDraw]? = nil
    ) throws {
        order.state = outcome
        order.decidedAt = time
        order.settlementDay = state.settlementDay(at: time)
        order.secondPaymentAt = order.fate?.secondPaymentSeconds.map { time.addingTimeInterval($0) }
        order.followUpAt = order.fate?.followUpSeconds.map { time.addingTimeInterval($0) }
        let fee: Int64 =
            switch order.kind {
            // What the bank gives back by itself costs nothing.
            case .payment: outcome == .debitedLate ? 0 : state.rules.paymentFee
            case .payout: state.rules.payoutFee
            case .refund: 0
            }
        try write(Record(order: order, trade: Trade(order, fee: fee, rules: state.rules), draws: draws))
        for moment in [order.secondPaymentAt, order.followUpAt].compactMap({ $0 }) {
            schedule(BankState.Due(at: moment, event: .order(order.key)))
        }
    }

    // MARK: Questions

    /// The order asked about.
    func find(_ key: OrderKey) -> BankOrder? {
        state.orders[key]
    }

    /// The whole book, the newest order last.
    func all() -> [BankOrder] {
        state.orders.values.sorted { ($0.openedAt, $0.orderId) < ($1.openedAt, $1.orderId) }
    }

    /// Payments that wait for a person, the newest first.
    func waitingPayments(_ count: Int) -> [BankOrder] {
        let waiting = state.orders.values.filter { $0.state == .opened || $0.state == .submitted }
        return Array(waiting.sorted { $0.openedAt > $1.openedAt }.prefix(count))
    }

    // MARK: Notifications

    /// Notes how far a notification has come.
    func note(_ delivery: Delivery) throws {
        try write(Record(delivery: delivery))
    }

    /// What is still to be done after a restart: decided orders with notifications to send, and how far each had come. What
    /// is accepted becomes due by itself.
    func unfinished() -> [(order: BankOrder, delivery: Delivery?)] {
        state.orders.values.compactMap { order in
            let delivery = state.deliveries[order.key]
            guard order.state == .paid || order.state == .refused, delivery?.isOver != true else {
                return nil
            }
            return (order, delivery)
        }
    }

    /// The latest news of notifications, the newest first.
    func latestDeliveries(_ count: Int) -> [Delivery] {
        Array(state.deliveries.values.sorted { $0.at > $1.at }.prefix(count))
    }

    // MARK: Rules and plan

    /// Changes the rules; what is booked keeps its fee and its settlement day.
    func change(_ rules: BankRules) throws {
        try write(Record(rules: rules))
        state.scheduleClosing()
    }

    /// A new fault plan; what earlier plans decided for orders stays.
    func adopt(_ plan: FaultPlan) throws {
        try write(Record(plan: plan))
    }

    /// What was drawn for a subject under the present plan.
    func draws(for subject: String) -> [FaultDraw] {
        state.drawsBySubject[subject] ?? []
    }

    // MARK: Writing

    /// Gives the order a serial number.
    private func assignSerial(to order: inout BankOrder, at time: Date) {
        let serial = state.nextSerial(at: time)
        order.queryId = serial
        order.traceNo = String(serial.suffix(6))
    }

    /// A serial number for a movement without an order of its own.
    func nextSerial(at time: Date) -> String {
        state.nextSerial(at: time)
    }

    /// Writes into the journal, then into the book. The first movement opens the first settlement day.
    func write(_ record: Record) throws {
        let hadNoDay = state.openDay == nil
        try journal.append(record)
        state.keep(record)
        if hadNoDay { state.scheduleClosing() }
    }

    /// Puts something on the list of what becomes due.
    func schedule(_ due: BankState.Due) {
        state.schedule(due)
    }

    /// Takes what is due next, at the latest at `time`; nil when nothing is.
    func takeDue(by time: Date) -> BankState.Due? {
        state.takeDue(by: time)
    }
}
