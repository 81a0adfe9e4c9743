import Cryptography
import Foundation
import Testing
import UnionPay

@testable import Sandbox

@Suite("The bank's book")
struct BankBookTests {
    let folder: TemporaryFolder
    let now = Date(timeIntervalSince1970: 1_795_338_000)

    init() throws {
        folder = try TemporaryFolder()
    }

    func identity(_ number: String, at time: Date? = nil) throws -> OrderIdentity {
        OrderIdentity(
            merchant: try MerchantNumber("777290058110097"), number: try OrderNumber(number),
            time: BeijingTime(time ?? now))
    }

    func payment(_ number: String, fen: Int64 = 100, at time: Date? = nil) throws -> FrontPayment {
        try FrontPayment(
            order: identity(number, at: time), amountFen: fen, frontURL: "http://127.0.0.1/return",
            backURL: "http://127.0.0.1/notify", payTimeout: BeijingTime(now + 900))
    }

    func payout(_ number: String, account: String) throws -> Payout {
        try Payout(
            order: identity(number), amountFen: 100, accountNumber: Secret(account), holderName: Secret("示例"),
            licenceNumber: "91430100MA4L16JJ0E", backURL: "http://127.0.0.1/notify")
    }

    @Test("A payment moves money once, however often the button is pressed")
    func paysOnce() async throws {
        let book = try BankBook(directory: folder.url)
        let key = OrderKey(try identity("TP00000001"))
        _ = try await book.open(payment("TP00000001"), at: now)
        let first = try #require(try await book.pay(key, at: now))
        let second = try #require(try await book.pay(key, at: now + 1))
        #expect(first.isNew && !second.isNew)
        #expect(first.order.queryId == second.order.queryId)
        #expect(first.order.queryId?.count == 21)
        _ = try await book.abandon(key, at: now)
        #expect(await book.find(key)?.state == .paid)
    }

    @Test("A payer who gave up can come back within the time allowed, and not after it")
    func abandons() async throws {
        let book = try BankBook(directory: folder.url)
        for number in ["TP00000001", "TP00000002"] {
            _ = try await book.open(payment(number), at: now)
            #expect(try await book.abandon(OrderKey(identity(number)), at: now)?.state == .abandoned)
        }
        #expect(try await book.pay(OrderKey(identity("TP00000001")), at: now + 900)?.isNew == true)
        #expect(try await book.pay(OrderKey(identity("TP00000002")), at: now + 901)?.isNew == false)
        #expect(try await book.pay(OrderKey(identity("TP00000003")), at: now) == nil)
    }

    @Test("A number is taken once a day: the same order is shown again, another one is a duplicate")
    func duplicates() async throws {
        let book = try BankBook(directory: folder.url)
        _ = try await book.open(payment("TP00000001"), at: now)
        for (order, isShown) in [
            (try payment("TP00000001"), true), (try payment("TP00000001", fen: 200), false),
            (try payment("TP00000001", at: now + 1), false),
            (try payment("TP00000001", at: now + 86_400), true),
        ] {
            let visit = try await book.open(order, at: now)
            if case .shown = visit { #expect(isShown) } else { #expect(!isShown) }
        }
    }

    @Test(
        "Payouts do what is documented for their accounts",
        arguments: [
            ("6222000012345678", BankOrder.State.accepted, BankOrder.State.paid, 20.0),
            ("6222000000000001", .refused, .refused, 0), ("6222000000000002", .accepted, .refused, 20),
            ("6222000000000003", .accepted, .paid, 200), ("6222000000000004", .accepted, .paid, 20),
            ("6222000000000005", .accepted, .paid, 20),
        ])
    func payouts(account: String, first: BankOrder.State, last: BankOrder.State, delay: Double) async throws {
        let book = try BankBook(directory: folder.url)
        guard
            case .taken(let order) = try await book.take(
                payout("WD00000001", account: account), delaySeconds: 20, at: now)
        else {
            Issue.record("not taken")
            return
        }
        #expect(order.state == first)
        #expect(order.accountTail == String(account.suffix(4)))
        #expect((order.dueAt ?? now) == now + delay)
        _ = try await book.decide(order.key, at: now + delay)
        #expect(await book.find(order.key)?.state == last)
        #expect(try await book.decide(order.key, at: now + delay) == nil)
        guard
            case .duplicate = try await book.take(
                payout("WD00000001", account: account), delaySeconds: 20, at: now)
        else {
            Issue.record("taken twice")
            return
        }
    }

    @Test("After a restart the book is the same, serials go on, and what was open is taken up")
    func restart() async throws {
        let first = try BankBook(directory: folder.url)
        _ = try await first.open(payment("TP00000001"), at: now)
        _ = try await first.pay(OrderKey(identity("TP00000001")), at: now)
        _ = try await first.open(payment("TP00000002"), at: now)
        _ = try await first.take(payout("WD00000001", account: "6222000012345678"), delaySeconds: 20, at: now)
        try await first.note(
            BankBook.Delivery(
                key: OrderKey(identity("TP00000001")), attempts: 2, isOver: false, result: "HTTP 500", at: now
            ))
        let second = try BankBook(directory: folder.url)
        #expect(await second.all().map { "\($0)" } == first.all().map { "\($0)" })
        #expect(await second.unfinished().map(\.delivery?.attempts) == [2])
        #expect(try await second.advance(to: now + 20).map(\.orderId) == ["WD00000001"])
        let paid = try #require(try await second.pay(OrderKey(identity("TP00000002")), at: now))
        let serials = await second.all().compactMap(\.queryId)
        #expect(Set(serials).count == 3)
        #expect(paid.order.traceNo == "000003")
    }

    @Test("A journal from before there were settlement days goes on: what was paid is in its day's file")
    func oldJournal() async throws {
        let line =
            #"{"order":{"txnTime":"20261122170000","product":"000202","orderId":"TP00000001","state":"paid","#
            + #""merId":"777290058110097","amount":100,"backUrl":"http://127.0.0.1/notify","traceNo":"000007","#
            + #""queryId":"202611221700000000007","openedAt":1795338000,"decidedAt":1795338000,"#
            + #""frontUrl":"http://127.0.0.1/return","payTimeout":"20261122171500"}}"#
        let file = folder.url.appendingPathComponent("bank.jsonl")
        try Data((line + "\n").utf8).write(to: file)
        for _ in 1...2 {
            let book = try BankBook(directory: folder.url)
            _ = try await book.advance(to: now + 86_400)
            #expect(await book.state.closedDays.map(\.net) == [100])
            let day = try #require(BankDay("2026-11-22"))
            let trades = await book.fileTrades(of: day, merchant: "777290058110097", at: now + 86_400)
            #expect(trades?.map(\.serial) == ["202611221700000000007"])
        }
    }

    @Test("The record of a transaction names the settlement day, which ends at 23:00 in Beijing")
    func settlementDay() async throws {
        let book = try BankBook(directory: folder.url)
        // 2026-11-22 22:59:59 and 23:00:00 in Beijing.
        for (number, time, day) in [
            ("TP00000001", 1_795_359_599.0, "1122"), ("TP00000002", 1_795_359_600, "1123"),
        ] {
            let moment = Date(timeIntervalSince1970: time)
            _ = try await book.take(payout(number, account: "6222000012345678"), delaySeconds: 0, at: moment)
            let order = try #require(try await book.decide(OrderKey(identity(number)), at: moment))
            #expect(try order.transaction()?.settleDate == day)
        }
    }
}
