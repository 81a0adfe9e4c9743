import Foundation
import UnionPay

/// What the fault plan has in store, and what comes of it later.
extension BankBook {
    /// The fate of an order whose money is about to move, with the draws that decided it; nil when it is ordinary. The
    /// same order has the same fate whenever it is asked for.
    func drawFate(of order: BankOrder, at time: Date) -> (fate: BankOrder.Fate?, draws: [FaultDraw]?) {
        guard !state.plan.rules.isEmpty else { return (nil, nil) }
        let (scope, faults): (FaultScope, Set<PlannedFault>) =
            switch order.kind {
            case .payment:
                (
                    .front,
                    [
                        .notKnownThenSuccess, .processingForDays, .debitedLate, .creditedThenReversed,
                        .paidTwice,
                    ]
                )
            case .payout: (.payout, [.notKnownThenSuccess, .processingForDays, .payoutReturned])
            case .refund: (.refund, [.notKnownThenSuccess, .processingForDays])
            }
        let (hits, draws) = look(
            faults, scopes: [.order, .query, scope], subject: order.orderId, occurrence: 0, at: time)
        guard !hits.isEmpty else { return (nil, draws) }
        var fate = BankOrder.Fate()
        if let parameters = hits[.notKnownThenSuccess] {
            fate.silentCode = ResponseCode.noSuchTransaction.code
            fate.silentUntil = time.addingTimeInterval(parameters.seconds(or: 300))
        }
        if let parameters = hits[.processingForDays] {
            let end = time.addingTimeInterval(parameters.seconds(or: 3 * 86_400))
            fate.silentCode = "03"
            fate.silentUntil = end
            fate.heldBackUntil = end
        }
        if let parameters = hits[.creditedThenReversed] {
            fate.followUpSeconds = parameters.seconds(or: 86_400)
        }
        if let parameters = hits[.paidTwice] { fate.secondPaymentSeconds = parameters.seconds(or: 600) }
        if let parameters = hits[.payoutReturned] {
            fate.followUpSeconds = parameters.seconds(or: 2 * 86_400)
            // Something has to come back.
            fate.keptFen = min(parameters.fen ?? 0, order.amount - 1)
        }
        if let parameters = hits[.debitedLate] {
            fate = BankOrder.Fate()
            fate.isDebitedLate = true
            fate.debitDelaySeconds = parameters.seconds ?? 600
            fate.isInFile = parameters.inFile ?? true
            fate.followUpSeconds = (parameters.days ?? 5) * 86_400
        }
        return (fate, draws)
    }

    /// The money of a decided order moves back: a payment is reversed, a late debit given back, a payout returned. What
    /// was done before is not done again; neither is a payment reversed that the merchant has refunded meanwhile.
    func followUp(_ key: OrderKey, at time: Date) throws {
        guard
            var order = state.orders[key], let due = order.followUpAt, due <= time,
            order.followUpQueryId == nil, let original = order.queryId,
            let kind = followUpKind(of: order)
        else { return }
        let serial = nextSerial(at: time)
        order.followUpQueryId = serial
        let trade = Trade(
            kind: kind, serial: serial, originalSerial: original, order: key, product: order.product,
            amount: order.amount - (order.fate?.keptFen ?? 0), fee: 0, bookedAt: time,
            settlementDay: state.settlementDay(at: time), isInFile: order.fate?.isInFile ?? true)
        try write(Record(order: order, trade: trade))
    }

    /// The payer pays a paid order once more: money of the same amount, of which only the file tells.
    func payAgain(_ key: OrderKey, at time: Date) throws {
        guard
            var order = state.orders[key], let due = order.secondPaymentAt, due <= time,
            order.secondPaymentQueryId == nil, order.state == .paid
        else { return }
        let serial = nextSerial(at: time)
        order.secondPaymentQueryId = serial
        let trade = Trade(
            kind: .payment, serial: serial, originalSerial: nil, order: key, product: order.product,
            amount: order.amount, fee: state.rules.paymentFee, bookedAt: time,
            settlementDay: state.settlementDay(at: time), isInFile: true)
        try write(Record(order: order, trade: trade))
    }

    private func followUpKind(of order: BankOrder) -> Trade.Kind? {
        switch (order.kind, order.state) {
        case (.payment, .paid):
            let isRefunded = state.orders.values.contains {
                $0.originalQueryId == order.queryId && $0.state != .refused
            }
            return isRefunded ? nil : .reversal
        case (.payment, .debitedLate): return .lateDebitReturn
        case (.payout, .paid): return .payoutReturn
        default: return nil
        }
    }

