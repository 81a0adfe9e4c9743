import Foundation
import Testing
import UnionPay

@testable import Sandbox

@Suite("Refunds, files and statements of the bank")
struct SettlementTests {
    @Test("A refund is accepted, done later, told, and found by a query with its payment's number")
    func refunds() async throws {
        let play = try await Play()
        try await play.pay("TP00000001")
        let answer = try await play.refund("RF00000001", of: "TP00000001", fen: 4000)
        guard case .accepted(let serial?) = answer.outcome else {
            Issue.record("not accepted")
            return
        }
        #expect(try await play.ask("RF00000001", kind: .refund).outcome == .accepted)
        await play.pass(20)
        let payment = try await play.order("TP00000001").queryId
        guard case .succeeded(let transaction) = try await play.ask("RF00000001", kind: .refund).outcome
        else {
            Issue.record("not done")
            return
        }
        #expect(transaction.queryID == serial && transaction.amountFen == 4000)
        #expect(transaction.originalQueryID?.text == payment)
        let told = try #require(await play.notifications().last ?? nil)
        #expect(told.kind == .refund && told.outcome == .succeeded(transaction))
    }

    @Test("A refund that does not fit its payment is refused, and so is one by its documented amount")
    func refusedRefunds() async throws {
        let play = try await Play()
        try await play.pay("TP00000001")
        let refuse = { (number: String, fen: Int64) in
            try await play.refund(number, of: "TP00000001", fen: fen).responseCode.code
        }
        #expect(try await refuse("RF00000001", 10_001) == "36")
        #expect(try await refuse("RF00000002", 1091) == "32")
        #expect(try await refuse("RF00000003", 1092) == "00")
        #expect(try await refuse("RF00000004", 1094) == "05")
        await play.pass(20)
        #expect(try await play.order("RF00000003").state == .refused)
        // What was refused leaves room.
        #expect(try await refuse("RF00000005", 10_000 - 1094) == "00")
        #expect(try await refuse("RF00000006", 1) == "45")
        #expect(try await refuse("RF00000005", 1) == "12")
        await play.pass(0)
        let told = await play.notifications().compactMap { $0 }.filter { $0.kind == .refund }
        #expect(
            Set(told.map { "\($0.order.number) \($0.responseCode)" })
                == ["RF00000001 36", "RF00000002 32", "RF00000003 63", "RF00000004 00", "RF00000006 45"])
    }

    @Test(
        "The file of a day has every movement by the bank's book, from the night on; a day without any has none"
    )
    func files() async throws {
        let play = try await Play()
        try await play.sandbox.bank.change(
            BankRules(paymentFee: 30, payoutFee: 100))
        try await play.pay("TP00000001")
        try await play.payOut("WD00000001")
        _ = try await play.refund("RF00000001", of: "TP00000001", fen: 4000)
        await play.pass(13 * 3600)  // 23:00, the next settlement day
        try await play.pay("TP00000002", fen: 500)
        #expect(try await play.file("2026-11-24") == nil)
        await play.pass(2 * 3600 - 1)
        #expect(try await play.file("2026-11-24") == nil)
        await play.pass(1)
        let lines = try #require(try await play.file("2026-11-24"))
        #expect(lines.map(\.transactionType) == ["01", "12", "04"])
        #expect(lines.map(\.orderNumber) == ["TP00000001", "WD00000001", "RF00000001"])
        #expect(lines.map(\.amountFen) == [10_000, 3000, 4000])
        #expect(lines.map { $0.fee?.signedFen } == [-30, -100, nil])
        #expect(lines.map { $0.net?.signedFen } == [9970, -3100, -4000])
        #expect(lines[2].originalQueryID == lines[0].queryID)
        #expect(lines.map(\.productType) == ["000202", "000401", "000202"])
        let serials = try await [
            play.order("TP00000001"), play.order("WD00000001"), play.order("RF00000001"),
        ]
        #expect(lines.map(\.queryID.text) == serials.map(\.queryId))
        await play.pass(86_400)
        #expect(try await play.file("2026-11-25")?.map(\.orderNumber) == ["TP00000002"])
        await play.pass(86_400)
        #expect(try await play.file("2026-11-26") == nil)
    }

    @Test("When the clock jumps over days, each is closed in its order with what was due on it")
    func jumps() async throws {
        let play = try await Play()
        try await play.pay("TP00000001")
        play.sandbox.faults.settings.payoutDelaySeconds = 86_400 * 2
        try await play.payOut("WD00000001")
        await play.pass(86_400 * 7)
        let days = await play.sandbox.bank.state.closedDays
        #expect(days.map(\.day.text) == (24...30).map { "2026-11-\($0)" })
        #expect(days.map(\.net) == [10_000, 0, -3000, 0, 0, 0, 0])
        // Booked when it was due, and not when the clock came there.
        #expect(try await play.order("WD00000001").decidedAt == Play.start + 86_400 * 2)
        let again = try await play.restarted()
        await again.pass(86_400)
        #expect(await again.sandbox.bank.state.closedDays.map(\.day.text).last == "2026-12-01")
        #expect(await again.sandbox.bank.state.closedDays.count == 8)
    }

    @Test(
        "When the clock is set back, a closed day stays as it is: what happens then belongs to the open one")
    func setBack() async throws {
        let play = try await Play()
        try await play.pay("TP00000001")
        await play.pass(3 * 86_400)
        await play.pass(-3 * 86_400)
        try await play.pay("TP00000002")
        let state = await play.sandbox.bank.state
        #expect(state.closedDays.map(\.count) == [1, 0, 0])
        #expect(state.trades.map(\.settlementDay.text) == ["2026-11-24", "2026-11-27"])
    }

    @Test("The net of a day reaches the reserve account on the next working day, and its statement is signed")
    func statements() async throws {
        let play = try await Play()
        try await play.pay("TP00000001")
        await play.pass(86_400 * 3)  // Friday
        try await play.payOut("WD00000001")
        await play.pass(3600)
        try await play.sandbox.bank.moveOwnFunds(-50, purpose: "手续费,\"划出\"", at: play.now)
        #expect(try await play.statement("2026-11-27").status == 404)
        #expect(try await play.statement("2026-11-23").status == 404)
        let head = "record,day,serial,bookedAt,direction,amount,balance,counterparty,purpose\r\n"
        #expect(
            try await play.statement("2026-11-25").text == head
                + "opening,2026-11-25,,,,,0,,\r\n"
                + "line,2026-11-25,RS2026112500000001,2026-11-25T10:00:00+08:00,in,10000,10000,"
                + "中国银联股份有限公司（模拟）,商户清算 20261124\r\n" + "closing,2026-11-25,,,,,10000,,\r\n")
        await play.pass(86_400 * 4)  // Tuesday
        #expect(
            try await play.statement("2026-11-27").text == head
                + "opening,2026-11-27,,,,,10000,,\r\n"
                + "line,2026-11-27,RS2026112700000002,2026-11-27T11:00:00+08:00,out,50,9950,"
                + "平台自有资金账户（模拟）,\"手续费,\"\"划出\"\"\"\r\n" + "closing,2026-11-27,,,,,9950,,\r\n")
        // The bank draws what Friday cost on Monday.
        let monday = try await play.statement("2026-11-30").text
        #expect(monday.contains("2026-11-30T10:00:00+08:00,out,3000,6950,") && monday.contains("20261127"))
        #expect(try await play.statement("2026-11-29").text.contains("opening,2026-11-29,,,,,9950,,"))
        let again = try await play.restarted()
        #expect(try await again.statement("2026-11-30").text == monday)
    }

    @Test("A statement is given to nobody who has not signed")
    func unsignedStatement() async throws {
        let play = try await Play()
        let answer = try await play.sandbox.answer(
            .get, Play.address + "/bank/reserve-statements/2026-11-24")
        #expect(answer.status == 401)
    }

    @Test("Books and control page show what the bank has")
    func reports() async throws {
        let play = try await Play()
        try await play.pay("TP00000001")
        _ = try await play.refund("RF00000001", of: "TP00000001", fen: 4000)
        await play.pass(86_400)
        let books = try await play.sandbox.answer(.get, Play.address + "/control/books.json")
        let bank = try #require(
            (JSONSerialization.jsonObject(with: Data(books.body)) as? [String: Any])?["bank"]
                as? [String: Any])
        #expect(bank["paymentsPaid"] as? Int == 10_000 && bank["refundsPaid"] as? Int == 4000)
        #expect((bank["payments"] as? [Any])?.count == 1 && (bank["refunds"] as? [Any])?.count == 1)
        #expect(
            (bank["trades"] as? [[String: Any]])?.compactMap { $0["kind"] as? String } == [
                "payment", "refund",
            ])
        #expect((bank["reserve"] as? [String: Any])?["balance"] as? Int == 6000)
        let page = try await play.sandbox.answer(.get, Play.address + "/control").text
        for text in ["故障计划", "notification-lost", "银行规则", "2026-11-24", "60.00"] {
            #expect(page.contains(text), "\(text)")
        }
        let form = "paymentFee=10&payoutFee=&cutOff=22:30&nightRun=02:00&transfer=09:00&refundDelaySeconds=5"
        let changed = try await play.sandbox.answer(
            .post, Play.address + "/control/bank-rules",
            headers: [("Content-Type", "application/x-www-form-urlencoded")], body: Array(form.utf8))
        #expect(changed.status == 303)
        let again = try await play.restarted()
        #expect(
            await again.sandbox.bank.state.rules
                == BankRules(
                    paymentFee: 10, cutOffMinutes: 1350, nightRunMinutes: 120, transferMinutes: 540,
                    refundDelaySeconds: 5))
    }
}
