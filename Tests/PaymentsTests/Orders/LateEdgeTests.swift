import Foundation
import Postgres
import Testing

@testable import Payments

/// Every event that comes late or contradicts what was believed is driven once, on purpose: the list comes from the tables of
/// states, so that an edge that is added without a scenario fails here.
@Suite("Late and contradicting events")
struct LateEdgeTests {
    /// A step as the database records it.
    struct Edge: Hashable, Sendable, CustomTestStringConvertible {
        let kind: String
        let from: String
        let event: String
        let to: String

        var testDescription: String { "\(kind): \(from) –\(event)→ \(to)" }
    }

    typealias Scenario = @Sendable (MoneyFixture) async throws -> Void

    private static func edges<Status: OrderStatus>(_ type: Status.Type) -> [Edge] {
        Status.transitions.filter(\.isLate).map {
            Edge(
                kind: Status.kind.rawValue, from: $0.from?.name ?? "", event: $0.event.rawValue,
                to: $0.to.name)
        }
    }

    /// The late edges of the tables of all kinds, and those of money.md 2.4.
    static let all: [Edge] =
        edges(TopUpStatus.self) + edges(BillPaymentStatus.self) + edges(WithdrawalStatus.self)
        + RefundStatus.steps.filter {
            ($0.from == .refused && $0.event == .confirmed) || $0.event == .denied
        }.map {
            Edge(
                kind: "refund", from: $0.from?.rawValue ?? "", event: $0.event.rawValue, to: $0.to.rawValue)
        }

    @Test("Each edge has a scenario, and no other has")
    func complete() {
        #expect(Set(Self.all) == Set(Self.scenarios.keys))
    }

    @Test(
        "Each edge is taken, and the books are right afterwards",
        arguments: all)
    func taken(edge: Edge) async throws {
        let scenario = try #require(Self.scenarios[edge])
        try await MoneyFixture.with { money in
            try await scenario(money)
            let steps: SQL =
                edge.kind == "refund"
                ? "SELECT from_state, event, to_state, 'none' AS f, 'none' AS t FROM refund_events"
                : """
                SELECT v.from_state, v.event, v.to_state, v.from_write_off AS f, v.to_write_off AS t
                FROM order_events v JOIN orders o ON o.id = v.order_id WHERE o.kind = \(edge.kind)
                """
            let taken = try await money.owner.query(steps).map { row in
                func name(_ state: String, _ writeOff: String) throws -> String {
                    let (state, writeOff): (String, String) = (try row[state], try row[writeOff])
                    return writeOff == "none" ? state : "\(state), \(writeOff)"
                }
                return Edge(
                    kind: edge.kind, from: try name("from_state", "f"), event: try row["event"],
                    to: try name("to_state", "t"))
            }
            #expect(taken.contains(edge))
            #expect(try await money.broken() == [])
        }
    }

    // MARK: Scenarios

