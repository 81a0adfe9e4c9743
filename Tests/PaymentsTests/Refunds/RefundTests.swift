import Foundation
import Postgres
import Testing
import UnionPay

@testable import Payments

@Suite("Refunds of receipts")
struct RefundTests {
    /// A receipt of 69.99 that no order may be credited with, and whose return two people have decided.
    ///
    /// - Parameter hasOrder: whether it is the wrong amount of an order, or of no order at all.
    static func returning(
        hasOrder: Bool = true, _ body: @Sendable (MoneyFixture) async throws -> Void
    ) async throws {
        try await MoneyFixture.with { money in
            if hasOrder {
                let topUp = try await money.order(fen: 7_000)
                _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
                try await money.file([money.line(of: topUp, amount: 6_999)])
            } else {
                try await money.file([
                    BankFiles.Line(
                        trade: .payment, serial: "202611230000000000001",
                        orderNumber: "TP20261123NOBODY00001", amount: 6_999)
                ])
            }
            try await money.handle(try #require(await money.cases().first), .returned)
            try await body(money)
        }
    }

    /// What everybody locks first who brings the refund further.
    static func lock(hasOrder: Bool, _ money: MoneyFixture) -> SQL {
        hasOrder ? money.accountsLock : "SELECT id FROM refunds FOR NO KEY UPDATE"
    }

    static func id(_ money: MoneyFixture) async throws -> Int64 {
        try await money.owner.query("SELECT id FROM refunds").only()["id"]
    }

    /// How many refunds the bank was sent.
    static func sent(_ money: MoneyFixture) -> Int {
        money.world.calls.filter { $0.hasSuffix("backTransReq.do") }.count
    }

    /// From now on the bank says that it has given the money back.
    static func confirm(_ money: MoneyFixture) {
        money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 6_999) }
    }

    /// The money has gone back to its payer, once.
    static func expectCompleted(_ money: MoneyFixture) async throws {
        #expect(try await state(money) == "completed")
        #expect(try await money.entries(.returnConfirmed) == 1)
        #expect(try await money.held(.unidentifiedReceipts) == 0)
        #expect(try await money.held(.returnInTransit) == 0)
        #expect(try await money.cases().allSatisfy { !$0.state.isOpen })
        #expect(try await money.broken() == [])
    }

    static func state(_ money: MoneyFixture) async throws -> String {
        try await money.owner.query("SELECT state FROM refunds ORDER BY id DESC LIMIT 1").only()["state"]
    }

    static func events(_ money: MoneyFixture) async throws -> [String] {
        try await money.owner.query("SELECT event FROM refund_events ORDER BY refund_id, sequence").map {
            try $0["event"]
        }
    }

    @Test(
        "A notification about a refund is believed and has the bank asked at once", arguments: [true, false])
    func notified(hasOrder: Bool) async throws {
        try await Self.returning(hasOrder: hasOrder) { money in
            money.world.change { $0.refundDefault = .payout(code: "00") }
            try await money.pass(0)
            #expect(try await Self.state(money) == "accepted")
            Self.confirm(money)
            let refund = try await money.platform.database.transaction {
                try Refunds.load($0.query("SELECT id FROM refunds").only()["id"], on: $0)
            }
            let expected = try #require(try money.platform.bank.expectation(of: refund))
            let body = try OutsideKeys.bank.get().bankSide.body(
                of: TransactionNotification(
                    product: expected.product, order: expected.order, kind: expected.kind,
                    responseCode: .success,
                    transaction: money.world.transaction(expected.order, 6_999)))
            try await money.platform.bank.receive(notification: body)
            let believed = try await money.owner.query(
                "SELECT problem FROM bank_messages WHERE kind = 'notification' AND problem IS NULL")
            #expect(believed.count == 1)
            try await money.pass(0)
            try await Self.expectCompleted(money)
        }
    }

    @Test("One that the bank does not know is sent again on its day, identically, and never on another")
    func resent() async throws {
        try await Self.returning { money in
            try await money.pass(0)
            #expect(try await Self.state(money) == "unknown")
            money.world.change { $0.refundDefault = .payout(code: "00") }
            try await money.pass(300)
            #expect(try await Self.state(money) == "accepted")
            #expect(try await Self.events(money).suffix(2) == ["resent", "accepted"])
            let times = try await money.owner.query("SELECT DISTINCT transaction_time FROM refunds")
            #expect(times.count == 1)
            #expect(try await money.broken() == [])
        }
        try await Self.returning { money in
            try await money.pass(0)
            money.clock.advance(86_400)
            for _ in 1...3 { try await money.pass(3600) }
            #expect(try await Self.state(money) == "unknown")
            #expect(try await !Self.events(money).contains("resent"))
        }
    }

    @Test("A paused gateway sends none, and what waited goes when it works again")
    func paused() async throws {
        try await Self.returning { money in
            try await money.set(
                .gateway, BankChannel.Settings(isPaused: true, notice: "银行系统升级", cutOff: nil))
            try await money.pass(0)
            #expect(try await Self.state(money) == "approved")
            try await money.set(.gateway, BankChannel.Settings(isPaused: false, notice: "", cutOff: nil))
            money.world.change { $0.refundDefault = .payout(code: "00") }
            try await money.pass(3_600)
            #expect(try await Self.state(money) == "accepted")
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A worker that dies over the repetition leaves it unknown, and the money goes back once",
        arguments: Death.allCases)
    func diedOverRepetition(death: Death) async throws {
        try await Self.returning { money in
            try await money.pass(0)
            money.world.change { $0.refundDefault = .payout(code: "00") }
            money.clock.advance(300)
            try await money.die(death, over: "backTransReq.do")
            #expect(try await Self.state(money) == "sending")
            #expect(try await Self.events(money).last == "resent")
            try await money.pass(0)
            #expect(try await Self.state(money) == "unknown")
            if death == .beforeCall {
                try await money.pass(300)
                #expect(try await Self.state(money) == "accepted")
            }
            Self.confirm(money)
            try await money.pass(3_600)
            #expect(Self.sent(money) == 2)
            #expect(try await money.entries(.returnDecided) == 1)
            try await Self.expectCompleted(money)
        }
    }

    @Test(
        "Two workers that hear at once that the bank does not know it send it again once",
        arguments: [true, false])
    func resentAtOnce(hasOrder: Bool) async throws {
        try await Self.returning(hasOrder: hasOrder) { money in
            try await money.pass(0)
            money.world.change { $0.refundDefault = .payout(code: "00") }
            let id = try await Self.id(money)
            @Sendable func advance() async throws {
                try await money.platform.refunds.advance(id, attempts: 0)
            }
            try await money.atOnce(
                behind: Self.lock(hasOrder: hasOrder, money), [advance, advance])
            #expect(Self.sent(money) == 2)
            #expect(try await Self.events(money).count { $0 == "resent" } == 1)
            Self.confirm(money)
            try await money.atOnce(
                behind: Self.lock(hasOrder: hasOrder, money), [advance, advance])
            try await money.pass(3_600)
            #expect(try await money.entries(.returnDecided) == 1)
            try await Self.expectCompleted(money)
        }
    }

    @Test("That a repetition is refused says nothing about the first one")
    func repetitionRefused() async throws {
        try await Self.returning { money in
            try await money.pass(0)
            money.world.change { $0.refundDefault = .payout(code: "12") }
            try await money.pass(300)
            #expect(try await Self.state(money) == "unknown")
            #expect(try await money.held(.returnInTransit) == -6_999)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "One of which bank and files know nothing fails by two people only, and its money waits with the case again"
    )
    func absent() async throws {
        try await Self.returning { money in
            try await money.pass(0)
            money.clock.advance(86_400)
            for offset in 1...3 { try await money.file(MoneyFixture.day.adding(days: offset), []) }
            for _ in 1...6 { try await money.pass(12 * 3600) }
            #expect(try await Self.state(money) == "unknown")
            let found = try #require(await money.cases().last)
            #expect(found.kind == .oursOnly && found.choices == [.absent, .acknowledged])
            try await money.handle(found, .absent)
            #expect(try await Self.state(money) == "refused")
            #expect(try await money.held(.unidentifiedReceipts) == -6_999)
            #expect(try await money.cases().first?.state == .open)
            #expect(try await money.broken() == [])
            // Returned once more, it is another refund.
            money.world.change {
                $0.refundDefault = .payout(code: "00")
                $0.queryDefault = .query(code: "00", original: "00", amountFen: 6_999)
            }
            try await money.handle(try #require(await money.cases().first), .returned)
            try await money.pass(0)
            try await money.pass(300)
            #expect(try await Self.state(money) == "completed")
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.broken() == [])
        }
    }

    /// A refund of which bank and files know nothing, and the proposal to let it fail; gives a decision about that by one of
    /// two people.
    static func missing(
        hasOrder: Bool,
        _ body:
            @Sendable (MoneyFixture, _ decide: @escaping @Sendable (Int) async throws -> Void) async throws
            -> Void
    ) async throws {
        try await returning(hasOrder: hasOrder) { money in
            try await money.pass(0)
            money.clock.advance(86_400)
            for offset in 1...3 { try await money.file(MoneyFixture.day.adding(days: offset), []) }
            for _ in 1...6 { try await money.pass(12 * 3600) }
            let found = try #require(await money.cases().last)
            let (differences, origin) = (money.platform.differences, money.clerk.origin)
            try await differences.propose(
                found.number, .absent, reason: "银行回函", by: money.operations(), from: origin)
            let people = [try await money.nationalSupervisor(), try await money.otherOperations()]
            try await body(money) { person in
                try await differences.decide(
                    found.number, isGranted: true, version: found.version + 1, by: people[person],
                    from: origin)
            }
        }
    }

    /// The money lies with the case again, once.
    static func expectFailed(_ money: MoneyFixture) async throws {
        #expect(try await state(money) == "refused")
        #expect(try await money.entries(.returnRefused) == 1)
        #expect(try await money.entries(.returnConfirmed) == 0)
        #expect(try await money.held(.unidentifiedReceipts) == -6_999)
        #expect(try await money.held(.returnInTransit) == 0)
        #expect(try await money.cases().filter(\.state.isOpen).map(\.parking) == [.receipt])
        #expect(try await money.broken() == [])
    }

    @Test(
        "Two people deciding at once that it was never carried out decide once, and so does one who decides twice",
        arguments: [true, false])
    func absentAtOnce(hasOrder: Bool) async throws {
        try await Self.missing(hasOrder: hasOrder) { money, decide in
            let outcomes = try await money.atOnce(
                behind: Self.lock(hasOrder: hasOrder, money), refusal: DifferenceError.self,
                [{ try await decide(0) }, { try await decide(1) }])
            #expect(outcomes == [nil, .stale])
            await #expect(throws: DifferenceError.stale) { try await decide(0) }
            try await money.pass(3_600)
            try await Self.expectFailed(money)
        }
    }

    @Test(
        "Decided as never carried out just as the bank confirms it: whichever is first, the money goes back once",
        arguments: [true, false], [true, false])
    func absentWhileConfirmed(hasOrder: Bool, isDecidedFirst: Bool) async throws {
        try await Self.missing(hasOrder: hasOrder) { money, decide in
            Self.confirm(money)
            let id = try await Self.id(money)
            @Sendable func ask() async throws { try await money.platform.refunds.advance(id, attempts: 0) }
            @Sendable func fail() async throws { try await decide(0) }
            let outcomes = try await money.atOnce(
                behind: Self.lock(hasOrder: hasOrder, money), refusal: DifferenceError.self,
                isDecidedFirst ? [fail, ask] : [ask, fail])
            #expect(outcomes == [nil, isDecidedFirst ? nil : .stale])
            try await isDecidedFirst ? Self.expectFailed(money) : Self.expectCompleted(money)
            // The bank's file has it in either case.
            try await Self.fileWithRefund(money, offset: 4)
            try await Self.expectCompleted(money)
        }
    }

    @Test(
        "One that the bank confirms after its money went elsewhere is a loss, and ends as two people say",
        arguments: [(Handling.charged, "refused"), (.madeGood, "completed"), (.borne, "completed")])
    func disputed(handling: Handling, end: String) async throws {
        try await Self.returning { money in
            money.world.change { $0.refundDefault = .payout(code: "61") }
            try await money.pass(0)
            #expect(try await Self.state(money) == "refused")
            try await money.handle(try #require(await money.cases().first), .credited)
            let number: String = try await money.owner.query("SELECT number FROM refunds").only()["number"]
            let line = BankFiles.Line(
                trade: .refund, serial: "202611240000000000321", originalSerial: "202611230000000000001",
                orderNumber: number, amount: 6_999)
            try await money.file(MoneyFixture.day.adding(days: 1), [line])
            #expect(try await Self.state(money) == "disputed")
            try await money.platform.bankFiles.workOff(MoneyFixture.day.adding(days: 1))
            #expect(try await money.held(.differenceReceivable) == 6_999, "once")
            let found = try #require(await money.cases().last)
            try await money.handle(found, handling)
            #expect(try await Self.state(money) == end)
            #expect(try await money.held(.differenceReceivable) == 0)
            #expect(try await money.balances().available == Money(fen: handling == .charged ? 0 : 6_999))
            #expect(try await money.broken() == [])
        }
    }

    // MARK: Confirmed, and not in the files

    /// A refund that the bank has confirmed, and that the files of four days lack.
    static func denied(
        hasOrder: Bool = true, _ body: @Sendable (MoneyFixture, Difference) async throws -> Void
    ) async throws {
        try await returning(hasOrder: hasOrder) { money in
            money.world.change { $0.refundDefault = .payout(code: "00") }
            confirm(money)
            for _ in 1...2 { try await money.pass(300) }
            #expect(try await state(money) == "completed")
            for offset in 1...3 { try await money.file(MoneyFixture.day.adding(days: offset), []) }
            #expect(try await state(money) == "completed", "the bank may have meant the next day")
            try await money.file(MoneyFixture.day.adding(days: 4), [])
            #expect(try await state(money) == "disputed")
            #expect(try await money.broken() == [])
            let found = try #require(await money.cases().last)
            #expect(found.kind == .oursOnly && found.state == .open && found.parking == .none)
            #expect(found.choices == [.absent, .acknowledged])
            try await body(money, found)
        }
    }

    /// A later file that has the refund.
    static func fileWithRefund(
        _ money: MoneyFixture, offset: Int = 5, serial: String? = nil, amount: Int64 = 6_999
    ) async throws {
        let row = try await money.owner.query(
            """
            SELECT number, coalesce(bank_serial, '202611270000000000321') AS serial FROM refunds ORDER BY id LIMIT 1
            """
        ).only()
        try await money.file(
            MoneyFixture.day.adding(days: offset),
            [
                BankFiles.Line(
                    trade: .refund, serial: serial ?? row.decode("serial", as: String.self),
                    originalSerial: "202611230000000000001", orderNumber: row["number"], amount: amount)
            ])
    }

    /// The classes of the lines of refunds.
    static func classes(_ money: MoneyFixture) async throws -> [String] {
        try await money.owner.query("SELECT class FROM bank_file_classes WHERE trade = 'refund'").map {
            try $0["class"]
        }
    }

    @Test("The line of one that is confirmed is matched; a second line of it is a loss")
    func matched() async throws {
        try await Self.returning { money in
            money.world.change { $0.refundDefault = .payout(code: "00") }
            Self.confirm(money)
            for _ in 1...2 { try await money.pass(300) }
            try await Self.fileWithRefund(money, offset: 1)
            #expect(try await Self.classes(money) == ["matched"])
            try await Self.expectCompleted(money)
            try await Self.fileWithRefund(money, offset: 2, serial: "202611250000000000999")
            #expect(try await Self.classes(money) == ["matched", "stateDiffers"])
            let found = try #require(await money.cases().last)
            #expect(found.kind == .duplicate && found.parking == .loss)
            #expect(try await money.held(.differenceReceivable) == 6_999)
            #expect(try await money.entries(.returnConfirmed) == 1)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "One that was confirmed and that the files lack is completed again when two people say that the bank has paid"
    )
    func deniedAndAcknowledged() async throws {
        try await Self.denied { money, found in
            try await money.handle(found, .acknowledged)
            try await Self.expectCompleted(money)
            // It is not denied once more, and what the bank files at last changes nothing.
            try await money.platform.bankFiles.workOff(MoneyFixture.day.adding(days: 4))
            try await Self.fileWithRefund(money)
            try await Self.expectCompleted(money)
            #expect(try await Self.events(money).count { $0 == "denied" } == 1)
        }
    }

    @Test("One that was confirmed and that the files lack is completed by itself when a later file has it")
    func deniedAndFiled() async throws {
        try await Self.denied { money, found in
            try await Self.fileWithRefund(money)
            try await Self.expectCompleted(money)
            #expect(try await Self.events(money).last == "acknowledged")
            #expect(try await money.cases().last?.state == .selfCleared)
        }
    }

    @Test(
        "One that two people take for never done gives its money back to the case, from where it can be returned anew",
        arguments: [true, false])
    func deniedAndAbsent(hasOrder: Bool) async throws {
        try await Self.denied(hasOrder: hasOrder) { money, found in
            try await money.handle(found, .absent)
            #expect(try await Self.state(money) == "refused")
            #expect(try await money.held(.unidentifiedReceipts) == -6_999)
            #expect(try await money.held(.bankClearing) == 6_999)
            #expect(try await money.held(.returnInTransit) == 0)
            #expect(try await money.cases().filter(\.state.isOpen).map(\.parking) == [.receipt])
            #expect(try await money.broken() == [])
            try await money.handle(try #require(await money.cases().first), .returned)
            for _ in 1...2 { try await money.pass(300) }
            #expect(try await Self.state(money) == "completed")
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.broken() == [])
            // The bank has done the first one after all: it has given the money back twice.
            try await Self.fileWithRefund(money)
            #expect(try await money.held(.differenceReceivable) == 6_999)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "One that was taken for never done and that a file has after all is done, if its money still lies with the case"
    )
    func deniedAbsentAndFiled() async throws {
        try await Self.denied { money, found in
            try await money.handle(found, .absent)
            try await Self.fileWithRefund(money)
            #expect(try await Self.state(money) == "completed")
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.cases().allSatisfy { !$0.state.isOpen })
            #expect(try await money.broken() == [])
        }
    }

    @Test("A case that there was before the bank confirmed it is opened again when the files still lack it")
    func deniedAfterUnknown() async throws {
        try await Self.returning { money in
            try await money.pass(0)
            money.clock.advance(86_400)
            for offset in 1...3 { try await money.file(MoneyFixture.day.adding(days: offset), []) }
            for _ in 1...6 { try await money.pass(12 * 3600) }
            let found = try #require(await money.cases().last)
            Self.confirm(money)
            try await money.pass(12 * 3600)
            #expect(try await Self.state(money) == "completed")
            for offset in 4...9 { try await money.file(MoneyFixture.day.adding(days: offset), []) }
            #expect(try await Self.state(money) == "disputed")
            let again = try #require(await money.cases().last)
            #expect(again.number == found.number && again.state == .open)
            try await money.handle(again, .acknowledged)
            try await Self.expectCompleted(money)
        }
    }

    @Test(
        "Decided as never done just as a file brings it: whichever is first, the money goes back once",
        arguments: [true, false], [true, false])
    func deniedWhileFiled(hasOrder: Bool, isDecidedFirst: Bool) async throws {
        try await Self.denied(hasOrder: hasOrder) { money, found in
            let (differences, origin) = (money.platform.differences, money.clerk.origin)
            try await differences.propose(
                found.number, .absent, reason: "银行回函", by: money.operations(), from: origin)
            let supervisor = try await money.nationalSupervisor()
            @Sendable func decide() async throws {
                try await differences.decide(
                    found.number, isGranted: true, version: found.version + 1, by: supervisor, from: origin)
            }
            @Sendable func file() async throws { try await Self.fileWithRefund(money) }
            let outcomes = try await money.atOnce(
                behind: Self.lock(hasOrder: hasOrder, money), refusal: DifferenceError.self,
                isDecidedFirst ? [decide, file] : [file, decide])
            #expect(outcomes == [nil, isDecidedFirst ? nil : .stale])
            #expect(try await Self.state(money) == "completed")
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.cases().allSatisfy { !$0.state.isOpen })
            #expect(try await money.broken() == [])
        }
    }
}
