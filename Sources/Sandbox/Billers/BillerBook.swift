import Foundation
import UnionPay

/// A payment in a biller's own book.
struct BillerPayment: Codable, Sendable {
    /// What the biller says about it.
    enum Status: String, Codable, Sendable {
        case writtenOff, writeOffUnknown, writeOffFailed, refused
    }

    let paymentNumber: String
    let customerNumber: String
    /// In fen.
    let amount: Int64
    let bills: [String]
    /// When the payer paid, as the platform says.
    let paidAt: String
    var status: Status
    /// The biller's number of the payment; nil when it is refused.
    let serial: String?
    var reason: String?
    let bookedAt: Date
    /// When an unknown write-off becomes known.
    var knownAt: Date?
    /// When it was written off, as its statements count it.
    var writtenOffAt: Date?
    /// What the biller makes of it later, against its first word.
    var turn: Turn?

    /// A later word that contradicts the first one.
    struct Turn: Codable, Sendable {
        let at: Date
        let status: Status
    }

    /// Whether the money counts as received: the bills it is for are not due any more.
    var isTaken: Bool {
        status == .writtenOff || status == .writeOffUnknown
    }

    /// When it changes by itself next.
    var nextAt: Date? {
        status == .writeOffUnknown ? knownAt ?? bookedAt : turn?.at
    }
}

