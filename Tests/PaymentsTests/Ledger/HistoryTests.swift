import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Random histories")
struct HistoryTests {
    static let seeds: [UInt64] = [1, 2, 3, 4, 5, 6, 7, 8]

    @Test("After every step the books hold what a model kept by hand holds, and every invariant is kept")
    func histories() async throws {
        let codes = try await withThrowingTaskGroup(of: Set<String>.self) { group in
            for seed in Self.seeds {
                group.addTask {
                    var codes: Set<String> = []
                    try await MoneyFixture.with { money in
                        var history = History(money: money, seed: seed)
                        codes = try await history.run(steps: 80)
                    }
                    return codes
                }
            }
            return try await group.reduce(into: Set()) { $0.formUnion($1) }
        }
        // The histories come to every entry that needs neither the bank's files nor two people: those have tests of their
        // own.
        let reached: Set<PostingCode> = [
            .topUpPaid, .held, .released, .billWrittenOff, .billTaken, .writeOffConfirmed, .writeOffFailed,
            .payoutAccepted, .payoutPaid, .payoutRefused,
        ]
        #expect(codes == Set(reached.map(\.rawValue)))
    }
}

/// What the books must hold: a balance for each account, debit positive, changed by each step as the posting table of
/// money.md (1.4) says. It shares no table and no state with the code it is compared with.
private struct ModelBooks: Equatable {
    private(set) var balances: [String: Int64] = [:]

    mutating func post(_ fen: Int64, debit: String, credit: String) {
        balances[debit, default: 0] += fen
        balances[credit, default: 0] -= fen
        balances = balances.filter { $0.value != 0 }
    }

    /// What the enterprise can spend.
    var available: Int64 { -(balances["enterpriseAvailable"] ?? 0) }

    /// The same, as the database has it.
    static func stored(_ money: MoneyFixture) async throws -> [String: Int64] {
        let rows = try await money.owner.query(
            """
            SELECT account AS name, -balance AS fen FROM enterprise_accounts WHERE balance <> 0
            UNION ALL SELECT concat_ws(' ', account, owner), balance FROM platform_balances WHERE balance <> 0
            """)
        return try Dictionary(
            uniqueKeysWithValues: rows.map { (try $0.decode("name"), try $0.decode("fen")) })
    }
}

/// One enterprise's orders, brought forward one random step at a time, with the model beside them.
private struct History {
    enum Kind { case topUp, withdrawal, billPayment }

    /// What the model knows of an order that is not at its end.
    enum Stage {
        /// A top-up before and at the bank, after its deadline or cancellation, and closed but still to be credited.
        case created, atBank, closing, closed
        /// A withdrawal or bill payment that is set aside, whose answer was lost, that the bank has accepted.
        case held, unknown, accepted
        /// A bill that was taken, not yet written off.
        case taken
    }

    struct Order {
        let kind: Kind
        let id: Int64
        let number: String
        let fen: Int64
        /// The clock's jumps before it was made, and before it was sent.
        let madeAfter: Int
        var sentAfter = 0
        var stage: Stage
    }

    private static let (available, frozen) = ("enterpriseAvailable", "enterpriseFrozen")
    private static let receivable = "bankClearing unionpay-b2b"
    private static let paidOut = "bankClearing unionpay-payout"
    private static let inTransit = "withdrawalInTransit unionpay-payout"
    private static let taken = "writeOffPending EXACT"
    private static let payable = "billerPayable EXACT"

    let money: MoneyFixture
    let seed: UInt64
    private var random: SeededGenerator
    private var model = ModelBooks()
    private var open: [Order] = []
    private var bills: [Int64: Bill] = [:]
    private var jumps = 0
    /// What was done, for the message of a failure.
    private var trail: [String] = []

    init(money: MoneyFixture, seed: UInt64) {
        self.money = money
        self.seed = seed
        random = SeededGenerator(seed: seed)
    }

