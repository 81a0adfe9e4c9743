import Foundation
import Testing

@testable import Sandbox

@Suite("A biller's book")
struct BillerBookTests {
    let folder: TemporaryFolder
    /// 2026-11-22 17:00 in Beijing.
    let now = Date(timeIntervalSince1970: 1_795_338_000)

    init() throws {
        folder = try TemporaryFolder()
    }

    func book(_ code: String) throws -> BillerBook {
        let biller = try #require(BillerProfile.all.first { $0.code == code })
        return try BillerBook(biller: biller, directory: folder.url)
    }

    /// An order for the oldest `count` bills, or all.
    func order(
        _ number: String, of customer: String, in book: BillerBook, count: Int? = nil
    ) async throws -> BillerBook.Order {
        let bills = try #require(try await book.statement(of: customer, at: now)).bills.prefix(count ?? .max)
        return BillerBook.Order(
            paymentNumber: number, customerNumber: customer, amount: bills.reduce(0) { $0 + $1.amount },
            bills: bills.map(\.billNumber), paidAt: "2026-11-22T09:00:00Z")
    }

    func status(_ receipt: BillerBook.Receipt) -> BillerPayment.Status? {
        if case .booked(let payment, _) = receipt { payment.status } else { nil }
    }

    @Test("Bills follow from number and month, add up, and are of the months before")
    func bills() throws {
        for biller in BillerProfile.all where biller.amountRule == .exact {
            let rule = BillingRule(biller: biller, customerNumber: biller.example)
            let bills = rule.bills(at: now)
            #expect(bills == rule.bills(at: now))
            #expect(bills.last?.period == "2026-10")
            #expect((1...3).contains(bills.count))
            for bill in bills { #expect(bill.principal > 0 && bill.principal + bill.lateFee == bill.amount) }
        }
    }

    @Test("Every example is an ordinary number that its biller knows")
    func examples() {
        for biller in BillerProfile.all {
            #expect(biller.accepts(biller.example))
            #expect(CustomerRule(customerNumber: biller.example) == .ordinary)
        }
    }

    @Test("Paid bills are no longer due, and cannot be paid by another payment")
    func paidOnce() async throws {
        let book = try book("CSWATER")
        let order = try await order("BP1", of: "10012345", in: book)
        #expect(try await status(book.book(order, writeOffSeconds: 60, at: now)) == .writtenOff)
        #expect(try await book.statement(of: "10012345", at: now)?.bills == [])
        let again = BillerBook.Order(
            paymentNumber: "BP2", customerNumber: order.customerNumber, amount: order.amount,
            bills: order.bills,
            paidAt: order.paidAt)
        #expect(try await status(book.book(again, writeOffSeconds: 60, at: now)) == .refused)
    }

    @Test("The same payment again has the same result, other content under its number is a conflict")
    func idempotent() async throws {
        let book = try book("CSWATER")
        let order = try await order("BP1", of: "10012345", in: book)
        _ = try await book.book(order, writeOffSeconds: 60, at: now)
        guard case .booked(_, isNew: false) = try await book.book(order, writeOffSeconds: 60, at: now) else {
            Issue.record("not taken as a repetition")
            return
        }
        let other = BillerBook.Order(
            paymentNumber: "BP1", customerNumber: order.customerNumber, amount: order.amount + 1,
            bills: order.bills, paidAt: order.paidAt)
        guard case .conflict = try await book.book(other, writeOffSeconds: 60, at: now) else {
            Issue.record("not taken as a conflict")
            return
        }
        #expect(try await book.all(at: now).count == 1)
    }

    @Test("Exact arrears are paid whole, of monthly bills any that are open")
    func amountRules() async throws {
        let water = try book("CSWATER")
        let part = try await order("BP1", of: "10012345", in: water, count: 1)
        #expect(try await status(water.book(part, writeOffSeconds: 60, at: now)) == .refused)
        let cable = try book("CSCABLE")
        let two = try await order("BP1", of: "731012345", in: cable, count: 2)
        #expect(try await status(cable.book(two, writeOffSeconds: 60, at: now)) == .writtenOff)
        let open = try #require(try await cable.statement(of: "731012345", at: now)).bills
        for (number, bills, amount, expected) in [
            ("BP2", [open[2]], Int64(2600), BillerPayment.Status.writtenOff),
            ("BP3", [open[2]], 2600, .refused),
            ("BP4", [open[3], open[3]], 5200, .refused), ("BP5", [open[4]], 2599, .refused),
            ("BP6", [], 0, .refused),
        ] {
            let order = BillerBook.Order(
                paymentNumber: number, customerNumber: "731012345", amount: amount,
                bills: bills.map(\.billNumber), paidAt: "")
            #expect(
                try await status(cable.book(order, writeOffSeconds: 60, at: now)) == expected, "\(number)")
        }
    }

