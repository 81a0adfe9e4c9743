import Cryptography
import Foundation
import Postgres
import Testing

@testable import Payments
@testable import UnionPay

@Suite("The bank's files of days")
struct BankFileTests {
    private static let day = MoneyFixture.day
    private static let merchant = "777290058110097"

    /// A file as the bank packs it: trades, lines of errors and adjustments, and the summary.
    ///
    /// - Parameter summary: the numbers of its line of totals, where they are others than those of the trades.
    private func file(
        _ records: [ReconciliationRecord], adjustments: Int = 0, summary: String? = nil,
        hasSummary: Bool = true
    ) throws -> String {
        var bytes: [UInt8] = []
        let writer = ZipWriter { bytes += $0 }
        try writer.beginEntry("INN26112388ZM_\(Self.merchant)")
        try writer.write(records.flatMap { $0.raw + [13, 10] })
        try writer.beginEntry("INN26112388ZME_\(Self.merchant)")
        for _ in 0..<adjustments { try writer.write([UInt8](repeating: 32, count: 337) + [13, 10]) }
        if hasSummary {
            var totals = ReconciliationTotals()
            for record in records { try totals.add(record) }
            try writer.beginEntry("RD261123_\(Self.merchant)")
            try writer.write(
                try #require(GBK.encode(summary.map { "总计 \($0)\r\n" } ?? totals.summary)))
        }
        try writer.finish()
        return try Base64.encode(Deflater(.zlib).deflate(bytes, isLast: true))
    }

    private func record(of topUp: TopUp) throws -> ReconciliationRecord {
        let amount = SettlementAmount(.credit, fen: topUp.amount.fen)
        return try ReconciliationRecord(
            tradeCode: "S22", traceNumber: "000001", transmissionTime: "1123100000",
            amountFen: topUp.amount.fen,
            queryID: QueryID(topUp.bankSerial ?? "202611230000000000001"), orderNumber: topUp.number,
            fee: nil,
            settlement: amount, net: amount, transactionType: "01", transactionSubtype: "01",
            productType: "000202", merchant: Self.merchant, originalQueryID: nil, others: [:], line: 1)
    }

    /// The items about files, in words.
    private func items(_ money: MoneyFixture) async throws -> [OpenWorkItem] {
        try await money.platform.monitoring.openWorkItems(within: .national).rows
            .filter { $0.settlementDate != nil }
    }

    @Test(
        "A file that does not come is asked for again; long overdue it is told to a person, until it is there"
    )
    func overdue() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            // 24 November, 03:00: the bank has none yet.
            money.world.change { $0.file = .none }
            try await money.pass(17 * 3600)
            #expect(try await items(money).isEmpty)
            let waiting = try #require(await money.platform.reconciliationDays.list(within: .national).first)
            #expect(waiting.day == Self.day && waiting.file == nil && waiting.lastAttempt?.result == .absent)
            // 19:30, and half an hour later.
            try await money.pass(16.5 * 3600)
            #expect(try await items(money).isEmpty)
            try await money.pass(1_800)
            #expect(try await items(money).map(\.settlementDate) == [Self.day])
            try await money.pass(1_800)
            #expect(try await items(money).count == 1, "told once")
            let content = try file([record(of: topUp)])
            money.world.change { $0.file = .content(content) }
            try await money.pass(1_800)
            #expect(try await items(money).isEmpty)
            let done = try #require(
                await money.platform.reconciliationDays.list(within: .national).first { $0.day == Self.day })
            #expect(
                done.file?.name == "file.zip"
                    && done.file?.stated == BankFiles.Ending.Totals(lines: 1, net: 10_000))
            #expect(done.sums.map(\.kind) == [.matched] && done.sums.map(\.lines) == [1])
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A file whose summary never agrees with its lines is not taken, and told to a person after three times"
    )
    func summaryDiffers() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            let wrong = try file(
                [record(of: topUp)], summary: "2 0.00 200.00 0.00 0.00 0.00 200.00")
            money.world.change { $0.file = .content(wrong) }
            try await money.pass(17 * 3600)
            try await money.pass(1_800)
            #expect(try await items(money).isEmpty)
            try await money.pass(1_800)
            #expect(try await items(money).map(\.settlementDate) == [Self.day])
            #expect(try await money.owner.query("SELECT 1 FROM bank_files").isEmpty)
            let tries = try #require(
                await money.platform.reconciliationDays.details(of: Self.day, .init(), within: .national)
            ).attempts
            #expect(tries.map(\.result) == [.damaged, .damaged, .damaged])
            #expect(
                tries.first?.detail
                    == "文件汇总与明细不符：汇总 2 笔，净额 200.00 元；明细 1 笔，净额 100.00 元")
            let right = try file([record(of: topUp)], summary: "1 0.00 100.00 0.00 0.00 0.00 100.00")
            money.world.change { $0.file = .content(right) }
            try await money.pass(1_800)
            #expect(try await items(money).isEmpty)
            let day = try #require(
                await money.platform.reconciliationDays.list(within: .national).first { $0.day == Self.day })
            #expect(day.file?.stated == BankFiles.Ending.Totals(lines: 1, net: 10_000))
        }
    }

    @Test("A file without its summary is not taken")
    func withoutSummary() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            let bare = try file([record(of: topUp)], hasSummary: false)
            money.world.change { $0.file = .content(bare) }
            try await money.pass(17 * 3600)
            let tries = try await money.owner.query("SELECT result, detail FROM bank_file_tries")
            #expect(try tries.map { try $0.decode("result", as: String.self) } == ["damaged"])
            #expect(try tries.map { try $0.decode("detail", as: String.self) } == ["文件没有汇总"])
            #expect(try await money.owner.query("SELECT 1 FROM bank_files").isEmpty)
        }
    }

    @Test("The sums that are kept of a file are those that its summary states")
    func stated() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            let content = try file([record(of: topUp)])
            money.world.change { $0.file = .content(content) }
            try await money.pass(17 * 3600)
            #expect(try await money.broken() == [])
            try await money.owner.execute("UPDATE bank_file_sums SET amount = amount - 1")
            let broken = try await money.broken()
            #expect(
                broken.contains { $0.contains("I12") && $0.contains("summary of \(Self.day)") }, "\(broken)")
        }
    }

    /// How many files are taken.
    private func taken(_ money: MoneyFixture) async throws -> Int {
        try await money.owner.query("SELECT 1 FROM bank_files").count
    }

    @Test(
        "A day on which we have booked nothing is asked for during a week, and a file that comes as late as that counts"
    )
    func lateFile() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 10_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change { $0.file = .none }
            for _ in 1...12 { try await money.pass(6 * 3600) }
            // 26 November, 10:00; a person is told when that day is over.
            #expect(try await taken(money) == 0)
            let told = try await items(money).filter { $0.settlementDate == Self.day }.map(\.detail)
            #expect(told == [])
            for _ in 1...4 { try await money.pass(6 * 3600) }
            #expect(try await items(money).contains { $0.settlementDate == Self.day })
            let content = try file([record(of: topUp)])
            money.world.change {
                $0.file = .content(content)
                $0.queryDefault = .query(code: "00", original: "00", amountFen: 10_000)
            }
            try await money.platform.bankFiles.advance(Self.day, attempts: 0)
            #expect(try await money.topUp(topUp.number).status == .credited)
            #expect(try await !items(money).contains { $0.settlementDate == Self.day })
        }
    }

    @Test("A day of which the bank says for a week that there is no file counts as empty, and not before")
    func emptyDay() async throws {
        try await MoneyFixture.with { money in
            _ = try await money.order(fen: 10_000)
            money.world.change { $0.file = .none }
            // 30 November, 22:00, and two hours later.
            for _ in 1...30 { try await money.pass(6 * 3600) }
            #expect(try await taken(money) == 0)
            for _ in 1...2 { try await money.pass(6 * 3600) }
            let names = try await money.owner.query(
                "SELECT name FROM bank_files WHERE settlement_date = \(Self.day)")
            #expect(try names.map { try $0.decode("name", as: String.self) } == [""])
            #expect(try await !items(money).contains { $0.settlementDate == Self.day })
            #expect(try await money.broken() == [])
        }
    }

    @Test("Lines of errors and adjustments are one case, which two people look at")
    func adjustments() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            let content = try file([record(of: topUp)], adjustments: 2)
            money.world.change { $0.file = .content(content) }
            try await money.pass(17 * 3600)
            try await money.platform.bankFiles.workOff(Self.day)
            let found = try #require(await money.cases().first)
            #expect(try await money.cases().count == 1)
            #expect(found.detail.contains("2 行差错调整") && found.choices == [.acknowledged])
            #expect(
                try await money.platform.reconciliationDays.list(within: .national).last?.file?.adjustments
                    == 2)
            try await money.handle(found, .acknowledged)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A day shows its sums by class, its lines by filter and region, its cases and the reserve account")
    func day() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            let lost = try await money.credited(fen: 1_500)
            var fee = money.line(of: topUp)
            fee.fee = 30
            try await money.file([
                fee,
                BankFiles.Line(
                    trade: .payment, serial: "202611230000000000777", orderNumber: "TP1", amount: 5_500),
                BankFiles.Line(
                    trade: .payout, serial: "202611230000000000778", orderNumber: "WD1", amount: 200),
            ])
            try await money.platform.reserveStatements.take(
                ReserveStatements.Statement(
                    day: Self.day.adding(days: 1), account: "8888****0001", opening: 0, closing: 15_270,
                    lines: [
                        ReserveStatements.Line(
                            serial: "R1", change: 15_270, counterparty: "银联", purpose: "清算",
                            settlementDate: Self.day)
                    ]))
            let days = money.platform.reconciliationDays
            let listed = try await days.list(within: .national)
            #expect(listed.map(\.day) == [Self.day.adding(days: 1), Self.day])
            #expect(try await days.list(within: .national, before: Self.day).isEmpty)
            #expect(try await days.list(.init(from: Self.day, until: Self.day), within: .national).count == 1)
            let sums = listed[1].sums.map {
                "\($0.channel) \($0.kind) \($0.lines) \($0.amount.fen) \($0.fees.fen)"
            }
            #expect(
                sums == [
                    "gateway bankOnly 1 5500 0", "gateway feeDiffers 1 10000 30", "payout bankOnly 1 200 0",
                ])
            #expect(try listed[1].sums.map { try $0.net.fen } == [5_500, 9_970, -200])
            let cases = listed[1].cases.map { "\($0.channel) \($0.kind) \($0.count) \($0.open)" }
            #expect(
                Set(cases) == [
                    "gateway bankOnly 1 1", "gateway feeDiffers 1 1", "gateway cutOff 1 0",
                    "payout bankOnly 1 1",
                ])
            #expect(
                try await days.list(.init(channel: .payout), within: .national).last?.sums.map(\.channel) == [
                    .payout
                ])
            let reserve = try #require(listed[0].reserve)
            #expect(reserve.closing == Money(fen: 15_270) && reserve.booked == reserve.closing)

            func lines(_ filter: BankLine.Filter, within region: Region = .national) async throws -> [Int64] {
                try #require(await days.details(of: Self.day, filter, within: region)).lines.map(\.line)
            }
            #expect(try await lines(.init()) == [1, 2, 3])
            #expect(try await lines(.init(kind: .matched)) == [])
            #expect(try await lines(.init(kind: .bankOnly)) == [2, 3])
            #expect(try await lines(.init(channel: .payout, includesMatched: true)) == [3])
            #expect(try await lines(.init(), within: .city("430100")) == [1])
            #expect(try await lines(.init(), within: .city("440100")) == [])
            let paged = try #require(
                await days.details(of: Self.day, .init(), within: .national, after: 1, limit: 1))
            #expect(paged.lines.map(\.line) == [2] && paged.hasMoreLines)
            #expect(paged.reserveLines.map(\.serial) == ["R1"])
            #expect(try await days.details(of: Self.day.adding(days: 9), .init(), within: .national) == nil)
            var exported: [Int64] = []
            let isCut = try await days.exportLines(of: Self.day, .init(), within: .national) {
                exported += $0.map(\.line)
            }
            #expect(exported == [1, 2, 3] && !isCut)

            let cutOff = try #require(await money.cases().first { $0.kind == .cutOff })
            let details = try #require(
                await money.platform.differences.details(cutOff.number, within: .national))
            #expect(details.order?.number == lost.number && details.lines.isEmpty && details.postings.isEmpty)
            let parked = try #require(
                await money.cases().first { $0.kind == .bankOnly && $0.channel == .gateway })
            let bank = try #require(
                await money.platform.differences.details(parked.number, within: .national))
            #expect(bank.lines.map(\.line) == [2] && bank.lines.first?.difference == parked.number)
            #expect(bank.postings.map(\.code) == ["P02", "P02"])
            #expect(bank.postings.map(\.account) == [.bankClearing, .unidentifiedReceipts])
        }
    }

    @Test("Cases are listed by state, class, channel and day, and page after page")
    func listed() async throws {
        try await MoneyFixture.with { money in
            let lines = (1...5).map { index in
                BankFiles.Line(
                    trade: index == 5 ? .payout : .payment, serial: "20261123000000000077\(index)",
                    orderNumber: "TP\(index)", amount: Int64(index) * 100)
            }
            try await money.file(lines)
            let differences = money.platform.differences
            let first = try await differences.list(within: .national, limit: 3)
            let rest = try await differences.list(within: .national, before: first.last?.id, limit: 3)
            #expect((first + rest).compactMap(\.bankAmount?.fen) == [500, 400, 300, 200, 100])
            try await money.handle(first[2], .returned)
            func count(_ filter: Differences.Filter) async throws -> Int {
                try await differences.list(filter, within: .national, limit: 100).count
            }
            #expect(try await count(.init(state: .resolved)) == 1)
            #expect(try await count(.init(isOpenOnly: true)) == 4)
            #expect(try await count(.init(channel: .payout)) == 1)
            #expect(try await count(.init(kind: .duplicate)) == 0)
            #expect(try await count(.init(day: MoneyFixture.day)) == 5)
            #expect(try await count(.init(day: MoneyFixture.day.adding(days: 1))) == 0)
            #expect(try await differences.list(within: .city("430100")).isEmpty)
        }
    }
}
