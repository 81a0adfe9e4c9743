import Foundation
import Testing
import UnionPay

@testable import Sandbox

@Suite("Two weeks at the bank with everything going wrong")
struct BankPropertyTests {
    /// Faults of orders, notifications and payouts, each for a part of the orders.
    static let rules: [FaultPlan.Rule] = PlannedFault.allCases.compactMap { fault in
        if fault.scopes == FaultScope.requests { return .init(fault: fault, scope: .payout, share: 0.2) }
        return fault.scopes.contains(.file) ? nil : .init(fault: fault, share: 0.2)
    }

    /// Plays eight days and lets two weeks pass, with a restart in the middle.
    private func playedOut(seed: Int64) async throws -> Play {
        var play = try await Play()
        try await play.sandbox.bank.change(BankRules(paymentFee: 3, payoutFee: 7))
        try await play.sandbox.bank.adopt(FaultPlan(seed: seed, rules: Self.rules))
        for day in 0..<8 {
            if day == 4 { play = try await play.restarted() }
            for number in 0..<5 {
                try await play.pay("TP0000\(day)00\(number)", fen: Int64(10_000 + day * 100 + number))
                // A payout may end without an answer; the book says what became of it.
                _ = try await play.send(play.payout("WD0000\(day)00\(number)", fen: Int64(1000 + number)))
                await play.pass(3600)
            }
            if try await play.order("TP0000\(day)000").state == .paid {
                _ = try await play.refund("RF0000\(day)000", of: "TP0000\(day)000", fen: 50)
            }
            await play.pass(19 * 3600)
        }
        await play.pass(14 * 86_400)
        return play
    }

    @Test("Orders, movements, files, nets and statements say the same", arguments: [1, 2, 3] as [Int64])
    func agrees(seed: Int64) async throws {
        let play = try await playedOut(seed: seed)
        let state = await play.sandbox.bank.state
        #expect(Set(state.trades.map(\.serial)).count == state.trades.count)

        // Every order that says so has moved money once, and no other one has; nothing moved back twice.
        for order in state.orders.values {
            let own = state.trades.filter { $0.serial == order.queryId }
            #expect(
                own.map(\.amount)
                    == (order.state == .paid || order.state == .debitedLate ? [order.amount] : []))
            let again = state.trades.filter {
                $0.order == order.key && $0.kind == .payment && $0.serial != order.queryId
            }
            #expect(again.map(\.serial) == [order.secondPaymentQueryId].compactMap { $0 })
            let back = state.trades.filter { $0.originalSerial == order.queryId && $0.kind != .refund }
            #expect(back.map(\.serial) == [order.followUpQueryId].compactMap { $0 })
            #expect(order.state != .accepted)
        }
        let kinds = Set(state.trades.map(\.kind))
        #expect(
            kinds.isSuperset(of: [.payment, .payout, .refund, .reversal, .payoutReturn, .lateDebitReturn]))

        // Days follow one another; each file has its day's movements, and they make its net.
        for (earlier, later) in zip(state.closedDays, state.closedDays.dropFirst()) {
            #expect(later.day == earlier.day.adding(1))
        }
        for day in state.closedDays where play.now >= state.rules.nightRun(after: day.day) {
            let lines = try await play.file(day.day.text) ?? []
            let trades = state.trades.filter { $0.settlementDay == day.day && $0.isInFile }
            #expect(lines.map(\.queryID.text) == trades.map(\.serial))
            #expect(lines.reduce(0) { $0 + ($1.net?.signedFen ?? 0) } == day.net)
            #expect(trades.allSatisfy { state.rules.settlementDay(of: $0.bookedAt) == day.day })
        }

        // Statements carry the balance from day to day, and end with what was transferred.
        var balance: Int64 = 0
        var day = BankDay(of: Play.start)
        while play.now >= state.rules.nightRun(after: day) {
            let rows = try await play.statement(day.text).text.split(separator: "\r\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
            #expect(rows[1][0] == "opening" && Int64(rows[1][6]) == balance)
            for row in rows.dropFirst(2).dropLast() {
                balance += try #require(Int64(row[5])) * (row[4] == "in" ? 1 : -1)
            }
            #expect(rows.last?[0] == "closing" && rows.last.flatMap { Int64($0[6]) } == balance)
            day = day.adding(1)
        }
        let lastStatement = day.adding(-1)
        let transferred = state.closedDays.filter { BankDay(of: $0.transferAt) <= lastStatement }
        #expect(balance == transferred.reduce(0) { $0 + $1.net })
    }
}
