import Foundation
import Testing
import UnionPay

@testable import Sandbox

@Suite("The fault plan")
struct FaultPlanTests {
    // MARK: The plan itself

    @Test("The same plan strikes the same orders in whatever order they come, and after a restart")
    func repeatable() async throws {
        let numbers = (1...40).map { "TP\(10_000_000 + $0)" }
        let rule = FaultPlan.Rule(fault: .notificationLost, share: 0.5)
        let first = try await Play()
        try await first.adopt(rule)
        for number in numbers { try await first.pay(number) }
        var second = try await Play()
        try await second.adopt(rule)
        for (index, number) in numbers.reversed().enumerated() {
            if index == 20 { second = try await second.restarted() }
            try await second.pay(number)
        }
        let lost = { (play: Play) in
            Set(await play.sandbox.bank.state.draws.filter(\.isHit).map(\.subject))
        }
        let struck = await lost(first)
        #expect(await lost(second) == struck)
        #expect((8...32).contains(struck.count))
        let told = await first.notifications().compactMap { $0?.order.number.text }
        #expect(Set(told) == Set(numbers).subtracting(struck))
        try await second.sandbox.bank.adopt(FaultPlan(seed: 2, rules: [rule]))
        #expect(await second.counts().isEmpty)
    }

    @Test(
        "A plan is taken from the page or as JSON, shown and counted; a wrong one is refused with the reason")
    func addresses() async throws {
        let play = try await Play()
        let post = { (body: String, type: String) in
            try await play.sandbox.answer(
                .post, Play.address + "/control/fault-plan", headers: [("Content-Type", type)],
                body: Array(body.utf8))
        }
        let plan =
            #"{"seed":7,"rules":[{"fault":"answer-500","scope":"query","share":1,"count":2,"#
            + #""parameters":{"effect":"booked"}}]}"#
        #expect(try await post(plan, "application/json").status == 200)
        try await play.pay("TP00000001")
        for status in [500, 500, 200] {
            let query = try Query(product: .businessGateway, order: play.identity("TP00000001"))
            #expect(try await play.send(play.merchant.request(for: query, at: play.now)).status == status)
        }
        let report = try await play.sandbox.answer(.get, Play.address + "/control/faults.json").text
        #expect(report.contains(#""counts":{"answer-500":2}"#) && report.contains(#""seed":7"#))
        let encoded = plan.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        #expect(try await post("plan=\(encoded)", "application/x-www-form-urlencoded").status == 303)
        for wrong in [
            "", "[]", #"{"seed":1}"#, #"{"seed":1,"rules":[{"fault":"other"}]}"#,
            #"{"seed":1,"rules":[],"more":1}"#,
            #"{"seed":1,"rules":[{"fault":"file-late","scope":"query"}]}"#,
            #"{"seed":1,"rules":[{"fault":"file-late","share":1.5}]}"#,
            #"{"seed":1,"rules":[{"fault":"file-late","count":0}]}"#,
            #"{"seed":1,"rules":[{"fault":"file-late","parameters":{"hours":1}}]}"#,
        ] {
            #expect(try await post(wrong, "application/json").status == 400, "\(wrong)")
        }
        #expect(await play.sandbox.bank.state.plan.seed == 7)
    }

    // MARK: Notifications

    @Test(
        "Without faults a notification is sent five times at most, and after a restart it goes on where it was"
    )
    func resends() async throws {
        let first = try await Play()
        await first.inbox.answer(with: 500)
        try await first.pay("TP00000001")
        #expect(await first.inbox.all.count == 2)
        await first.pass(60)
        #expect(await first.inbox.all.count == 3)
        let play = try await first.restarted()
        await play.inbox.answer(with: 500)
        await play.pass(119)
        #expect(await play.inbox.all.isEmpty)
        await play.pass(1)
        await play.pass(86_400)
        #expect(await play.inbox.all.count == 2)
    }

    @Test("A payment that was booked and not announced any more is announced after the restart")
    func announcesLater() async throws {
        let first = try await Play()
        _ = try await first.visit("TP00000001")
        _ = try await first.sandbox.bank.pay(OrderKey(first.identity("TP00000001")), at: first.now)
        let play = try await first.restarted()
        await play.pass(0)
        #expect(await play.notifications().map { $0?.order.number.text } == ["TP00000001"])
    }

