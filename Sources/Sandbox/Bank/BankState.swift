import Foundation
import UnionPay

/// What the bank's book holds, built up from its journal line by line.
struct BankState: Sendable {
    /// Something that becomes due by itself.
    struct Due: Sendable {
        enum Event: Sendable {
            /// An accepted order is decided, or the money of a decided one moves back.
            case order(OrderKey)
            /// A settlement day ends.
            case closing(BankDay)
            /// The net of a settlement day is transferred.
            case transfer(SettlementDay)
        }
        let at: Date
        let event: Event
    }

    private(set) var orders: [OrderKey: BankOrder] = [:]
    /// Order numbers are unique per merchant and day.
    private(set) var numbers: [String: OrderKey] = [:]
    private(set) var deliveries: [OrderKey: BankBook.Delivery] = [:]
    /// All movements, in the order in which they were written.
    private(set) var trades: [Trade] = []
    /// The closed settlement days, in their order.
    private(set) var closedDays: [SettlementDay] = []
    /// All lines of the reserve account, in their order.
    private(set) var reserveLines: [ReserveLine] = []
    private(set) var rules = BankRules()
    private(set) var plan = FaultPlan.none
    /// What the present plan decided.
    private(set) var draws: [FaultDraw] = []
    private(set) var drawsBySubject: [String: [FaultDraw]] = [:]

    /// The settlement day of the first movement.
    private var firstDay: BankDay?
    private var tradesBySerial: [String: Int] = [:]
    private var lastTrace = 0
    /// Sorted, the latest first.
    private var dues: [Due] = []

    /// Takes a line of the journal.
    mutating func keep(_ record: BankBook.Record) {
        if let order = record.order {
            orders[order.key] = order
            numbers[Self.number(of: order.key)] = order.key
            remember(serial: order.queryId)
        }
        if let trade = record.trade {
            tradesBySerial[trade.serial] = trades.count
            trades.append(trade)
            firstDay = firstDay.map { min($0, trade.settlementDay) } ?? trade.settlementDay
            remember(serial: trade.serial)
        }
        if let delivery = record.delivery { deliveries[delivery.key] = delivery }
        if let day = record.closedDay { closedDays.append(day) }
        if let line = record.reserveLine { reserveLines.append(line) }
        if let rules = record.rules { self.rules = rules }
        if let plan = record.plan {
            self.plan = plan
            draws = []
            drawsBySubject = [:]
        }
        for draw in record.draws ?? [] {
            draws.append(draw)
            drawsBySubject[draw.subject, default: []].append(draw)
        }
    }

    /// After the whole journal was read: lists what becomes due.
    mutating func takeUp() {
        for order in orders.values.sorted(by: { $0.openedAt < $1.openedAt }) {
            // Journals from before there were trades: a paid order is one.
            guard order.state == .paid, let serial = order.queryId, tradesBySerial[serial] == nil else {
                continue
            }
            keep(BankBook.Record(trade: Trade(order, fee: 0, rules: rules)))
        }
        for order in orders.values {
            for moment in [
                order.state == .accepted ? order.dueAt : nil, order.secondPaymentAt, order.followUpAt,
            ] {
                if let moment { schedule(Due(at: moment, event: .order(order.key))) }
            }
        }
        scheduleClosing()
        let transferred = Set(reserveLines.compactMap(\.settlementDay))
        for day in closedDays where day.net != 0 && !transferred.contains(day.day) {
            schedule(Due(at: day.transferAt, event: .transfer(day)))
        }
    }

    // MARK: Days

    /// The oldest settlement day that is not closed; nil before the first movement.
    var openDay: BankDay? {
        closedDays.last.map { $0.day.adding(1) } ?? firstDay
    }

    /// The settlement day of what happens now; never one that is closed, also when the clock was set back.
    func settlementDay(at time: Date) -> BankDay {
        let day = rules.settlementDay(of: time)
        return closedDays.last.map { max(day, $0.day.adding(1)) } ?? day
    }

    /// Puts the end of the open day on the list, in place of what stood there.
    mutating func scheduleClosing() {
        dues.removeAll { due in
            if case .closing = due.event { return true }
            return false
        }
        if let day = openDay { schedule(Due(at: rules.cutOff(of: day), event: .closing(day))) }
    }

    // MARK: What becomes due

    /// Puts something on the list of what becomes due.
    mutating func schedule(_ due: Due) {
        let place = dues.firstIndex { $0.at <= due.at } ?? dues.endIndex
        dues.insert(due, at: place)
    }

    /// Takes what is due next, at the latest at `time`; nil when nothing is.
    mutating func takeDue(by time: Date) -> Due? {
        guard let next = dues.last, next.at <= time else { return nil }
        return dues.removeLast()
    }

    // MARK: Serial numbers

    /// The next serial number: 21 digits as the real ones have, time and a running number.
    mutating func nextSerial(at time: Date) -> String {
        lastTrace += 1
        return BeijingTime(time).digits + String(format: "%07d", lastTrace)
    }

    /// The movement with a serial number.
    func trade(_ serial: String) -> Trade? {
        tradesBySerial[serial].map { trades[$0] }
    }

    private mutating func remember(serial: String?) {
        lastTrace = max(lastTrace, serial.flatMap { Int($0.suffix(7)) } ?? 0)
    }

    static func number(of key: OrderKey) -> String {
        "\(key.merId)/\(key.orderId)/\(key.txnTime.prefix(8))"
    }
}
