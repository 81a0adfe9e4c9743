import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("The billers' statements of days")
struct BillerStatementTests {
    private static let day = MoneyFixture.day

    @Test("What both have the same is agreed under the statement's day, and leaves no case")
    func matched() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            try await money.pass(0)
            money.states(Self.day, [money.stated(number)])
            // 24 November, 03:00.
            try await money.pass(17 * 3600)
            #expect(try await money.payment(number).status == .writtenOff)
            #expect(try await money.agreedOn(number) == Self.day)
            #expect(try await money.cases().isEmpty)
            let found = try #require(await money.platform.billerStatements.list().first)
            #expect(found.billerCode == "EXACT" && found.day == Self.day && found.isAccepted)
            #expect(found.statedCount == 1 && found.statedSum == Money(fen: 4_200))
            #expect(found.sums.map(\.kind) == [.matched] && found.openCases == 0)
            #expect(try await money.broken() == [])
            // Agreed once: it is not looked for any more.
            for _ in 1...3 { try await money.pass(86_400) }
            #expect(try await money.payment(number).status == .writtenOff)
        }
    }

    @Test(
        "A statement is asked for each day from the first payment on; one that does not come is told to a person"
    )
    func overdue() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            try await money.pass(0)
            try await money.pass(17 * 3600)
            func items() async throws -> [OpenWorkItem] {
                try await money.platform.monitoring.openWorkItems(within: .national).rows
                    .filter { $0.detail.contains("收费单位exact 2026-11-23 的对账单") }
            }
            #expect(try await items().isEmpty)
            let waiting = try #require(await money.platform.billerStatements.list().first)
            #expect(!waiting.isAccepted && waiting.tries == 1 && waiting.problem == "收费单位还没有这一天的对账单")
            // 20:30, and half an hour later.
            try await money.pass(17.5 * 3600)
            try await money.pass(1_800)
            #expect(try await items().map(\.settlementDate) == [Self.day], "told once")
            money.states(Self.day, [money.stated(number)])
            try await money.pass(1_800)
            #expect(try await items().isEmpty)
            #expect(try await money.agreedOn(number) == Self.day)
            let days = try await money.platform.billerStatements.list()
            #expect(days.map(\.billerCode) == ["EXACT"], "no other biller was paid")
            try await money.pass(86_400)
            #expect(
                try await money.platform.billerStatements.list().map(\.day).contains(Self.day.adding(days: 1))
            )
        }
    }

    @Test(
        "What is no whole statement of the day is not taken",
        arguments: [
            #"{"status":"ready","day":"2026-11-23","count":1,"sum":4200,"payments":[]}"#,
            #"{"status":"ready","day":"2026-11-22","count":0,"sum":0,"payments":[]}"#,
            #"{"status":"ready","day":"2026-11-23","count":0,"sum":1,"payments":[]}"#,
            """
            {"status":"ready","day":"2026-11-23","count":1,"sum":0,"payments":[{"paymentNumber":"BP1","serial":"S",\
            "amount":0,"customerNumber":"1","writtenOffAt":"2026-11-23T10:00:00Z"}]}
            """,
            """
            {"status":"ready","day":"2026-11-23","count":1,"sum":5,"payments":[{"paymentNumber":"BP1","serial":"S",\
            "amount":5,"customerNumber":"1","writtenOffAt":"today"}]}
            """,
            "{}", "x",
        ])
    func notTaken(text: String) async throws {
        try await MoneyFixture.with { money in
            _ = try await money.submitBill()
            try await money.pass(0)
            money.world.change { $0.billerStatements["EXACT 2026-11-23"] = text }
            try await money.pass(17 * 3600)
            let found = try #require(await money.platform.billerStatements.list().first)
            #expect(!found.isAccepted && found.tries == 1 && !found.problem.isEmpty)
            #expect(try await money.owner.query("SELECT 1 FROM biller_statement_lines").isEmpty)
        }
    }

    @Test(
        "The same statement again changes nothing, another one is not taken, and of two at once one is taken")
    func repeated() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            try await money.pass(0)
            try await money.pass(17 * 3600)
            let id: Int64 = try await money.owner.query("SELECT id FROM biller_statements").only()["id"]
            let first = try BillerStatements.Statement(
                lines: [money.stated(number), money.stated("BP20261123NOBODY00001")],
                digest: [UInt8](repeating: 1, count: 32))
            let other = try BillerStatements.Statement(lines: [], digest: [UInt8](repeating: 2, count: 32))
            let statements = money.platform.billerStatements
            @Sendable func take() async throws {
                _ = try await statements.accept(first, as: id)
                try await statements.workOff(id)
            }
            try await money.atOnce(
                behind: "SELECT code FROM billers WHERE code = 'EXACT' FOR NO KEY UPDATE", [take, take])
            #expect(try await statements.accept(first, as: id) == .repeated)
            #expect(try await statements.accept(other, as: id) == .other)
            try await statements.workOff(id)
            #expect(try await money.owner.query("SELECT 1 FROM biller_statement_lines").count == 2)
            #expect(try await money.cases().count == 1)
            #expect(try await money.agreedOn(number) == Self.day)
            #expect(try await money.broken() == [])
        }
    }

    @Test("Whoever dies over the fetch, or after a statement was taken, leaves it to the next")
    func died() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            try await money.pass(0)
            try await money.pass(17 * 3600)
            let id: Int64 = try await money.owner.query("SELECT id FROM biller_statements").only()["id"]
            let statement = try BillerStatements.Statement(
                lines: [money.stated("BP20261123NOBODY00001"), money.stated(number)],
                digest: [UInt8](repeating: 1, count: 32))
            #expect(try await money.platform.billerStatements.accept(statement, as: id) == .accepted)
            // The job is there still, and works off what was taken.
            try await money.pass(1_800)
            #expect(try await money.cases().map(\.kind) == [.bankOnly])
            #expect(try await money.owner.query("SELECT 1 FROM jobs WHERE kind = 'billerStatement'").isEmpty)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A payment that the biller knows and we do not is a case, which two people acknowledge")
    func billerOnly() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            try await money.pass(0)
            var foreign = money.stated(number)
            foreign.customerNumber = "87654321"
            money.states(Self.day, [money.stated("BP20261123NOBODY00001"), foreign])
            try await money.pass(17 * 3600)
            let found = try await money.cases()
            #expect(found.map(\.kind) == [.bankOnly, .bankOnly])
            #expect(found.allSatisfy { $0.channel == .biller && $0.choices == [.acknowledged] })
            #expect(found.first?.serial == "EXACT/BP20261123NOBODY00001")
            #expect(try await money.agreedOn(number) == nil)
            for found in found { try await money.handle(found, .acknowledged) }
            #expect(try await money.broken() == [])
        }
    }

    @Test("A line that stands there twice is agreed once, and the second one is a case")
    func duplicate() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            try await money.pass(0)
            money.states(Self.day, [money.stated(number), money.stated(number)])
            money.states(Self.day.adding(days: 1), [money.stated(number)])
            try await money.pass(17 * 3600)
            #expect(try await money.cases().map(\.kind) == [.duplicate])
            try await money.pass(86_400)
            #expect(try await money.cases().map(\.kind) == [.duplicate])
            #expect(try await money.agreedOn(number) == Self.day)
            #expect(try await money.broken() == [])
        }
    }

    // MARK: Good news

    @Test("What we did not know to be written off is booked from the statement", arguments: [true, false])
    func goodNews(isPending: Bool) async throws {
        try await MoneyFixture.with { money in
            if isPending {
                money.world.change {
                    $0.paymentStatus = "writeOffUnknown"
                    $0.queryStatus = "writeOffUnknown"
                }
            } else {
                money.world.change { $0.silentPayments = 1 }
            }
            let number = try await money.submitBill()
            try await money.pass(0)
            #expect(try await money.payment(number).status == (isPending ? .writeOffPending : .unknown))
            money.states(Self.day, [money.stated(number)])
            // The biller answers nothing else meanwhile.
            money.world.change {
                $0.paid = [:]
                $0.queryStatus = "?"
            }
            try await money.pass(17 * 3600)
            #expect(try await money.payment(number).status == .writtenOff)
            #expect(try await money.agreedOn(number) == Self.day)
            #expect(try await money.held(.billerPayable, "EXACT") == -4_200)
            #expect(try await money.cases().isEmpty)
            #expect(try await money.broken() == [])
        }
    }

    // MARK: Late

    @Test(
        "A payment whose money the company has back is a loss when a statement has it, once",
        arguments: ["refused", "writeOffFailed"], [Handling.charged, .borne])
    func writtenOffLate(first: String, handling: Handling) async throws {
        try await MoneyFixture.with { money in
            money.world.change {
                $0.paymentStatus = first
                $0.queryStatus = first
            }
            let number = try await money.submitBill()
            try await money.pass(0)
            // The last look finds nothing, the statement of the day after next does.
            let late = Self.day.adding(days: 2)
            money.states(Self.day, [])
            money.states(Self.day.adding(days: 1), [])
            money.states(late, [money.stated(number)])
            for _ in 1...2 { try await money.pass(86_400) }
            #expect(try await money.cases().isEmpty)
            try await money.pass(86_400)
            let status = try await money.payment(number).status
            #expect(status == (first == "refused" ? .refusedDisputed : .disputed))
            #expect(try await money.held(.differenceReceivable, "EXACT") == 4_200)
            #expect(try await money.agreedOn(number) == late)
            let found = try #require(await money.cases().first)
            #expect(try await money.cases().count == 1 && found.choices == [.charged, .madeGood, .borne])
            #expect(try await money.broken() == [])
            try await money.handle(found, handling)
            let id: Int64 = try await money.owner.query(
                "SELECT id FROM biller_statements WHERE day = \(late)"
            ).only()["id"]
            try await money.platform.billerStatements.workOff(id)
            #expect(try await money.entries(.writtenOffLate) == 1)
            #expect(try await money.held(.billerPayable, "EXACT") == -4_200)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A late line of a loss that the platform has borne already is agreed and costs nothing more")
    func borneBefore() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.writtenOffLate(after: "writeOffFailed")
            try await money.handle(try #require(await money.cases().first), .borne)
            let today = LocalDate(money.clock.now)
            money.states(today, [money.stated(number)])
            try await money.pass(86_400)
            #expect(try await money.entries(.writtenOffLate) == 1)
            #expect(try await money.agreedOn(number) == today)
            // Nobody has put own money in for what the platform has borne (I9).
            #expect(try await money.broken().filter { !$0.hasPrefix("I9") } == [])
        }
    }

    // MARK: Denied

    @Test("What the statements of its day and of the next lack is disputed, and waits for both")
    func denied() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.denied()
            #expect(try await money.payment(number).status == .disputed)
            #expect(try await money.held(.billerPayable, "EXACT") == -4_200, "nothing is posted")
            let found = try #require(await money.cases().first)
            #expect(found.channel == .biller && found.kind == .oursOnly && found.settlementDate == Self.day)
            #expect(found.choices == [.writtenOff, .writeOffFailed] && found.amount == .zero)
            #expect(try await money.broken() == [])
            // A day later nothing has changed.
            try await money.pass(86_400)
            #expect(try await money.cases().count == 1)
        }
    }

    @Test("A statement that is not there denies nothing")
    func notDenied() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            try await money.pass(0)
            money.states(Self.day.adding(days: 1), [])
            money.states(Self.day.adding(days: 2), [])
            for _ in 1...4 { try await money.pass(86_400) }
            #expect(try await money.payment(number).status == .writtenOff)
            // The late one has it after all.
            money.states(Self.day, [money.stated(number)])
            try await money.pass(1_800)
            #expect(try await money.agreedOn(number) == Self.day)
            #expect(try await money.cases().isEmpty)
        }
    }

    @Test(
        "Asked once more the biller confirms what its statements lack: written off and agreed, the case ends by itself"
    )
    func confirmedByQuery() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.denied(isKnown: true)
            #expect(try await money.payment(number).status == .writtenOff)
            #expect(try await money.agreedOn(number) == LocalDate(money.clock.now))
            #expect(try await money.cases().map(\.state) == [.selfCleared])
            for _ in 1...3 { try await money.pass(86_400) }
            #expect(try await money.cases().count == 1)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A later statement has what was denied: written off and agreed, the case ends by itself")
    func confirmedByStatement() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.denied()
            let later = Self.day.adding(days: 2)
            money.states(later, [money.stated(number)])
            try await money.pass(86_400)
            #expect(try await money.payment(number).status == .writtenOff)
            #expect(try await money.agreedOn(number) == later)
            #expect(try await money.cases().map(\.state) == [.selfCleared])
            #expect(try await money.held(.billerPayable, "EXACT") == -4_200)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "Two people decide what was denied: written off after all, or given back",
        arguments: [Handling.writtenOff, .writeOffFailed])
    func decided(handling: Handling) async throws {
        try await MoneyFixture.with { money in
            let number = try await money.denied()
            let found = try #require(await money.cases().first)
            await #expect(throws: DifferenceError.unfitting) {
                try await money.handle(found, .acknowledged)
            }
            try await money.handle(found, handling)
            let isWrittenOff = handling == .writtenOff
            #expect(try await money.payment(number).status == (isWrittenOff ? .writtenOff : .writeOffFailed))
            #expect(try await money.balances().available == Money(fen: isWrittenOff ? 5_800 : 10_000))
            #expect(try await money.held(.billerPayable, "EXACT") == (isWrittenOff ? -4_200 : 0))
            #expect(try await money.entries(.billRefunded) == (isWrittenOff ? 0 : 1))
            let decidedOn = LocalDate(money.clock.now)
            #expect(try await money.agreedOn(number) == (isWrittenOff ? decidedOn : nil))
            #expect(try await money.broken() == [])
            // It stays so, also after the last look.
            for _ in 1...3 { try await money.pass(86_400) }
            #expect(try await money.cases().map(\.state) == [.resolved])
            // A statement that has it now agrees, or is a loss.
            let late = LocalDate(money.clock.now)
            money.states(late, [money.stated(number)])
            try await money.pass(86_400)
            #expect(try await money.agreedOn(number) == (isWrittenOff ? decidedOn : late))
            #expect(try await money.held(.billerPayable, "EXACT") == -4_200)
            #expect(try await money.entries(.writtenOffLate) == (isWrittenOff ? 0 : 1))
            #expect(try await money.broken() == [])
        }
    }

    @Test("Another amount than ours is disputed at once, and a right one later ends that")
    func amountDiffers() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            try await money.pass(0)
            var line = money.stated(number)
            line.amount = 4_100
            money.states(Self.day, [line])
            try await money.pass(17 * 3600)
            #expect(try await money.payment(number).status == .disputed)
            let found = try #require(await money.cases().first)
            #expect(found.kind == .amountDiffers && found.choices == [.writtenOff, .writeOffFailed])
            #expect(found.bankAmount == Money(fen: 4_100) && found.ourAmount == Money(fen: 4_200))
            #expect(try await money.broken() == [])
            money.states(Self.day.adding(days: 1), [money.stated(number)])
            try await money.pass(86_400)
            #expect(try await money.payment(number).status == .writtenOff)
            #expect(try await money.cases().map(\.state) == [.selfCleared])
            #expect(try await money.broken() == [])
        }
    }

    @Test("A denial that waits behind the statement that has the payment after all denies nothing")
    func deniedAtOnce() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            try await money.pass(0)
            let statements = money.platform.billerStatements
            money.states(Self.day, [])
            try await money.pass(17 * 3600)
            try await money.pass(86_400)
            let ids = try await money.owner.query("SELECT id FROM biller_statements ORDER BY day").map {
                try $0.decode("id", as: Int64.self)
            }
            try #require(ids.count == 2)
            let empty = try BillerStatements.Statement(lines: [], digest: [UInt8](repeating: 3, count: 32))
            let whole = try BillerStatements.Statement(
                lines: [money.stated(number)], digest: [UInt8](repeating: 4, count: 32))
            try await money.owner.execute(
                "INSERT INTO biller_statements (biller_code, day) VALUES ('EXACT', \(Self.day.adding(days: 2)))"
            )
            let third: Int64 = try await money.owner.query(
                "SELECT id FROM biller_statements ORDER BY day DESC LIMIT 1"
            ).only()["id"]
            #expect(try await statements.accept(empty, as: ids[1]) == .accepted)
            @Sendable func take() async throws { _ = try await statements.accept(whole, as: third) }
            @Sendable func deny() async throws { try await statements.workOff(ids[1]) }
            try await money.atOnce(
                behind: "SELECT code FROM billers WHERE code = 'EXACT' FOR NO KEY UPDATE", [take, deny])
            #expect(try await money.payment(number).status == .writtenOff)
            #expect(try await money.agreedOn(number) == Self.day.adding(days: 2))
            #expect(try await money.cases().isEmpty)
        }
    }
}