    @Test("notification-lost: the bank books and says nothing, and a query tells")
    func lost() async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: .notificationLost))
        try await play.pay("TP00000001")
        await play.pass(86_400)
        #expect(await play.inbox.all.isEmpty)
        guard case .succeeded = try await play.ask("TP00000001").outcome else {
            Issue.record("not paid")
            return
        }
        #expect(await play.counts() == ["notification-lost": 1])
    }

    @Test("notification-late: it comes days later, also after a restart")
    func late() async throws {
        let first = try await Play()
        try await first.adopt(.init(fault: .notificationLate, parameters: .init(days: 2)))
        try await first.pay("TP00000001")
        await first.pass(86_400)
        let play = try await first.restarted()
        await play.pass(86_399)
        #expect(await play.inbox.all.isEmpty)
        await play.pass(1)
        #expect(await play.notifications().map { $0?.order.number.text } == ["TP00000001"])
    }

    @Test("notification-repeated: it comes so many times although it is acknowledged")
    func repeated() async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: .notificationRepeated, parameters: .init(times: 4)))
        try await play.pay("TP00000001")
        await play.pass(3600)
        #expect(
            await play.notifications().map { $0?.order.number.text }
                == Array(repeating: "TP00000001", count: 4))
    }

    @Test("notification-reordered: it comes after the next one, or when its time is up")
    func reordered() async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: .notificationReordered))
        try await play.pay("TP00000001")
        #expect(await play.inbox.all.isEmpty)
        try await play.adopt()
        try await play.pay("TP00000002")
        await play.pass(301)
        #expect(await play.notifications().map { $0?.order.number.text } == ["TP00000002", "TP00000001"])
        try await play.adopt(.init(fault: .notificationReordered))
        try await play.pay("TP00000003")
        await play.pass(300)
        #expect(await play.notifications().count == 3)
    }

    @Test("notification-wrong-amount and notification-wrong-order: well signed, and not about the order")
    func wrongContent() async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: .notificationWrongAmount, parameters: .init(fen: 5)))
        try await play.pay("TP00000001")
        try await play.adopt(.init(fault: .notificationWrongOrder))
        try await play.pay("TP00000002")
        let told = await play.notifications().compactMap { $0 }
        #expect(told.map(\.order.number.text) == ["TP00000001", "TP00000009"])
        #expect(told.map { $0.transaction?.amountFen } == [10_005, 10_000])
        // The book has what happened.
        #expect(await play.trades().map(\.amount) == [10_000, 10_000])
    }

    @Test("notification-bad-signature and notification-expired-certificate: not to be believed")
    func badSignatures() async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: .notificationBadSignature))
        try await play.pay("TP00000001")
        try await play.adopt(.init(fault: .notificationExpiredCertificate))
        try await play.pay("TP00000002")
        let sent = await play.inbox.all
        try #require(sent.count == 2)
        let reason = { (index: Int) -> String in
            do {
                _ = try play.merchant.notification(
                    body: sent[index].body, backURL: sent[index].url, at: play.now)
                return "believed"
            } catch VerificationError.wrongSignature {
                return "signature"
            } catch VerificationError.certificate(.expired) {
                return "expired"
            } catch {
                return "\(error)"
            }
        }
        #expect(reason(0) == "signature")
        #expect(reason(1) == "expired")
    }

    // MARK: Answers

    @Test(
        "answer-500, answer-half, timeout-with-effect, timeout-without-effect: no answer, and done or not done",
        arguments: [
            (PlannedFault.answer500, Faults.CallFault.withoutEffect, 500, false),
            (.answer500, .withEffect, 500, true), (.answerHalf, .withEffect, 200, true),
            (.timeoutWithEffect, .withEffect, 504, true), (.timeoutWithoutEffect, .withoutEffect, 504, false),
        ])
    func noAnswer(fault: PlannedFault, effect: Faults.CallFault, status: Int, isDone: Bool) async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: fault, scope: .payout, parameters: .init(effect: effect)))
        let payout = try play.payout("WD00000001")
        let answer = try await play.send(payout)
        #expect(answer.status == status)
        #expect(throws: (any Error).self) {
            try play.merchant.answer(to: payout, body: answer.body, at: play.now)
        }
        let isKnown = try await play.sandbox.bank.find(OrderKey(play.identity("WD00000001"))) != nil
        #expect(isKnown == isDone)
        // The second request is not struck.
        let second = try await play.merchant.answer(to: payout, body: play.send(payout).body, at: play.now)
        #expect(second.responseCode == (isDone ? .duplicate : .success))
        #expect(await play.counts() == [fault.rawValue: 1])
    }

    @Test("answer-slow: the answer is right and waits")
    func slow() async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: .answerSlow, parameters: .init(seconds: 25)))
        try await play.pay("TP00000001")
        guard case .succeeded = try await play.ask("TP00000001").outcome else {
            Issue.record("not paid")
            return
        }
        #expect(await play.counts() == ["answer-slow": 2])
        #expect(play.pauses.all == [25, 25])
    }

    @Test("Faults of requests strike browsers, queries, refunds, files and statements as well")
    func otherRequests() async throws {
        let play = try await Play()
        try await play.pay("TP00000001")
        await play.pass(86_400)
        try await play.adopt(.init(fault: .answer500))
        #expect(try await play.visit("TP00000002").status == 500)
        await #expect(throws: (any Error).self) { try await play.ask("TP00000001") }
        await #expect(throws: (any Error).self) {
            try await play.refund("RF00000001", of: "TP00000001", fen: 1)
        }
        await #expect(throws: (any Error).self) { try await play.file("2026-11-24") }
        await #expect(throws: (any Error).self) { try await play.statement("2026-11-24") }
        #expect(await play.counts() == ["answer-500": 5])
        #expect(try await play.visit("TP00000002").status == 200)
        #expect(try await play.file("2026-11-24")?.count == 1)
        #expect(try await play.statement("2026-11-24").status == 200)
    }

    // MARK: What becomes of orders

    @Test("not-known-then-success: 34 for a while, then what the book has had all the time")
    func notKnown() async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: .notKnownThenSuccess))
        try await play.pay("TP00000001")
        #expect(await play.trades().count == 1)
        #expect(try await play.ask("TP00000001").outcome == .notKnown)
        await play.pass(299)
        #expect(try await play.ask("TP00000001").outcome == .notKnown)
        await play.pass(1)
        guard case .succeeded = try await play.ask("TP00000001").outcome else {
            Issue.record("not paid")
            return
        }
    }

    @Test("processing-for-days: 03 for days, then the result and its notification")
    func processing() async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: .processingForDays))
        try await play.pay("TP00000001")
        try await play.payOut("WD00000001")
        await play.pass(3 * 86_400 - 1)
        let unclear = TransactionOutcome.askAgain(try ResponseCode("03"))
        #expect(try await play.ask("TP00000001").outcome == unclear)
        #expect(try await play.ask("WD00000001", of: .payout).outcome == unclear)
        #expect(await play.inbox.all.isEmpty)
        await play.pass(1)
        for (number, product) in [("TP00000001", Product.businessGateway), ("WD00000001", .payout)] {
            guard case .succeeded = try await play.ask(number, of: product).outcome else {
                Issue.record("\(number) not done")
                continue
            }
        }
        #expect(await play.inbox.all.count == 2)
    }

    @Test(
        "debited-late: taken after the time allowed, answered with 42, given back days later; in the files or not",
        arguments: [true, false])
    func debitedLate(inFile: Bool) async throws {
        let play = try await Play()
        try await play.adopt(
            .init(fault: .debitedLate, parameters: .init(seconds: 60, days: 2, inFile: inFile)))
        try await play.pay("TP00000001")
        #expect(try await play.ask("TP00000001").outcome == .askAgain(.accepted))
        await play.pass(959)
        #expect(await play.trades().isEmpty)
        await play.pass(1)
        #expect(try await play.ask("TP00000001").outcome == .debitedLate)
        #expect(await play.trades().map(\.kind) == [.lateDebit])
        await play.pass(3 * 86_400)
        let trades = await play.trades()
        #expect(trades.map(\.kind) == [.lateDebit, .lateDebitReturn])
        #expect(trades.last?.originalSerial == trades.first?.serial)
        #expect(trades.last?.bookedAt == Play.start + 960 + 2 * 86_400)
        #expect(try await play.ask("TP00000001").outcome == .debitedLate)
        #expect(await play.inbox.all.isEmpty)
        let files = try await [play.file("2026-11-24"), play.file("2026-11-26")]
        #expect(files.map { $0?.map(\.transactionType) } == (inFile ? [["01"], ["31"]] : [nil, nil]))
        #expect(files[1]?.first?.originalQueryID?.text == (inFile ? trades[0].serial : nil))
        let nets = await play.sandbox.bank.state.closedDays.map(\.net)
        #expect(nets.prefix(3) == (inFile ? [10_000, 0, -10_000] : [0, 0, 0]))
    }

    @Test("debited-late: who comes after the time allowed is debited at once")
    func debitedAfterTimeout() async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: .debitedLate))
        _ = try await play.visit("TP00000001")
        await play.pass(5000)
        #expect(try await play.press("pay", "TP00000001").text.contains("付款尚未完成"))
        #expect(try await play.ask("TP00000001").outcome == .debitedLate)
    }

    @Test("paid-twice: the payer pays once more; only the file tells, and each payment can be given back")
    func paidTwice() async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: .paidTwice))
        try await play.pay("TP00000001")
        await play.pass(600)
        let order = try await play.order("TP00000001")
        let second = try #require(order.secondPaymentQueryId)
        #expect(second != order.queryId)
        #expect(await play.trades().map(\.kind) == [.payment, .payment])
        #expect(await play.notifications().count == 1)
        await play.pass(16 * 3600)
        #expect(
            try await play.file("2026-11-24")?.map(\.queryID.text)
                == [order.queryId, second].compactMap(\.self))
        _ = try await play.refund("RF00000001", of: "TP00000001", fen: 10_000)
        await play.pass(60)
        #expect(try await play.order("RF00000001").state == .paid)
    }

    @Test("credited-then-reversed: a credit, and a day later its reversal under a number of its own")
    func reversed() async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: .creditedThenReversed))
        try await play.pay("TP00000001")
        #expect(await play.inbox.all.count == 1)
        await play.pass(2 * 86_400)
        let trades = await play.trades()
        #expect(trades.map(\.kind) == [.payment, .reversal])
        let line = try #require(try await play.file("2026-11-25")?.first)
        #expect(line.transactionType == "31" && line.net?.signedFen == -10_000)
        #expect(line.queryID.text == trades[1].serial && line.originalQueryID?.text == trades[0].serial)
        // The payment was one: the reversal is another movement.
        guard case .succeeded(let transaction) = try await play.ask("TP00000001").outcome else {
            Issue.record("not a success any more")
            return
        }
        #expect(transaction.queryID.text == trades[0].serial)
        #expect(try await play.refund("RF00000001", of: "TP00000001", fen: 1).responseCode.code == "46")
    }

    @Test("payout-returned: paid and told, and days later back in the file without what the bank kept")
    func returned() async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: .payoutReturned, parameters: .init(fen: 20)))
        try await play.payOut("WD00000001")
        await play.pass(20)
        #expect(await play.notifications().map { $0?.responseCode } == [.success])
        await play.pass(3 * 86_400)
        let trades = await play.trades()
        #expect(trades.map(\.kind) == [.payout, .payoutReturn])
        let line = try #require(try await play.file("2026-11-26")?.first)
        #expect(line.transactionType == "12" && line.net?.signedFen == 2980)
        #expect(line.originalQueryID?.text == trades[0].serial && line.orderNumber == "WD00000001")
        guard case .succeeded = try await play.ask("WD00000001", of: .payout).outcome else {
            Issue.record("not a success any more")
            return
        }
    }

    @Test("What is in store for an order survives a restart")
    func fateSurvives() async throws {
        let first = try await Play()
        try await first.adopt(.init(fault: .creditedThenReversed))
        try await first.pay("TP00000001")
        try await first.adopt()
        let play = try await first.restarted()
        await play.pass(86_400)
        #expect(await play.trades().map(\.kind) == [.payment, .reversal])
        let again = try await play.restarted()
        await again.pass(86_400)
        #expect(await again.trades().count == 2)
    }

    // MARK: Files

    /// A day with three payments, seen the next noon.
    private func day(_ rule: FaultPlan.Rule) async throws -> Play {
        let play = try await Play()
        try await play.adopt(rule)
        for number in 1...3 { try await play.pay("TP0000000\(number)", fen: Int64(number) * 100) }
        await play.pass(86_400 + 7200)
        return play
    }

    @Test("file-missing: there is none, also days later")
    func fileMissing() async throws {
        let play = try await day(.init(fault: .fileMissing))
        #expect(try await play.file("2026-11-24") == nil)
        #expect(try await play.statement("2026-11-24").status == 404)
        await play.pass(10 * 86_400)
        #expect(try await play.file("2026-11-24") == nil)
        #expect(await play.counts() == ["file-missing": 2])
    }

    @Test("file-late: there is none yet, then it is whole")
    func fileLate() async throws {
        let play = try await day(.init(fault: .fileLate, scope: .file, parameters: .init(days: 2)))
        #expect(try await play.file("2026-11-24") == nil)
        #expect(try await play.statement("2026-11-24").status == 200)
        await play.pass(86_400 + 13 * 3600 - 1)
        #expect(try await play.file("2026-11-24") == nil)
        await play.pass(1)
        #expect(try await play.file("2026-11-24")?.count == 3)
    }

    @Test("file-truncated: signed, and only half of it")
    func fileTruncated() async throws {
        let play = try await day(.init(fault: .fileTruncated))
        #expect(try await play.fileContent("2026-11-24") != nil)
        await #expect(throws: ReconciliationFileError.self) { try await play.file("2026-11-24") }
        let statement = try await play.statement("2026-11-24")
        #expect(statement.status == 200 && !statement.text.contains("closing"))
    }

    @Test("file-half-lines: a whole file whose summary counts lines that it lacks")
    func fileHalfLines() async throws {
        let play = try await day(.init(fault: .fileHalfLines))
        let read = { () -> (sent: ReconciliationTotals, stated: ReconciliationTotals?) in
            let reader = try ReconciliationFileReader(
                fileContent: try #require(try await play.fileContent("2026-11-24")))
            while try reader.next() != nil {}
            return (reader.totals, reader.statedTotals)
        }
        let half = try await read()
        #expect(half.sent.count == 1 && half.stated?.count == 3)
        #expect(half.sent.net.creditFen == 100 && half.stated?.net.creditFen == 600)
        try await play.adopt()
        let whole = try await read()
        #expect(whole.sent.count == 3 && whole.stated == whole.sent)
    }

    @Test("file-twice, file-extra-line and file-missing-line: the same day with other lines")
    func fileLines() async throws {
        let numbers = { (rule: FaultPlan.Rule) -> [String] in
            try await day(rule).file("2026-11-24")?.map { String($0.orderNumber.suffix(2)) } ?? []
        }
        #expect(try await numbers(.init(fault: .fileTwice)) == ["01", "02", "03", "01", "02", "03"])
        #expect(try await numbers(.init(fault: .fileMissingLine)) == ["01", "03"])
        let play = try await day(.init(fault: .fileExtraLine, parameters: .init(fen: 77)))
        let lines = try #require(try await play.file("2026-11-24"))
        #expect(lines.count == 4 && lines[3].amountFen == 77)
        let serials = await play.trades().map(\.serial)
        #expect(!serials.contains(lines[3].queryID.text))
        // What the bank nets is what happened.
        #expect(await play.sandbox.bank.state.closedDays.first?.net == 600)
    }

    // MARK: Billers

    /// A day with three payments to a biller, seen the next noon.
    private func billerDay(_ rules: FaultPlan.Rule...) async throws -> Play {
        let play = try await Play()
        try await play.sandbox.bank.adopt(FaultPlan(seed: 1, rules: rules))
        for number in 1...3 { try await play.payBill("BP\(number)", of: "6001234\(number)") }
        await play.pass(86_400 + 7200)
        return play
    }

    @Test(
        "A biller's statement is late, missing, broken off, doubled or lacks a line, which comes later or never"
    )
    func billerStatements() async throws {
        let day = "2026-11-24"
        #expect(try await billerDay().billerStatement(day).numbers == ["BP1", "BP2", "BP3"])
        let missing = try await billerDay(.init(fault: .fileMissing))
        #expect(try await missing.billerStatement(day).status == "notReady")
        let late = try await billerDay(.init(fault: .fileLate, scope: .billerStatement))
        #expect(try await late.billerStatement(day).status == "notReady")
        await late.pass(86_400)
        #expect(try await late.billerStatement(day).numbers.count == 3)
        let half = try await billerDay(.init(fault: .fileTruncated)).billerStatement(day)
        #expect(half.count == 3 && half.numbers == ["BP1"])
        let twice = try await billerDay(.init(fault: .fileTwice)).billerStatement(day)
        #expect(twice.count == 6 && twice.numbers == ["BP1", "BP2", "BP3", "BP1", "BP2", "BP3"])
        let lacking = try await billerDay(.init(fault: .fileMissingLine, parameters: .init(days: 1)))
        let first = try await lacking.billerStatement(day)
        #expect(first.count == 2 && first.numbers == ["BP1", "BP3"])
        await lacking.pass(86_400)
        #expect(try await lacking.billerStatement("2026-11-25").numbers == ["BP2"])
        let never = try await billerDay(.init(fault: .fileMissingLine))
        await never.pass(86_400)
        #expect(try await never.billerStatement("2026-11-25").numbers == [])
    }

    @Test("written-off-late: failed first, written off two days later, in the statement of that day only")
    func writtenOffLate() async throws {
        for (customer, first) in [
            ("60010008", BillerPayment.Status.writeOffFailed), ("60010009", .writeOffUnknown),
        ] {
            let play = try await Play()
            try await play.adopt(.init(fault: .writtenOffLate))
            #expect(try await play.payBill("BP1", of: customer) == first)
            let book = try #require(play.sandbox.billers["CSGAS2"])
            await play.pass(2 * 86_400 - 1)
            #expect(try await book.find("BP1", at: play.now)?.status == .writeOffFailed)
            await play.pass(1)
            let again = try await play.restarted()
            #expect(
                try await again.sandbox.billers["CSGAS2"]?.find("BP1", at: play.now)?.status == .writtenOff)
            await play.pass(86_400)
            #expect(try await play.billerStatement("2026-11-24").numbers == [])
            #expect(try await play.billerStatement("2026-11-26").numbers == ["BP1"])
            #expect(await play.counts() == ["written-off-late": 1])
        }
    }

    @Test("write-off-undone: told as done, undone before the day ends, in no statement")
    func writeOffUndone() async throws {
        let play = try await Play()
        try await play.adopt(.init(fault: .writeOffUndone, parameters: .init(days: 3)))
        #expect(try await play.payBill("BP1", of: "60012345") == .writtenOff)
        let book = try #require(play.sandbox.billers["CSGAS2"])
        // 23:59:58 and a second later.
        await play.pass(14 * 3600 - 2)
        #expect(try await book.find("BP1", at: play.now)?.status == .writtenOff)
        await play.pass(1)
        #expect(try await book.find("BP1", at: play.now)?.status == .writeOffFailed)
        await play.pass(1)
        let statement = try await play.billerStatement("2026-11-24")
        #expect(statement.status == "ready" && statement.count == 0 && statement.sum == 0)
        #expect(try await book.statement(of: "60012345", at: play.now)?.bills.isEmpty == false)
    }

    @Test("Every fault has a test here under its name")
    func complete() throws {
        let text = try String(contentsOfFile: #filePath, encoding: .utf8)
        for fault in PlannedFault.allCases { #expect(text.contains(fault.rawValue), "\(fault.rawValue)") }
    }
}