    @Test("A prepayment raises the balance by its amount")
    func prepayment() async throws {
        let book = try book("CSPOWER")
        let before = try #require(try await book.statement(of: "4301001234", at: now)).prepaidBalance
        let order = BillerBook.Order(
            paymentNumber: "BP1", customerNumber: "4301001234", amount: 5000, bills: [], paidAt: "")
        #expect(try await status(book.book(order, writeOffSeconds: 60, at: now)) == .writtenOff)
        #expect(try await book.statement(of: "4301001234", at: now)?.prepaidBalance == before + 5000)
    }

    @Test(
        "Documented numbers do what is documented",
        arguments: [
            ("60010005", BillerPayment.Status.writtenOff, BillerPayment.Status.writtenOff),
            ("60010006", .writeOffUnknown, .writtenOff), ("60010007", .refused, .refused),
            ("60010008", .writeOffFailed, .writeOffFailed), ("60010009", .writeOffUnknown, .writeOffFailed),
        ])
    func documented(number: String, first: BillerPayment.Status, last: BillerPayment.Status) async throws {
        let book = try book("CSGAS2")
        let order = try await order("BP1", of: number, in: book)
        #expect(try await status(book.book(order, writeOffSeconds: 60, at: now)) == first)
        #expect(try await book.find("BP1", at: now + 59)?.status == first)
        #expect(try await book.find("BP1", at: now + 60)?.status == last)
        let isPaid = try await book.statement(of: number, at: now + 60)?.bills.isEmpty
        #expect(isPaid == (last == .writtenOff))
    }

    @Test("A changing amount grows with the second query, and the old amount is refused")
    func changes() async throws {
        let book = try book("CSWATER")
        let old = try await order("BP1", of: "10010002", in: book)
        let new = try await order("BP2", of: "10010002", in: book)
        #expect(new.amount == old.amount + 100)
        #expect(try await status(book.book(old, writeOffSeconds: 60, at: now)) == .refused)
        // A refusal counts as an answer, too: the number starts again.
        _ = try await book.statement(of: "10010002", at: now)
        let current = try await order("BP3", of: "10010002", in: book)
        #expect(try await status(book.book(current, writeOffSeconds: 60, at: now)) == .writtenOff)
    }

    @Test("Unknown numbers have no statement, numbers without debt an empty one")
    func unknown() async throws {
        let book = try book("CSWATER")
        for number in ["10010000", "1001234", "00012345", "1001234x"] {
            #expect(try await book.statement(of: number, at: now) == nil)
        }
        #expect(try await book.statement(of: "10010001", at: now)?.bills == [])
    }

    @Test("The book is the same after a restart, also when the last line was cut off")
    func restart() async throws {
        let first = try book("CSGAS2")
        for (index, number) in ["60012345", "60010006", "60010008"].enumerated() {
            let order = try await order("BP\(index)", of: number, in: first)
            _ = try await first.book(order, writeOffSeconds: 60, at: now)
        }
        let file = try FileHandle(forWritingTo: folder.url.appendingPathComponent("biller-CSGAS2.jsonl"))
        try file.seekToEnd()
        try file.write(contentsOf: Data("{\"paymentNumber\":\"BP9\"".utf8))
        let second = try book("CSGAS2")
        let before = try await first.all(at: now).map { "\($0)" }
        #expect(try await second.all(at: now).map { "\($0)" } == before)
        #expect(try await second.statement(of: "60012345", at: now)?.bills == [])
        let order = try await order("BP4", of: "60022222", in: second)
        _ = try await second.book(order, writeOffSeconds: 60, at: now)
        let serials = try await second.all(at: now).compactMap(\.serial)
        #expect(Set(serials).count == 4)
    }

    @Test(
        "A statement of a day is there once the day is over: what was written off on it, by the biller's clock"
    )
    func statementOfADay() async throws {
        let play = try await Play()
        for (number, customer) in [
            ("BP1", "60012345"), ("BP2", "60010007"), ("BP3", "60010008"), ("BP4", "60010006"),
        ] { try await play.payBill(number, of: customer) }
        #expect(try await play.billerStatement("2026-11-24").status == "notReady")
        // 23:59:59; the unknown write-off of the next payment becomes known after midnight.
        await play.pass(14 * 3600 - 1)
        try await play.payBill("BP5", of: "60020006")
        #expect(try await play.billerStatement("2026-11-24").status == "notReady")
        await play.pass(1)
        let statement = try await play.billerStatement("2026-11-24")
        #expect(statement.status == "ready" && statement.numbers == ["BP1", "BP4"])
        #expect(statement.count == 2 && statement.sum == statement.payments?.reduce(0) { $0 + $1.amount })
        let line = try #require(statement.payments?.first)
        #expect(line.customerNumber == "60012345" && line.writtenOffAt == "2026-11-24T02:00:00Z")
        #expect(line.serial == (try await play.sandbox.billers["CSGAS2"]?.find("BP1", at: play.now)?.serial))
        await play.pass(86_400)
        #expect(try await play.billerStatement("2026-11-25").numbers == ["BP5"])
        #expect(try await play.billerStatement("2026-11-24", of: "CSWATER").count == 0)
        await #expect(throws: (any Error).self) { try await play.billerStatement("24.11.2026") }
    }
}