    static let scenarios: [Edge: Scenario] = {
        var all: [Edge: Scenario] = [:]
        func add(
            _ kind: OrderKind, _ from: String, _ event: String, _ to: String, _ run: @escaping Scenario
        ) {
            all[Edge(kind: kind.rawValue, from: from, event: event, to: to)] = run
        }
        for state in [TopUpStatus.atBank, .closing, .closed] {
            add(.topUp, state.state, "lateDebitReported", "lateDebited") {
                try await $0.lateDebited(in: state)
            }
            add(.topUp, state.state, "receiptMismatched", "inReview") { money in
                let topUp = try await money.topUp(in: state)
                try await money.file([money.line(of: topUp, amount: topUp.amount.fen - 1)])
            }
        }
        add(.topUp, "closed", "paidConfirmed", "credited") { money in
            let topUp = try await money.topUp(in: .closed)
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 7_000) }
            try await money.file([money.line(of: topUp)])
        }
        add(.topUp, "lateDebited", "paidConfirmed", "inReview") { money in
            let topUp = try await money.lateDebited(in: .atBank)
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 7_000) }
            try await money.platform.bank.receive(notification: money.world.notification(of: topUp))
            try await money.pass(0)
        }
        add(.topUp, "refundedByBank", "paidConfirmed", "inReview") { money in
            let topUp = try await money.lateDebited(in: .atBank)
            try await money.file([money.line(of: topUp)])
            try await money.file(1, [money.reversal(of: topUp)])
            try await money.file(2, [money.line(of: topUp, serial: "202611250000000000555")])
        }
        add(.topUp, "inReview", "bankRefundConfirmed", "refundedByBank") { money in
            let topUp = try await money.topUp(in: .atBank)
            try await money.file([money.line(of: topUp, amount: 6_999)])
            try await money.file(1, [money.reversal(of: topUp, amount: 6_999)])
        }
        add(.topUp, "credited", "paidAgain", "credited") { money in
            let topUp = try await money.credited(fen: 7_000)
            try await money.file([
                money.line(of: topUp), money.line(of: topUp, serial: "202611230000000000888"),
            ])
        }
        add(.topUp, "credited", "lateDebitReported", "credited") { money in
            // The answer to an earlier question comes after that to a later one.
            let topUp = try await money.topUp(in: .atBank)
            money.world.change { $0.bankAnswers = [.query(code: "00", original: "00", amountFen: 7_000)] }
            try await money.pass(2)
            try await money.platform.topUps.settle(
                topUp, .debitedLate, askedAt: money.clock.now, attempts: 0)
            #expect(try await money.workItems().count == 1)
        }
        add(.topUp, "credited", "reversedByBank", "reversalParked") { money in
            let topUp = try await money.credited(fen: 7_000)
            try await money.file([money.line(of: topUp), money.reversal(of: topUp)])
        }
        add(.topUp, "credited", "absentFromFiles", "reversalParked") { money in
            _ = try await money.credited(fen: 7_000)
            for offset in 0...3 { try await money.file(offset, []) }
        }
        add(.topUp, "returned", "bankRefundConfirmed", "returned") { money in
            let topUp = try await money.topUp(in: .atBank)
            try await money.file([money.line(of: topUp, amount: 6_999)])
            try await money.handle(try #require(await money.cases().first), .returned)
            try await money.pass(0)
            try await money.file(1, [money.refundLine(serial: "202611240000000000321", amount: 6_999)])
            #expect(try await money.topUp(topUp.number).status == .returned)
            try await money.file(2, [money.reversal(of: topUp, amount: 6_999)])
        }
        add(.billPayment, "paid, writtenOff", "writeOffDenied", "paid, disputed") { money in
            try await money.denied()
        }
        add(.billPayment, "refused", "writtenOffLate", "refused, disputed") { money in
            try await money.writtenOffLate(after: "refused")
        }
        add(.billPayment, "paid, failed", "writtenOffLate", "paid, disputed") { money in
            try await money.writtenOffLate(after: "writeOffFailed")
        }
        addWithdrawals(add)
        for isRoom in [true, false] {
            let edge = Edge(
                kind: "refund", from: "refused", event: "confirmed", to: isRoom ? "completed" : "disputed")
            all[edge] = { money in
                let topUp = try await money.topUp(in: .atBank)
                try await money.file([money.line(of: topUp, amount: 6_999)])
                money.world.change { $0.refundDefault = .payout(code: "61") }
                try await money.handle(try #require(await money.cases().first), .returned)
                try await money.pass(0)
                #expect(try await money.held(.unidentifiedReceipts) == -6_999)
                if !isRoom { try await money.handle(try #require(await money.cases().first), .credited) }
                try await money.file(1, [money.refundLine(serial: "202611240000000000321", amount: 6_999)])
                #expect(try await money.held(.unidentifiedReceipts) == 0)
                #expect(try await money.held(.differenceReceivable) == (isRoom ? 0 : 6_999))
            }
        }
        all[Edge(kind: "refund", from: "completed", event: "denied", to: "disputed")] = { money in
            let topUp = try await money.topUp(in: .atBank)
            try await money.file([money.line(of: topUp, amount: 6_999)])
            money.world.change {
                $0.refundDefault = .payout(code: "00")
                $0.queryDefault = .query(code: "00", original: "00", amountFen: 6_999)
            }
            try await money.handle(try #require(await money.cases().first), .returned)
            for _ in 1...2 { try await money.pass(300) }
            for offset in 1...4 { try await money.file(offset, []) }
            #expect(try await money.held(.bankClearing) == 0)
        }
        return all
    }()

    private static func addWithdrawals(
        _ add: (OrderKind, String, String, String, @escaping Scenario) -> Void
    ) {
        add(.withdrawal, "atBank", "notKnown", "atBank") { money in
            _ = try await money.withdraw(fen: 6_000)
            try await money.pass(0)
            try await money.pass(200)
        }
        add(.withdrawal, "atBank", "payoutReturned", "returned") { money in
            let number = try await money.withdraw(fen: 6_000)
            try await money.pass(0)
            try await money.file([money.payoutReturn(of: number)])
        }
        add(.withdrawal, "paid", "payoutReturned", "returned") { money in
            let paid = try await money.paid(fen: 6_000)
            try await money.file(2, [money.payoutReturn(of: paid.number, original: paid.bankSerial)])
        }
        add(.withdrawal, "paid", "absentFromFiles", "paid") { money in
            _ = try await money.paid(fen: 6_000)
            for offset in 0...3 { try await money.file(offset, []) }
        }
        add(.withdrawal, "paid", "neverPaid", "refused") { money in
            _ = try await money.paid(fen: 6_000)
            for offset in 0...3 { try await money.fileOfTopUps(offset) }
            try await money.handle(try #require(await money.cases().last), .absent)
        }
        add(.withdrawal, "returned", "paidConfirmed", "paymentParked") { money in
            let paid = try await money.paid(fen: 6_000)
            try await money.file(2, [money.payoutReturn(of: paid.number, original: paid.bankSerial)])
            try await money.file(3, [money.payout(of: paid.number, serial: "202611260000000000013")])
        }
        add(.withdrawal, "refused", "paidConfirmed", "paymentParked") { money in
            let number = try await money.refusedWithdrawal()
            try await money.file([money.payout(of: number, serial: "202611230000000000012")])
        }
        add(.withdrawal, "refused", "payoutReturned", "refused") { money in
            let number = try await money.refusedWithdrawal()
            let serial = "202611230000000000014"
            try await money.file([
                money.payout(of: number, serial: serial), money.payoutReturn(of: number, original: serial),
            ])
        }
    }
}

extension MoneyFixture {
    /// The file of a day so many days after the one that the bank names in its answers.
    fileprivate func file(_ offset: Int, _ lines: [BankFiles.Line]) async throws {
        try await file(Self.day.adding(days: offset), lines)
    }

    /// The same with nothing but the top-ups, on the first of the days.
    fileprivate func fileOfTopUps(_ offset: Int) async throws {
        if offset == 0 { try await fileOfToday() } else { try await file(offset, []) }
    }

    /// A top-up of 70.00 that waits in one of the states in which it may still be paid.
    fileprivate func topUp(in state: TopUpStatus) async throws -> TopUp {
        let topUp = try await order(fen: 7_000)
        _ = try await platform.topUps.handOff(topUp.number, by: clerk)
        if state != .atBank { try await platform.topUps.cancel(topUp.number, by: clerk) }
        if state == .closed {
            world.change { $0.queryDefault = .query(code: "00", original: "69") }
            for _ in 1...12 { try await pass(12 * 3600) }
        }
        let found = try await self.topUp(topUp.number)
        #expect(found.status == state)
        return found
    }

    /// A top-up in such a state of which the bank says 42.
    @discardableResult
    fileprivate func lateDebited(in state: TopUpStatus) async throws -> TopUp {
        let topUp = try await topUp(in: state)
        world.change { $0.queryDefault = .query(code: "00", original: "42") }
        if state == .closed {
            // Nobody asks about a closed order but because of a notification.
            try await platform.topUps.advance(topUp.reference.id, attempts: 0)
        } else {
            try await pass(2)
            try await pass(73 * 3600)
        }
        let found = try await self.topUp(topUp.number)
        #expect(found.status == .lateDebited)
        return found
    }

    fileprivate func reversal(of topUp: TopUp, amount: Int64? = nil) -> BankFiles.Line {
        BankFiles.Line(
            trade: .reversal, serial: "202611240000000000001",
            originalSerial: topUp.bankSerial ?? "202611230000000000001", orderNumber: topUp.number,
            amount: amount ?? topUp.amount.fen)
    }

    /// The line of the only refund there is.
    fileprivate func refundLine(serial: String, amount: Int64) async throws -> BankFiles.Line {
        let number: String = try #require(try await owner.query("SELECT number FROM refunds").first)["number"]
        return BankFiles.Line(
            trade: .refund, serial: serial, originalSerial: "202611230000000000001", orderNumber: number,
            amount: amount)
    }

    fileprivate func payout(of number: String, serial: String) -> BankFiles.Line {
        BankFiles.Line(trade: .payout, serial: serial, orderNumber: number, amount: 6_000)
    }

    fileprivate func payoutReturn(of number: String, original: String? = nil) -> BankFiles.Line {
        BankFiles.Line(
            trade: .payoutReturn, serial: "202611250000000000009",
            originalSerial: original ?? "202611230000000000012", orderNumber: number, amount: 6_000)
    }

    fileprivate func refusedWithdrawal() async throws -> String {
        let number = try await withdraw(fen: 6_000)
        world.change { $0.bankAnswers = [.payout(code: "61")] }
        try await pass(0)
        return number
    }

    /// A bill payment whose money the company has again, and of which the biller says a day later that it has written it off.
    @discardableResult
    func writtenOffLate(after status: String) async throws -> String {
        world.change { $0.paymentStatus = status }
        let number = try await submitBill()
        try await pass(0)
        #expect(try await balances().available == Money(fen: 10_000))
        world.change { $0.queryStatus = "writtenOff" }
        try await pass(BillPayments.lastLookSeconds)
        return number
    }
}