/// A biller's own book.
actor BillerBook {
    /// What a payment order says.
    struct Order: Codable, Sendable, Equatable {
        let paymentNumber: String
        let customerNumber: String
        let amount: Int64
        let bills: [String]
        let paidAt: String
    }

    /// What became of a payment order.
    enum Receipt: Sendable {
        /// Booked now, or the same as before.
        case booked(BillerPayment, isNew: Bool)
        /// The number belongs to a payment with other content.
        case conflict
    }

    /// What the fault plan has in store for a payment.
    struct Fate: Sendable {
        /// A write-off that failed is done all the same after so many seconds.
        var writtenOffLateSeconds: Double?
        /// A write-off is undone after so many seconds, before its day ends.
        var undoneSeconds: Double?
    }

    /// What a customer owes.
    struct Statement: Sendable {
        let customerName: String
        let bills: [Bill]
        let prepaidBalance: Int64
    }

    let biller: BillerProfile
    private let journal: Journal<BillerPayment>
    private var payments: [String: BillerPayment] = [:]
    /// Which payment has paid a bill.
    private var paidBills: [String: String] = [:]
    private var balances: [String: Int64] = [:]
    /// How often a customer whose amount changes was asked about since the last payment.
    private var queries: [String: Int] = [:]
    private var lastSerial = 0

    /// Opens the book in a folder.
    init(biller: BillerProfile, directory: URL) throws {
        self.biller = biller
        let file = directory.appendingPathComponent("biller-\(biller.code).jsonl")
        let (journal, records) = try Journal<BillerPayment>.open(file)
        self.journal = journal
        var latest: [String: BillerPayment] = [:]
        for record in records {
            latest[record.paymentNumber] = record
            lastSerial = max(lastSerial, record.serial.flatMap { Int($0.suffix(10)) } ?? 0)
        }
        payments = latest
        for payment in latest.values where payment.isTaken {
            for bill in payment.bills { paidBills[bill] = payment.paymentNumber }
            balances[payment.customerNumber, default: 0] += payment.amount
        }
    }

    /// What a customer owes now. Nil for a number that does not exist.
    func statement(of customerNumber: String, at time: Date) throws -> Statement? {
        guard exists(customerNumber) else { return nil }
        try settleDue(at: time)
        if CustomerRule(customerNumber: customerNumber) == .amountChanges {
            queries[customerNumber, default: 0] += 1
        }
        let rule = BillingRule(biller: biller, customerNumber: customerNumber)
        let balance =
            biller.amountRule == .prepayment ? rule.initialBalance + balances[customerNumber, default: 0] : 0
        return Statement(
            customerName: rule.customerName, bills: openBills(of: customerNumber, at: time),
            prepaidBalance: balance)
    }

    /// Books a payment. The same order again gives the first result again.
    func book(
        _ order: Order, writeOffSeconds: Double, fate: Fate = Fate(), at time: Date
    ) throws -> Receipt {
        try settleDue(at: time)
        if let known = payments[order.paymentNumber] {
            let isSame =
                known.customerNumber == order.customerNumber && known.amount == order.amount
                && known.bills == order.bills && known.paidAt == order.paidAt
            return isSame ? .booked(known, isNew: false) : .conflict
        }
        let rule = CustomerRule(customerNumber: order.customerNumber)
        let refusal = reasonToRefuse(order, rule, at: time)
        let status: BillerPayment.Status =
            if refusal != nil {
                .refused
            } else {
                switch rule {
                case .writeOffLate, .writeOffFailsLate: .writeOffUnknown
                case .writeOffFails: .writeOffFailed
                default: .writtenOff
                }
            }
        let payment = BillerPayment(
            paymentNumber: order.paymentNumber, customerNumber: order.customerNumber, amount: order.amount,
            bills: order.bills, paidAt: order.paidAt, status: status,
            serial: status == .refused ? nil : nextSerial(at: time),
            reason: refusal ?? (status == .writeOffFailed ? "销账失败" : nil), bookedAt: time,
            knownAt: status == .writeOffUnknown ? time.addingTimeInterval(writeOffSeconds) : nil,
            writtenOffAt: status == .writtenOff ? time : nil,
            turn: Self.turn(status, rule, fate, at: time))
        try write(payment)
        return .booked(payment, isNew: true)
    }

    /// The payment under a number.
    func find(_ paymentNumber: String, at time: Date) throws -> BillerPayment? {
        try settleDue(at: time)
        return payments[paymentNumber]
    }

    /// The whole book, the newest payment last.
    func all(at time: Date) throws -> [BillerPayment] {
        try settleDue(at: time)
        return payments.values.sorted { ($0.bookedAt, $0.paymentNumber) < ($1.bookedAt, $1.paymentNumber) }
    }

    /// What was written off on a day and still is, in the order of its payments; nil while the day is not over.
    func writtenOff(on day: BankDay, at time: Date) throws -> [BillerPayment]? {
        guard time >= day.adding(1).start else { return nil }
        return try all(at: time).filter {
            $0.status == .writtenOff && BankDay(of: $0.writtenOffAt ?? $0.bookedAt) == day
        }
    }

    /// Whether time alone will still change something.
    var isWaiting: Bool { !waiting.isEmpty }

    // MARK: Rules

    private func exists(_ customerNumber: String) -> Bool {
        biller.accepts(customerNumber) && CustomerRule(customerNumber: customerNumber) != .unknown
    }

    private func openBills(of customerNumber: String, at time: Date) -> [Bill] {
        var bills = BillingRule(biller: biller, customerNumber: customerNumber).bills(at: time)
            .filter { paidBills[$0.billNumber] == nil }
        if queries[customerNumber, default: 0] > 1, let oldest = bills.first {
            bills[0] = Bill(
                billNumber: oldest.billNumber, period: oldest.period, principal: oldest.principal + 100,
                lateFee: oldest.lateFee, amount: oldest.amount + 100)
        }
        return bills
    }

    /// Why an order cannot be booked; nil when it can.
    private func reasonToRefuse(_ order: Order, _ rule: CustomerRule, at time: Date) -> String? {
        guard exists(order.customerNumber) else { return "无此户号" }
        guard rule != .refused else { return "收费单位拒绝该户号缴费" }
        guard order.amount > 0 else { return "金额必须大于零" }
        if biller.amountRule == .prepayment {
            return order.bills.isEmpty ? nil : "预存缴费不按账单"
        }
        let open = openBills(of: order.customerNumber, at: time)
        let wanted = biller.amountRule == .exact ? open : open.filter { order.bills.contains($0.billNumber) }
        guard !wanted.isEmpty, Set(wanted.map(\.billNumber)) == Set(order.bills),
            wanted.count == order.bills.count
        else { return "账单已变化或已缴清" }
        guard wanted.reduce(0, { $0 + $1.amount }) == order.amount else { return "账单金额已变化" }
        return nil
    }

    // MARK: Writing

    /// Unknown write-offs whose time has come become known, and what contradicts itself does so.
    private func settleDue(at time: Date) throws {
        while let (due, number) = waiting.compactMap({ number in
            payments[number]?.nextAt.map { ($0, number) }
        }).filter({ $0.0 <= time }).min(by: <) {
            guard var payment = payments[number] else { continue }
            if payment.status == .writeOffUnknown {
                let isFailed = CustomerRule(customerNumber: payment.customerNumber) == .writeOffFailsLate
                payment.status = isFailed ? .writeOffFailed : .writtenOff
                payment.knownAt = nil
            } else if let turn = payment.turn {
                // A bill that another payment has paid meanwhile is not written off twice.
                let isOpen = payment.bills.allSatisfy { paidBills[$0] == nil }
                if turn.status != .writtenOff || isOpen { payment.status = turn.status }
                payment.turn = nil
            }
            payment.reason = payment.status == .writeOffFailed ? "销账失败" : nil
            payment.writtenOffAt = payment.status == .writtenOff ? due : nil
            try write(payment)
        }
    }

    private static func turn(
        _ status: BillerPayment.Status, _ rule: CustomerRule, _ fate: Fate, at time: Date
    ) -> BillerPayment.Turn? {
        let fails = status == .writeOffFailed || (status == .writeOffUnknown && rule == .writeOffFailsLate)
        if fails, let seconds = fate.writtenOffLateSeconds {
            return BillerPayment.Turn(at: time.addingTimeInterval(seconds), status: .writtenOff)
        }
        if status == .writtenOff, let seconds = fate.undoneSeconds {
            let lastSecond = BankDay(of: time).adding(1).start.addingTimeInterval(-1)
            return BillerPayment.Turn(
                at: min(time.addingTimeInterval(seconds), lastSecond), status: .writeOffFailed)
        }
        return nil
    }

    /// The payments that will change by themselves: a handful among many, so they are kept apart.
    private lazy var waiting: Set<String> = Set(
        payments.values.filter { $0.nextAt != nil }.map(\.paymentNumber))

    private func write(_ payment: BillerPayment) throws {
        try journal.append(payment)
        let wasTaken = payments[payment.paymentNumber]?.isTaken ?? false
        payments[payment.paymentNumber] = payment
        if payment.nextAt != nil {
            waiting.insert(payment.paymentNumber)
        } else {
            waiting.remove(payment.paymentNumber)
        }
        if payment.isTaken, !wasTaken {
            for bill in payment.bills { paidBills[bill] = payment.paymentNumber }
            balances[payment.customerNumber, default: 0] += payment.amount
        } else if !payment.isTaken, wasTaken {
            for bill in payment.bills { paidBills[bill] = nil }
            balances[payment.customerNumber, default: 0] -= payment.amount
        }
        queries[payment.customerNumber] = nil
    }

    private func nextSerial(at time: Date) -> String {
        lastSerial += 1
        return biller.code + BeijingTime(time).digits.prefix(8) + String(format: "%010d", lastSerial)
    }
}