    /// Takes random steps, then brings every order to its end.
    ///
    /// - Returns: the codes of the entries that were posted.
    mutating func run(steps: Int) async throws -> Set<String> {
        for step in 1...steps {
            try await takeStep()
            try await compare()
            if step == steps / 2 {
                // Jobs are done here when chance wills, and so too late.
                #expect(
                    try await money.broken().filter { !$0.hasPrefix("I14") } == [], "seed \(seed): \(trail)")
            }
        }
        while let order = open.last {
            if order.stage == .closed { open.removeLast() } else { try await end(open.count - 1) }
            try await compare()
        }
        // The last look at payments that the biller has refused.
        money.world.change { $0.queryStatus = "refused" }
        for row in try await money.owner.query("SELECT subject_id FROM jobs WHERE kind = 'billPayment'") {
            try await money.platform.billPayments.advance(try row["subject_id"], attempts: 0)
        }
        #expect(try await money.broken() == [], "seed \(seed): \(trail)")
        #expect(try await money.balances().frozen == .zero)
        return Set(
            try await money.owner.query("SELECT DISTINCT code FROM journal_entries").map {
                try $0.decode("code")
            })
    }

    private func compare() async throws {
        let stored = try await ModelBooks.stored(money)
        try #require(stored == model.balances, "seed \(seed): \(trail)")
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: 0..<values.count, using: &random)]
    }

    private mutating func takeStep() async throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0...2: try await orderTopUp()
        case 3...5: try await withdraw()
        case 6...8: try await payBill()
        case 9:
            // Beyond the deadline of every top-up and the day of every payout.
            trail.append("73 hours pass")
            money.clock.advance(73 * 3600)
            jumps += 1
        default:
            guard !open.isEmpty else { return try await orderTopUp() }
            let place = Int.random(in: 0..<open.count, using: &random)
            switch open[place].kind {
            case .topUp: try await advanceTopUp(place)
            case .withdrawal: try await advanceWithdrawal(place)
            case .billPayment: try await advanceBill(place)
            }
        }
    }

    /// Brings an order nearer to its end: by the good answers only.
    private mutating func end(_ place: Int) async throws {
        switch open[place].kind {
        case .topUp: try await advanceTopUp(place, choosing: "paid")
        case .withdrawal: try await advanceWithdrawal(place, choosing: "paid")
        case .billPayment: try await advanceBill(place, choosing: "writtenOff")
        }
    }

    private mutating func note(_ order: Order, _ what: String) { trail.append("\(order.number) \(what)") }

    private mutating func finish(_ place: Int) { open.remove(at: place) }

    // MARK: Top-ups

    private mutating func orderTopUp() async throws {
        let fen = Int64.random(in: 1...30_000, using: &random)
        let topUp = try await money.order(fen: fen)
        open.append(
            Order(
                kind: .topUp, id: topUp.reference.id, number: topUp.number, fen: fen, madeAfter: jumps,
                stage: .created))
        trail.append("\(topUp.number) ordered, \(fen)")
    }

    private mutating func advanceTopUp(_ place: Int, choosing: String? = nil) async throws {
        let order = open[place]
        let topUps = money.platform.topUps
        let isOverdue = order.madeAfter < jumps
        if order.stage == .created {
            note(order, "handed off, cancelled or expired")
            if isOverdue {
                try await topUps.advance(order.id, attempts: 0)
                return finish(place)
            }
            if choosing == nil, Bool.random(using: &random) {
                try await topUps.cancel(order.number, by: money.clerk)
                return finish(place)
            }
            _ = try await topUps.handOff(order.number, by: money.clerk)
            open[place].stage = .atBank
            return
        }
        let answers = ["paid", "notice", "declined", "unclear", "notKnown", "silent", "cancel"]
        var answer = choosing ?? pick(answers)
        if order.stage == .closed { answer = "notice" }
        note(order, answer)
        switch answer {
        case "cancel":
            try await topUps.cancel(order.number, by: money.clerk)
            if order.stage == .atBank { open[place].stage = .closing }
            return
        case "paid": say(.query(code: "00", original: "00", amountFen: order.fen))
        case "notice":
            let topUp = try await money.topUp(order.number)
            try await money.platform.bank.receive(notification: money.world.notification(of: topUp))
            say(.silence)
        case "declined": say(.query(code: "00", original: "61"))
        case "unclear": say(.query(code: "00", original: "05"))
        case "notKnown": say(.query(code: "34", original: nil))
        default: say(.silence)
        }
        try await topUps.advance(order.id, attempts: 0)
        switch answer {
        case "paid", "notice":
            // P01
            model.post(order.fen, debit: Self.receivable, credit: Self.available)
            finish(place)
        case "declined" where isOverdue: open[place].stage = .closed
        default: if isOverdue, order.stage == .atBank { open[place].stage = .closing }
        }
    }

    private func say(_ answers: OutsideWorld.Answer...) {
        money.world.change { $0.bankAnswers = answers }
    }

    // MARK: Withdrawals

    private mutating func withdraw() async throws {
        let fen = Int64.random(in: 1...15_000, using: &random)
        do {
            let number = try await money.platform.withdrawals.submit(
                money.command(), amount: Money(fen: fen), password: MoneyFixture.paymentPassword,
                by: money.clerk)
            let id = try await money.withdrawal(number).reference.id
            submitted(.withdrawal, id, number, fen)
        } catch WithdrawalError.balanceShort(let missing) {
            short(fen, missing)
        }
    }

    private mutating func submitted(_ kind: Kind, _ id: Int64, _ number: String, _ fen: Int64) {
        trail.append("\(number) submitted, \(fen)")
        #expect(fen <= model.available, "seed \(seed): \(trail)")
        // P10
        model.post(fen, debit: Self.available, credit: Self.frozen)
        open.append(Order(kind: kind, id: id, number: number, fen: fen, madeAfter: jumps, stage: .held))
    }

    private mutating func short(_ fen: Int64, _ missing: Money) {
        trail.append("\(fen) refused")
        #expect(missing.fen == fen - model.available, "seed \(seed): \(trail)")
    }

    private mutating func advanceWithdrawal(_ place: Int, choosing: String? = nil) async throws {
        let order = open[place]
        let withdrawals = money.platform.withdrawals
        guard order.stage != .held else { return try await sendWithdrawal(place, isEnding: choosing != nil) }
        let answer = choosing ?? pick(["paid", "notice", "refused", "unclear", "notKnown", "silent"])
        note(order, answer)
        // Not known to the bank, and still its day: sent again, and this is the answer to that.
        let repeated = pick(["00", "61", "silent"])
        let isRepeated = answer == "notKnown" && order.stage == .unknown && order.sentAfter == jumps
        let again: [OutsideWorld.Answer] =
            isRepeated ? [repeated == "silent" ? .silence : .payout(code: repeated)] : []
        switch answer {
        case "paid": say(.query(code: "00", original: "00", amountFen: order.fen))
        case "notice":
            let withdrawal = try await money.withdrawal(order.number)
            try await money.platform.bank.receive(notification: money.world.notification(of: withdrawal))
            say(.silence)
        case "refused": say(.query(code: "00", original: "61"))
        case "unclear": say(.query(code: "00", original: "05"))
        case "notKnown": money.world.change { $0.bankAnswers = [.query(code: "34", original: nil)] + again }
        default: say(.silence)
        }
        try await withdrawals.advance(order.id, attempts: 0)
        let setAside = order.stage == .accepted ? Self.inTransit : Self.frozen
        switch answer {
        case "paid", "notice":
            // P31, after P30 where the acceptance was never seen.
            if order.stage == .unknown { model.post(order.fen, debit: Self.frozen, credit: Self.inTransit) }
            model.post(order.fen, debit: Self.inTransit, credit: Self.paidOut)
            finish(place)
        case "refused":
            // P32 after acceptance, P11 before it.
            model.post(order.fen, debit: setAside, credit: Self.available)
            finish(place)
        default:
            // A repetition that is refused says nothing about what was sent first.
            if isRepeated, repeated == "00" { accept(place) }
        }
    }

    /// P30
    private mutating func accept(_ place: Int) {
        model.post(open[place].fen, debit: Self.frozen, credit: Self.inTransit)
        open[place].stage = .accepted
    }

    private mutating func sendWithdrawal(_ place: Int, isEnding: Bool) async throws {
        let order = open[place]
        let answer = isEnding ? "00" : pick(["00", "00", "61", "silent", "cancel"])
        note(order, "sent: \(answer)")
        if answer == "cancel" {
            try await money.platform.withdrawals.cancel(order.number, by: money.clerk)
        } else {
            say(answer == "silent" ? .silence : .payout(code: answer))
            try await money.platform.withdrawals.advance(order.id, attempts: 0)
        }
        switch answer {
        case "00": accept(place)
        case "silent": (open[place].stage, open[place].sentAfter) = (.unknown, jumps)
        default:
            // P11
            model.post(order.fen, debit: Self.frozen, credit: Self.available)
            finish(place)
        }
    }

    // MARK: Bills

    private mutating func payBill() async throws {
        let fen = Int64.random(in: 1...9_000, using: &random)
        // Each bill its own, since one that is being paid cannot be paid a second time.
        let bill = Bill(
            billNumber: "B\(trail.count)", period: "2026-10", principal: fen, lateFee: 0, amount: fen)
        money.world.change { $0.billsUnavailable = false }
        let query = try await money.askForBills(bills: [bill])
        do {
            let number = try await money.platform.billPayments.pay(
                money.command(), query: query, plan: BillPayments.plan(query, chosen: [], amount: nil),
                account: money.merchantNumber, password: MoneyFixture.paymentPassword, by: money.clerk)
            let id = try await money.payment(number).reference.id
            bills[id] = bill
            submitted(.billPayment, id, number, fen)
        } catch BillPaymentError.balanceShort(let missing) {
            short(fen, missing)
        }
    }

    private mutating func advanceBill(_ place: Int, choosing: String? = nil) async throws {
        let order = open[place]
        let answers = ["writtenOff", "refused", "writeOffUnknown", "writeOffFailed"]
        /// What the biller says to the payment, and to a question about it; and whether its answer is lost.
        let (paid, asked) = (choosing ?? pick(answers), choosing ?? pick(answers + ["notKnown"]))
        let isLost = choosing == nil && Bool.random(using: &random)
        let bills = choosing == nil ? pick(["same", "same", "same", "changed", "unavailable"]) : "same"
        note(order, "bills \(bills), paid \(paid), asked \(asked), lost \(isLost)")
        let bill = self.bills[order.id].map { [$0] } ?? []
        money.world.change {
            $0.bills = bills == "changed" ? [] : bill
            $0.billsUnavailable = bills == "unavailable"
            ($0.paymentStatus, $0.queryStatus) = (paid, asked)
            $0.silentPayments = isLost ? 1 : 0
        }
        let isKnown = money.world.state.withLock { $0.paid[order.number] != nil }
        try await money.platform.billPayments.advance(order.id, attempts: 0)
        switch order.stage {
        case .held:
            if bills == "changed" || bills == "unavailable" && order.madeAfter < jumps {
                // P11: nothing was sent.
                model.post(order.fen, debit: Self.frozen, credit: Self.available)
                finish(place)
            } else if bills == "same" {
                if isLost { open[place].stage = .unknown } else { book(paid, place) }
            }
        case .unknown:
            if isKnown {
                book("writtenOff", place)
            } else if asked != "notKnown" {
                book(asked, place)
            } else if !isLost {
                // Not known to the biller, so sent again.
                book(paid, place)
            }
        default:
            switch asked {
            case "writtenOff":
                // P22
                model.post(order.fen, debit: Self.taken, credit: Self.payable)
                finish(place)
            case "writeOffFailed":
                // P23
                model.post(order.fen, debit: Self.taken, credit: Self.available)
                finish(place)
            default: break
            }
        }
    }

    /// What follows from the biller's answer about money that is set aside.
    private mutating func book(_ answer: String, _ place: Int) {
        let fen = open[place].fen
        switch answer {
        case "writtenOff": model.post(fen, debit: Self.frozen, credit: Self.payable)  // P20
        case "writeOffUnknown":
            // P21
            model.post(fen, debit: Self.frozen, credit: Self.taken)
            open[place].stage = .taken
            return
        default: model.post(fen, debit: Self.frozen, credit: Self.available)  // P11, or P21 and P23
        }
        finish(place)
    }
}

/// SplitMix64, so that a failing history can be had again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
