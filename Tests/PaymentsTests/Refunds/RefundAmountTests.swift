import Postgres
import Testing

@testable import Payments

/// Lines of refunds with another amount than ours.
extension RefundTests {
    /// The nets of days, each with its offset from the first one, in one statement.
    static func settle(_ money: MoneyFixture, _ nets: [(offset: Int, net: Int64)]) async throws {
        try await money.platform.reserveStatements.take(
            ReserveStatements.Statement(
                day: MoneyFixture.day.adding(days: 9), account: ReserveStatements.account, opening: 0,
                closing: nets.reduce(0) { $0 + $1.net },
                lines: nets.map {
                    ReserveStatements.Line(
                        serial: "R\($0.offset)", change: $0.net, counterparty: "银联", purpose: "清算",
                        settlementDate: MoneyFixture.day.adding(days: $0.offset))
                }))
    }

    /// What is left in clearing, day by day.
    static func left(_ money: MoneyFixture) async throws -> [String] {
        try await money.owner.query(
            """
            SELECT item || ' ' || sum(amount) AS open FROM postings WHERE account = 'bankClearing'
            GROUP BY item HAVING sum(amount) <> 0 ORDER BY item
            """
        ).map { try $0["open"] }
    }

    @Test(
        "A line with another amount is what the bank has paid: the refund is booked once, whichever word comes first, and the difference parked",
        arguments: [true, false], [Int64(6_000), 8_000])
    func otherAmount(isFiledFirst: Bool, paid: Int64) async throws {
        try await Self.returning { money in
            money.world.change { $0.refundDefault = .payout(code: "00") }
            try await money.pass(300)
            if isFiledFirst {
                try await Self.fileWithRefund(
                    money, offset: 1, serial: "202611240000000000999", amount: paid)
                #expect(try await Self.state(money) == "completed")
            }
            Self.confirm(money)
            for _ in 1...2 { try await money.pass(300) }
            if !isFiledFirst { try await Self.fileWithRefund(money, offset: 1, amount: paid) }
            try await money.platform.bankFiles.workOff(MoneyFixture.day.adding(days: 1))
            #expect(try await Self.classes(money) == ["amountDiffers"])
            #expect(try await Self.state(money) == "completed")
            #expect(try await money.entries(.returnConfirmed) == 1)
            #expect(try await money.held(.returnInTransit) == 0)
            #expect(try await money.held(.unidentifiedReceipts) == min(0, paid - 6_999))
            #expect(try await money.held(.differenceReceivable) == max(0, paid - 6_999))
            #expect(try await money.held(.bankClearing) == 6_999 - paid)
            #expect(try await money.cases().map(\.kind) == [.amountDiffers, .amountDiffers])
            #expect(try await money.broken() == [])
            try await Self.settle(money, [(0, 6_999), (1, -paid)])
            #expect(try await Self.left(money) == [])
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "What a refund has given back too little or too much ends as two people say",
        arguments: [
            (Int64(6_000), Handling.credited), (6_000, .returned), (8_000, .charged), (8_000, .borne),
        ])
    func otherAmountDecided(paid: Int64, handling: Handling) async throws {
        try await Self.returning { money in
            money.world.change { $0.refundDefault = .payout(code: "00") }
            try await money.pass(300)
            try await Self.fileWithRefund(money, offset: 1, serial: "202611240000000000999", amount: paid)
            try await money.handle(try #require(await money.cases().last), handling)
            if handling == .returned {
                money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 999) }
                for _ in 1...2 { try await money.pass(300) }
                let originals = try await money.owner.query(
                    "SELECT original_serial, amount FROM refunds WHERE state = 'completed' ORDER BY id")
                #expect(try originals.map { try $0["amount"] as Int64 } == [6_999, 999])
                #expect(
                    try Set(originals.map { try $0["original_serial"] as String })
                        == ["202611230000000000001"])
            }
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.held(.differenceReceivable) == 0)
            #expect(try await money.balances().available == Money(fen: handling == .credited ? 999 : 0))
            #expect(try await money.cases().allSatisfy { !$0.state.isOpen })
            #expect(try await money.broken() == [])
        }
    }

    @Test("One of which the bank never tells more than a line with another amount ends by that line")
    func otherAmountUnheard() async throws {
        try await Self.returning { money in
            try await money.pass(0)
            money.clock.advance(86_400)
            for offset in 1...3 { try await money.file(MoneyFixture.day.adding(days: offset), []) }
            for _ in 1...6 { try await money.pass(12 * 3600) }
            #expect(try await money.cases().last?.choices == [.absent, .acknowledged])
            try await Self.fileWithRefund(money, offset: 4, amount: 6_000)
            #expect(try await Self.state(money) == "completed")
            let open = try await money.cases().filter(\.state.isOpen)
            #expect(open.map(\.kind) == [.amountDiffers] && open.map(\.amount) == [Money(fen: 999)])
            try await Self.settle(money, [(0, 6_999), (4, -6_000)])
            #expect(try await Self.left(money) == [])
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "One that the files denied and of which a later file has another amount cannot be said never to have been done"
    )
    func otherAmountDenied() async throws {
        try await Self.denied { money, found in
            try await Self.fileWithRefund(money, amount: 6_000)
            #expect(try await Self.state(money) == "completed")
            let open = try await money.cases().filter(\.state.isOpen)
            #expect(open.map(\.kind) == [.amountDiffers] && open.map(\.amount) == [Money(fen: 999)])
            try await Self.settle(money, [(0, 6_999), (5, -6_000)])
            #expect(try await Self.left(money) == [])
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "One whose money went elsewhere and that a file has with another amount is a loss of what the bank paid"
    )
    func otherAmountDisputed() async throws {
        try await Self.returning { money in
            money.world.change { $0.refundDefault = .payout(code: "61") }
            try await money.pass(0)
            try await money.handle(try #require(await money.cases().first), .credited)
            try await Self.fileWithRefund(money, offset: 1, amount: 6_000)
            #expect(try await Self.state(money) == "disputed")
            #expect(try await money.held(.differenceReceivable) == 6_999)
            #expect(try await money.held(.unidentifiedReceipts) == -999)
            for found in try await money.cases().filter(\.state.isOpen) {
                try await money.handle(found, found.parking == .loss ? .charged : .credited)
            }
            #expect(try await money.balances().available == Money(fen: 999))
            try await Self.settle(money, [(0, 6_999), (1, -6_000)])
            #expect(try await Self.left(money) == [])
            #expect(try await money.broken() == [])
        }
    }
}