    /// The faults of a notification, the same for all its sendings and after a restart.
    func notificationFaults(of order: BankOrder, at time: Date) throws -> [FaultHit] {
        try draw(
            Set(PlannedFault.allCases.filter { $0.scopes == [.notification] }), scope: .notification,
            subject: order.orderId, at: time)
    }

    /// The faults of a day's file or statement, the same for all downloads.
    func fileFaults(of day: BankDay, scope: FaultScope, at time: Date) throws -> [FaultHit] {
        try fileFaults(about: day.text, scope: scope, at: time)
    }

    /// The faults of a biller's statement of a day, the same for all downloads.
    func statementFaults(of biller: String, _ day: BankDay, at time: Date) throws -> [FaultHit] {
        try fileFaults(about: "\(biller) \(day.text)", scope: .billerStatement, at: time)
    }

    private func fileFaults(about subject: String, scope: FaultScope, at time: Date) throws -> [FaultHit] {
        let faults = PlannedFault.allCases.filter {
            $0.scopes.isSubset(of: [.file, .statement, .billerStatement])
        }
        return try draw(Set(faults), scope: scope, subject: "\(scope.rawValue) \(subject)", at: time)
    }

    /// Whether a fault strikes a payment at its biller, the same however often it is sent.
    func billerFault(_ fault: PlannedFault, of payment: String, at time: Date) throws -> [FaultHit] {
        try draw([fault], scope: .billerPayment, subject: payment, at: time)
    }

    /// What a fixed event draws, kept at its first time.
    private func draw(
        _ faults: Set<PlannedFault>, scope: FaultScope, subject: String, at time: Date
    ) throws -> [FaultHit] {
        guard !state.plan.rules.isEmpty else { return [] }
        let (hits, draws) = look(faults, scopes: [scope], subject: subject, occurrence: 0, at: time)
        let known = Set(self.draws(for: subject).map(\.rule))
        let new = draws.filter { !known.contains($0.rule) }
        if !new.isEmpty { try write(Record(draws: new)) }
        return hits
    }

    /// The faults of an answer to a request: the first requests of each kind for an order are counted.
    func answerFaults(_ scope: FaultScope, subject number: String, at time: Date) throws -> [FaultHit] {
        guard !state.plan.rules.isEmpty else { return [] }
        let subject = "\(scope.rawValue) \(number)"
        let known = draws(for: subject)
        var hits: [FaultHit] = []
        var new: [FaultDraw] = []
        for (index, rule) in state.plan.rules.enumerated()
        where rule.strikes([scope]) && rule.fault.scopes == FaultScope.requests {
            let occurrence = known.count { $0.rule == index }
            guard occurrence < rule.count ?? 1 else { continue }
            let drawn = draw(index, subject: subject, occurrence: occurrence, at: time)
            new.append(drawn)
            if drawn.isHit {
                hits.append(FaultHit(fault: rule.fault, parameters: rule.parameters ?? .init()))
            }
        }
        if !new.isEmpty { try write(Record(draws: new)) }
        return hits
    }

    private func look(
        _ faults: Set<PlannedFault>, scopes: Set<FaultScope>, subject: String, occurrence: Int, at time: Date
    ) -> (hits: [FaultHit], draws: [FaultDraw]) {
        var hits: [FaultHit] = []
        var draws: [FaultDraw] = []
        for (index, rule) in state.plan.rules.enumerated()
        where faults.contains(rule.fault) && rule.strikes(scopes) {
            let drawn = draw(index, subject: subject, occurrence: occurrence, at: time)
            draws.append(drawn)
            if drawn.isHit {
                hits.append(FaultHit(fault: rule.fault, parameters: rule.parameters ?? .init()))
            }
        }
        return (hits, draws)
    }

    private func draw(_ index: Int, subject: String, occurrence: Int, at time: Date) -> FaultDraw {
        let rule = state.plan.rules[index]
        let fraction = state.plan.fraction(rule: index, subject: subject, occurrence: occurrence)
        return FaultDraw(
            rule: index, fault: rule.fault, subject: subject, occurrence: occurrence,
            isHit: fraction < rule.share ?? 1, at: time)
    }

    /// The plan, how often each of its faults has struck, and the latest of them.
    func faultReport() -> FaultReport {
        FaultReport(
            plan: state.plan,
            counts: Dictionary(
                grouping: state.draws.filter(\.isHit), by: \.fault.rawValue
            ).mapValues(\.count),
            latest: Array(state.draws.filter(\.isHit).suffix(50).reversed()))
    }
}

/// What the plan has done so far.
struct FaultReport: Encodable, Sendable {
    let plan: FaultPlan
    /// By the fault's name.
    let counts: [String: Int]
    /// The newest first.
    let latest: [FaultDraw]
}
