import Foundation
import UnionPay

/// The bank's own book, written at the moment of truth and before anybody is told: what stands here is what happened,
/// whatever gets lost on the way.
actor BankBook {
    /// One line of the journal.
    struct Record: Codable, Sendable {
        /// The order as it is from now on.
        var order: BankOrder?
        /// A notification was sent, or given up.
        var delivery: Delivery?
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
    }

    /// What became of a browser's visit with a payment.
    enum Visit: Sendable {
        case shown(BankOrder)
        /// The number was used for another order of the same merchant and day.
        case duplicate
    }

    /// What became of a payout.
    enum PayoutReceipt: Sendable {
        case taken(BankOrder)
        case duplicate
    }

    private let journal: Journal<Record>
    private var orders: [OrderKey: BankOrder] = [:]
    /// Order numbers are unique per merchant and day.
    private var numbers: [String: OrderKey] = [:]
    private var deliveries: [OrderKey: Delivery] = [:]
    private var lastTrace = 0

    /// Opens the book in a folder.
    init(directory: URL) throws {
        let (journal, records) = try Journal<Record>.open(directory.appendingPathComponent("bank.jsonl"))
        self.journal = journal
        for record in records {
            if let order = record.order {
                orders[order.key] = order
                numbers[Self.number(of: order.key)] = order.key
                lastTrace = max(lastTrace, order.traceNo.flatMap { Int($0) } ?? 0)
            }
            if let delivery = record.delivery { deliveries[delivery.key] = delivery }
        }
    }

    /// A browser came with a payment.
    func open(_ payment: FrontPayment, at time: Date) throws -> Visit {
        let order = BankOrder(payment, at: time)
        if let known = orders[order.key] {
            return known.isSameOrder(as: order) ? .shown(known) : .duplicate
        }
        guard numbers[Self.number(of: order.key)] == nil else { return .duplicate }
        try write(order)
        return .shown(order)
    }

    /// The payer pays. Nil when the order is not known. A second time, and after the time allowed, changes nothing;
    /// `isNew` is true only for the one time that money moves.
    func pay(_ key: OrderKey, at time: Date) throws -> (order: BankOrder, isNew: Bool)? {
        guard var order = orders[key], !order.isPayout else { return nil }
        guard order.state != .paid, !order.isOverdue(at: time) else { return (order, false) }
        order.state = .paid
        order.decidedAt = time
        assignSerial(to: &order, at: time)
        try write(order)
        return (order, true)
    }

    /// The payer gives up. Nil when the order is not known; a paid order stays paid.
    func abandon(_ key: OrderKey, at time: Date) throws -> BankOrder? {
        guard var order = orders[key], !order.isPayout else { return nil }
        guard order.state == .opened else { return order }
        order.state = .abandoned
        try write(order)
        return order
    }

    /// A payout came in. Under a known number it is a duplicate, even when it is identical: the merchant asks.
    func take(_ payout: Payout, delaySeconds: Double, at time: Date) throws -> PayoutReceipt {
        var order = BankOrder(payout, at: time)
        guard numbers[Self.number(of: order.key)] == nil else { return .duplicate }
        let rule = PayoutRule(accountTail: order.accountTail)
        assignSerial(to: &order, at: time)
        if rule == .refusedAtOnce {
            order.state = .refused
            order.refusalCode = rule.refusalCode
            order.decidedAt = time
        } else {
            order.dueAt = time.addingTimeInterval(delaySeconds * rule.delayFactor)
        }
        try write(order)
        return .taken(order)
    }

    /// The payout's time has come: it arrives or is refused. Nil when it was decided before.
    func decide(_ key: OrderKey, at time: Date) throws -> BankOrder? {
        guard var order = orders[key], order.state == .accepted else { return nil }
        let refusal = PayoutRule(accountTail: order.accountTail).refusalCode
        order.state = refusal == nil ? .paid : .refused
        order.refusalCode = refusal
        order.decidedAt = time
        try write(order)
        return order
    }

    /// The order asked about.
    func find(_ key: OrderKey) -> BankOrder? {
        orders[key]
    }

    /// Notes how far a notification has come.
    func note(_ delivery: Delivery) throws {
        deliveries[delivery.key] = delivery
        try journal.append(Record(order: nil, delivery: delivery))
    }

    /// What is still to be done after a restart: accepted payouts, and decided orders with notifications to send.
    func unfinished() -> (payouts: [BankOrder], notifications: [(order: BankOrder, attempts: Int)]) {
        let payouts = orders.values.filter { $0.state == .accepted }
        let notifications = orders.values.compactMap { order -> (BankOrder, Int)? in
            guard order.state == .paid || order.state == .refused, deliveries[order.key]?.isOver != true
            else {
                return nil
            }
            return (order, deliveries[order.key]?.attempts ?? 0)
        }
        return (payouts, notifications.map { (order: $0.0, attempts: $0.1) })
    }

    /// The whole book, the newest order last.
    func all() -> [BankOrder] {
        orders.values.sorted { ($0.openedAt, $0.orderId) < ($1.openedAt, $1.orderId) }
    }

    /// The latest news of notifications, the newest first.
    func latestDeliveries(_ count: Int) -> [Delivery] {
        Array(deliveries.values.sorted { $0.at > $1.at }.prefix(count))
    }

    private func assignSerial(to order: inout BankOrder, at time: Date) {
        lastTrace += 1
        let trace = String(format: "%07d", lastTrace)
        // 21 digits as the real ones: time and a running number.
        order.queryId = BeijingTime(time).digits + trace
        order.traceNo = String(trace.suffix(6))
    }

    private func write(_ order: BankOrder) throws {
        try journal.append(Record(order: order, delivery: nil))
        orders[order.key] = order
        numbers[Self.number(of: order.key)] = order.key
    }

    private static func number(of key: OrderKey) -> String {
        "\(key.merId)/\(key.orderId)/\(key.txnTime.prefix(8))"
    }
}