extension MoneyFixture {
    /// What a biller states of a payment of 42 yuan.
    func stated(_ number: String) -> BillerStatements.Statement.Line {
        BillerStatements.Statement.Line(
            paymentNumber: number, serial: "S\(number)", amount: 4_200, customerNumber: "10012345",
            writtenOffAt: "2026-11-23T02:00:00Z")
    }

    /// From now on the biller has a statement of a day.
    func states(_ day: LocalDate, _ lines: [BillerStatements.Statement.Line]) {
        let payments = lines.map {
            """
            {"paymentNumber":"\($0.paymentNumber)","serial":"\($0.serial)","amount":\($0.amount),\
            "customerNumber":"\($0.customerNumber)","writtenOffAt":"\($0.writtenOffAt)"}
            """
        }
        let sum = lines.reduce(0) { $0 + $1.amount }
        let text = """
            {"status":"ready","day":"\(day)","count":\(lines.count),"sum":\(sum),\
            "payments":[\(payments.joined(separator: ","))]}
            """
        world.change { $0.billerStatements["EXACT \(day)"] = text }
    }

    /// The day under which a payment is agreed.
    func agreedOn(_ number: String) async throws -> LocalDate? {
        try await owner.query(
            """
            SELECT p.agreed_on FROM bill_payments p JOIN orders o ON o.id = p.order_id WHERE o.number = \(number)
            """
        ).only()["agreed_on"]
    }

    /// A payment that the biller's statements of its day and of the next lack.
    ///
    /// - Parameter isKnown: whether the biller has it all the same when it is asked.
    @discardableResult
    func denied(isKnown: Bool = false) async throws -> String {
        let number = try await submitBill()
        try await pass(0)
        if !isKnown { world.change { $0.paid = [:] } }
        states(Self.day, [])
        states(Self.day.adding(days: 1), [])
        try await pass(17 * 3600)
        #expect(try await payment(number).status == .writtenOff)
        try await pass(86_400)
        return number
    }
}
