import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("An enterprise's account beside the bank's files")
struct AccountReconciliationTests {
    private static let today = LocalDate(MovedClock.start)

    @Test(
        "A top-up is not in the files, then it agrees; a withdrawal is on its way, then paid, then in the files"
    )
    func items() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            let serial = try #require(topUp.bankSerial)
            var found = try await money.reconciliation()
            #expect(found.items.map(\.outcome) == [.notInFiles])
            try await money.file([money.line(of: topUp)])
            found = try await money.reconciliation()
            #expect(found.items.map(\.outcome) == [.agreed])
            #expect(found.items.first?.settled.map(\.serial) == [serial])
            #expect(found.items.first?.settled.map(\.day) == [MoneyFixture.day])
            let number = try await money.withdraw(fen: 4_000, funding: 0)
            #expect(try await money.reconciliation().items.count == 1, "money set aside has not moved")
            try await money.pass(0)
            #expect(try await money.reconciliation().items.map(\.outcome) == [.agreed, .inTransit])
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 4_000) }
            try await money.pass(200)
            #expect(try await money.reconciliation().items.map(\.outcome) == [.agreed, .notInFiles])
            let paid = try await money.withdrawal(number)
            let settled = MoneyFixture.day.adding(days: 1)
            try await money.file(
                settled,
                [
                    BankFiles.Line(
                        trade: .payout, serial: try #require(paid.bankSerial), orderNumber: number,
                        amount: 4_000)
                ])
            found = try await money.reconciliation()
            #expect(found.items.map(\.outcome) == [.agreed, .agreed])
            #expect(found.items.last?.settled.map(\.isWithin) == [false])
            // Seen from the day after, it is the same item, booked before.
            let next = try await money.reconciliation(from: settled, until: settled)
            #expect(next.items.map(\.number) == [number])
            #expect(next.items.first?.outcome == .agreed)
            #expect(next.items.first?.booked.map(\.isWithin) == [false])
            #expect(next.opening == Money(fen: 6_000) && next.closing == Money(fen: 6_000))
        }
    }

    @Test(
        "Opening balance and all that came and went give the closing balance; items are what came and went at the bank"
    )
    func sums() async throws {
        try await MoneyFixture.with { money in
            let bill = try await money.submitBill()
            try await money.pass(0)
            let refused = try await money.withdraw(fen: 3_000, funding: 0)
            try await money.pass(0)
            money.world.change { $0.queryDefault = .query(code: "00", original: "61") }
            try await money.pass(200)
            #expect(try await money.withdrawal(refused).status == .refused)
            #expect(try await money.payment(bill).status == .writtenOff)
            let found = try await money.reconciliation()
            #expect(found.topUps == .init(income: Money(fen: 10_000), expense: .zero))
            #expect(found.withdrawals == .init(income: Money(fen: 3_000), expense: Money(fen: 3_000)))
            #expect(found.billPayments == .init(income: .zero, expense: Money(fen: 4_200)))
            #expect(found.others == .init(income: .zero, expense: .zero))
            #expect(found.opening == .zero)
            #expect(found.closing == (try Money(fen: 10_000) - Money(fen: 4_200)))
            #expect(found.items.map(\.outcome) == [.notInFiles, .givenBack])
            let moved = found.items.flatMap(\.booked).reduce(0) { $0 + $1.change.fen }
            #expect(moved == 10_000)
        }
    }

    @Test(
        "What the bank has and the account has not is listed, and explained once two people have credited it")
    func notBooked() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 7_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            try await money.file([money.line(of: topUp, amount: 6_900)])
            #expect(try await money.reconciliation().items.map(\.outcome) == [.notBooked])
            try await money.handle(#require(await money.cases().first), .credited)
            let found = try await money.reconciliation()
            #expect(found.items.map(\.outcome) == [.agreed])
            #expect(found.topUps.income == Money(fen: 6_900))
            #expect(found.closing == Money(fen: 6_900))
        }
    }

    @Test("A payout that came back short of what the bank kept shows both lines and the difference")
    func returned() async throws {
        try await MoneyFixture.with { money in
            let withdrawal = try await money.paid(fen: 6_000)
            try await money.file([
                BankFiles.Line(
                    trade: .payout, serial: try #require(withdrawal.bankSerial),
                    orderNumber: withdrawal.number,
                    amount: 6_000)
            ])
            try await money.file(
                MoneyFixture.day.adding(days: 2),
                [
                    BankFiles.Line(
                        trade: .payoutReturn, serial: "202611250000000000009",
                        originalSerial: withdrawal.bankSerial, orderNumber: withdrawal.number, amount: 5_900)
                ])
            let item = try #require(
                await money.reconciliation(until: Self.today.adding(days: 9)).items.last)
            #expect(item.booked.map(\.change.fen) == [-6_000, 6_000])
            #expect(item.settled.map(\.change.fen) == [-6_000, 5_900])
            #expect(item.outcome == .differs)
        }
    }

    @Test("Nobody sees another enterprise's money")
    func foreign() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp)])
            let other = try await money.anotherEnterprise()
            let found = try await money.platform.statements.reconciliation(
                of: other, from: Self.today, until: Self.today)
            #expect(found.items.isEmpty && found.closing == .zero)
        }
    }

    @Test("However large files and journal are, it reads what is the enterprise's own")
    func indexes() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp)])
            try await money.fillStatement(lines: 2_000)
            try await money.owner.execute(
                """
                INSERT INTO bank_file_lines (file_id, line, channel, trade, serial, order_number, amount, fee)
                SELECT (SELECT id FROM bank_files), n + 1, 'unionpay-b2b', 'payment', 'S' || n, 'TP9' || n, 1, 0
                FROM generate_series(1, 50000) AS n
                """)
            try await money.owner.execute("ANALYZE bank_file_lines")
            let other = try await money.anotherEnterprise()
            let plan = try await money.platform.database.query(
                """
                EXPLAIN \(fragment: Statements.reconciliation(of: other, from: Self.today, until: Self.today))
                """
            ).map { try $0.decode("QUERY PLAN", as: String.self) }
            #expect(!plan.contains { $0.contains("Seq Scan on bank_file_lines") }, "\(plan)")
            #expect(!plan.contains { $0.contains("Seq Scan on journal_entries_2026") }, "\(plan)")
        }
    }
}

extension MoneyFixture {
    fileprivate func reconciliation(from: LocalDate? = nil, until: LocalDate? = nil) async throws
        -> AccountReconciliation
    {
        let today = LocalDate(MovedClock.start)
        return try await platform.statements.reconciliation(
            of: clerk.enterprise, from: from ?? today, until: until ?? today)
    }
}
