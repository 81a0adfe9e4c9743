import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("What was booked and the bank's files lack, or have with another amount")
struct BookedOtherwiseTests {
    @Test(
        "A withdrawal held for paid is the company's again once two people say that the bank never paid, and a late line is a loss"
    )
    func neverPaid() async throws {
        try await MoneyFixture.with { money in
            let paid = try await money.paid(fen: 6_000)
            try await money.fileOfToday()
            for offset in 1...3 { try await money.file(MoneyFixture.day.adding(days: offset), []) }
            let found = try #require(await money.cases().last)
            #expect(found.kind == .oursOnly && found.choices == [.absent, .acknowledged])
            #expect(try await money.balances().available == Money(fen: 4_000))
            try await money.handle(found, .absent)
            #expect(try await money.withdrawal(paid.number).status == .refused)
            #expect(try await money.balances().available == Money(fen: 10_000))
            #expect(try await money.held(.bankClearing, Channel.payout.rawValue) == 0)
            #expect(try await money.openCases() == [])
            #expect(try await money.broken() == [])
            // The bank has paid it after all, under the serial of its first word.
            try await money.file(
                MoneyFixture.day.adding(days: 4),
                [
                    BankFiles.Line(
                        trade: .payout, serial: try #require(paid.bankSerial), orderNumber: paid.number,
                        amount: 6_000)
                ])
            #expect(try await money.withdrawal(paid.number).status == .paymentParked)
            #expect(try await money.held(.differenceReceivable) == 6_000)
            #expect(try await money.held(.bankClearing, Channel.payout.rawValue) == -6_000)
            try await money.handle(try #require(await money.cases().last), .charged)
            #expect(try await money.withdrawal(paid.number).status == .paid)
            #expect(try await money.balances().available == Money(fen: 4_000))
            #expect(try await money.broken() == [])
        }
    }

    @Test("A withdrawal that a file has come to have meanwhile cannot be said never to have been paid")
    func paidMeanwhile() async throws {
        try await MoneyFixture.with { money in
            let paid = try await money.paid(fen: 6_000)
            try await money.fileOfToday()
            for offset in 1...3 { try await money.file(MoneyFixture.day.adding(days: offset), []) }
            let found = try #require(await money.cases().last)
            try await money.file(
                MoneyFixture.day.adding(days: 4),
                [
                    BankFiles.Line(
                        trade: .payout, serial: try #require(paid.bankSerial), orderNumber: paid.number,
                        amount: 6_000)
                ])
            await #expect(throws: DifferenceError.self) { try await money.handle(found, .absent) }
            #expect(try await money.withdrawal(paid.number).status == .paid)
            #expect(try await money.balances().available == Money(fen: 4_000))
        }
    }

    @Test(
        "A file that comes while two people say that the bank never paid is seen by them, or has its line worked off as news",
        arguments: [true, false])
    func decidedAndFiledAtOnce(isFiledFirst: Bool) async throws {
        try await MoneyFixture.with { money in
            let paid = try await money.paid(fen: 6_000)
            try await money.fileOfToday()
            for offset in 1...3 { try await money.file(MoneyFixture.day.adding(days: offset), []) }
            let found = try #require(await money.cases().last)
            let proposed = try await money.propose(found, .absent)
            let supervisor = try await money.nationalSupervisor()
            let line = BankFiles.Line(
                trade: .payout, serial: try #require(paid.bankSerial), orderNumber: paid.number, amount: 6_000
            )
            let acts: [@Sendable () async throws -> Void] = [
                { try await money.file(MoneyFixture.day.adding(days: 4), [line]) },
                {
                    try await money.platform.differences.decide(
                        proposed.number, isGranted: true, version: proposed.version, by: supervisor,
                        from: money.clerk.origin)
                },
            ]
            let refusals = try await money.atOnce(
                behind: "LOCK TABLE bank_files IN SHARE ROW EXCLUSIVE MODE", refusal: DifferenceError.self,
                isFiledFirst ? acts : acts.reversed())
            #expect(refusals == (isFiledFirst ? [nil, .unfitting] : [nil, nil]))
            #expect(try await money.withdrawal(paid.number).status == (isFiledFirst ? .paid : .paymentParked))
            #expect(
                try await money.balances().available == Money(fen: isFiledFirst ? 4_000 : 10_000))
            #expect(try await money.held(.differenceReceivable) == (isFiledFirst ? 0 : 6_000))
            #expect(try await money.held(.bankClearing, Channel.payout.rawValue) == -6_000)
            #expect(try await money.broken() == [])
        }
    }

    @Test("No step of a machine releases a serial")
    func notReleased() async throws {
        try await MoneyFixture.with { money in
            _ = try await money.paid(fen: 6_000)
            try await money.fileOfToday()
            for offset in 1...3 { try await money.file(MoneyFixture.day.adding(days: offset), []) }
            let found = try #require(await money.cases().last)
            let refusal = await #expect(throws: PostgresError.self) {
                try await money.platform.database.query("SELECT release_bank_serial(\(found.id))")
            }
            #expect(refusal?.constraint == "serial_was_never_paid")
        }
    }

    @Test(
        "A top-up booked with another amount than the file has: the difference is parked, and credited or charged",
        arguments: [10_003, 9_997])
    func topUp(inFile: Int64) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp, amount: inFile)])
            let found = try #require(await money.cases().first)
            let isMore = inFile > 10_000
            #expect(found.kind == .amountDiffers && found.parking == (isMore ? .receipt : .loss))
            #expect(found.amount == Money(fen: 3) && found.ourAmount == Money(fen: 10_000))
            #expect(try await money.held(.bankClearing) == inFile)
            #expect(try await money.broken() == [])
            try await money.handle(found, isMore ? .credited : .charged)
            #expect(try await money.balances().available == Money(fen: inFile))
            #expect(try await money.topUp(topUp.number).status == .credited)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A withdrawal booked with another amount than the file has: the difference is parked, and charged or credited",
        arguments: [6_003, 5_997])
    func withdrawal(inFile: Int64) async throws {
        try await MoneyFixture.with { money in
            let paid = try await money.paid(fen: 6_000)
            try await money.fileOfToday([
                BankFiles.Line(
                    trade: .payout, serial: try #require(paid.bankSerial), orderNumber: paid.number,
                    amount: inFile)
            ])
            let found = try #require(await money.cases().first)
            let isMore = inFile > 6_000
            #expect(found.kind == .amountDiffers && found.parking == (isMore ? .loss : .receipt))
            #expect(found.amount == Money(fen: 3))
            #expect(try await money.held(.bankClearing, Channel.payout.rawValue) == -inFile)
            #expect(try await money.broken() == [])
            let merchant = money.merchantNumber
            try await money.handle(found, isMore ? .charged : .credited, for: merchant)
            #expect(try await money.balances().available == Money(fen: 10_000 - inFile))
            #expect(try await money.broken() == [])
        }
    }
}
