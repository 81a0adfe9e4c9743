import Cryptography
import Postgres
import Testing

@testable import Payments
@testable import Portal

/// 对账 and 差异处理 as two persons work through them.
@Suite("Pages of reconciliation")
struct ReconciliationPageTests {
    /// The settlement day of the tests.
    private static let day = LocalDate(StandingClock().now)
    /// The command of a form that was rendered earlier.
    private static let command = "11111111-1111-4111-8111-111111111111"

    /// Takes a file with one payment that no order of ours explains, and gives the number of its case.
    private func unknownPayment(_ site: SiteFixture) async throws -> String {
        var lines = [
            BankFiles.Line(
                trade: .payment, serial: "202611230000000000777", orderNumber: "TP20261123NOBODY00001",
                amount: 550_000)
        ][...]
        _ = try await site.platform.bankFiles.accept(
            Self.day, name: "INN261123", digest: SHA256.digest([1])
        ) { lines.popFirst() }
        try await site.platform.bankFiles.workOff(Self.day)
        return try await site.owner.query("SELECT number FROM differences").only()["number"]
    }

    @Test("Money of nobody is named, agreed on by a second person, and stands on the company's statement")
    func credited() async throws {
        try await SiteFixture.with { site in
            let merchantNumber = try await site.openCompany()
            let number = try await unknownPayment(site)
            let address = "/admin/differences/\(number)"
            let operations = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            let work = try await operations.get("/admin")
            #expect(work.body.contains("href=\"\(address)\"") && work.body.contains("待处理的对账差异"))
            #expect(work.body.contains("未知单位"))
            let opened = try await operations.get(address)
            #expect(opened.status == .ok && opened.body.contains("5,500.00 元"))
            #expect(opened.body.contains("P02") && opened.body.contains("待查收款"))

            let empty = try await operations.post("\(address)/propose", ["reason": "已与银行核实"])
            #expect(empty.status == .unprocessableContent && empty.title.hasPrefix("错误："))
            #expect(empty.body.contains("请选择适用于此差异的处理方式"))
            #expect(empty.body.contains(">已与银行核实</textarea>"))
            let fields = ["handling": "credited", "reason": "已与银行核实", "merchantNumber": "M1"]
            let unknown = try await operations.post("\(address)/propose", fields)
            #expect(unknown.status == .unprocessableContent && unknown.body.contains("没有这个商户编号"))
            #expect(
                unknown.body.contains("value=\"M1\"") && unknown.body.contains("value=\"credited\" selected"))
            let silent = try await operations.post(
                "\(address)/propose", ["handling": "returned", "reason": " "])
            #expect(silent.status == .unprocessableContent && silent.body.contains("请填写原因"))
            let proposed = try await operations.post(
                "\(address)/propose", fields.merging(["merchantNumber": merchantNumber]) { $1 })
            #expect(proposed.status == .seeOther && proposed.location == address)

            let named = try await operations.get("/admin")
            #expect(named.body.contains("href=\"\(address)\"") && named.body.contains("待复核的对账差异"))
            #expect(!named.body.contains("未知单位"))
            let own = try await operations.get(address)
            #expect(own.body.contains("由您提出，等待他人复核") && !own.body.contains("value=\"grant\""))
            // From a page that was open before.
            let old = ["command": Self.command]
            let again = try await operations.post("\(address)/propose", fields.merging(old) { $1 })
            #expect(again.status == .unprocessableContent && again.body.contains("以下为最新内容"))
            let grant = ["decision": "grant", "version": "2"]
            let alone = try await operations.post("\(address)/decide", grant.merging(old) { $1 })
            #expect(alone.status == .unprocessableContent && alone.body.contains("须由他人复核"))

            let supervisor = try await site.staff("SH0001", .supervisor, mobile: "13900000012")
            let waiting = try await supervisor.get("/admin")
            #expect(waiting.body.contains("待复核的对账差异") && waiting.body.contains("href=\"\(address)\""))
            let asked = try await supervisor.get(address)
            #expect(asked.body.contains("href=\"/admin/enterprises/\(merchantNumber)\""))
            #expect(asked.body.contains("员工YY0001：已与银行核实"))
            let stale = try await supervisor.post("\(address)/decide", ["decision": "grant", "version": "1"])
            #expect(stale.status == .unprocessableContent && stale.body.contains("以下为最新内容"))
            let unsaid = try await supervisor.post(
                "\(address)/decide", ["decision": "return", "version": "2", "reason": ""])
            #expect(unsaid.status == .unprocessableContent && unsaid.body.contains("请填写原因"))
            let neither = try await supervisor.post(
                "\(address)/decide", ["decision": "perhaps", "version": "2"])
            #expect(neither.status == .badRequest)
            try await supervisor.get(address)
            // A double click decides once, and is no error.
            for _ in 1...2 {
                let decided = try await supervisor.post("\(address)/decide", grant)
                #expect(decided.status == .seeOther && decided.location == address)
            }
            let late = try await supervisor.post("\(address)/decide", grant.merging(old) { $1 })
            #expect(late.status == .unprocessableContent && late.body.contains("已由他人处理"))
            let done = try await supervisor.get(address)
            #expect(done.body.contains("已处理") && done.body.contains("P03"))
            #expect(try await operations.get("/admin").body.contains("今日无待办"))

            let clerk = try await site.clerk()
            let statement = try await clerk.get("/account/transactions?order=\(number)")
            #expect(statement.body.contains("充值（对账补记）") && statement.body.contains("5,500.00"))
            #expect(statement.body.contains("<span class=\"nowrap\">\(number)</span>"))
            let file = try await clerk.get("/account/transactions/export.csv?kind=topUp")
            #expect(file.body.contains("\"\(number)\",\"充值（对账补记）\",\"银联企业网银支付\",\"5500.00\""))
        }
    }

    @Test("Sent back by a person of the company's region, the case is the whole country's again")
    func sentBack() async throws {
        try await SiteFixture.with { site in
            let merchantNumber = try await site.openCompany()
            let number = try await unknownPayment(site)
            let address = "/admin/differences/\(number)"
            let operations = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            let supervisor = try await site.staff("SH0001", .supervisor, mobile: "13900000012")
            #expect(try await supervisor.get(address).status == .notFound)
            try await operations.get(address)
            try await operations.post(
                "\(address)/propose",
                ["handling": "credited", "reason": "已核实", "merchantNumber": merchantNumber])
            try await supervisor.get(address)
            let returned = try await supervisor.post(
                "\(address)/decide", ["decision": "return", "version": "2", "reason": "请附银行回函"])
            #expect(returned.status == .seeOther && returned.location == "/admin/differences")
            #expect(try await supervisor.get(address).status == .notFound)
            let open = try await operations.get(address)
            #expect(open.body.contains("员工SH0001：请附银行回函") && open.body.contains("提交复核"))
        }
    }

    @Test(
        "对账 lists days with a filter and a file, and a day shows its lines, its cases and how its file came")
    func days() async throws {
        try await SiteFixture.with { site in
            let operations = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            let nothing = try await operations.get("/admin/reconciliation")
            #expect(nothing.status == .ok && nothing.body.contains("还没有需要对账的日期"))
            #expect(try await operations.get("/admin/reconciliation/\(Self.day)").status == .notFound)
            #expect(try await operations.get("/admin/reconciliation/never").status == .notFound)
            let number = try await unknownPayment(site)
            let list = try await operations.get("/admin/reconciliation?channel=unionpay-b2b")
            #expect(list.body.contains("href=\"/admin/reconciliation/\(Self.day)\""))
            #expect(list.body.contains("银行有我方无（长款）") && list.body.contains("5,500.00"))
            let later = Self.day.adding(days: 1)
            #expect(
                try await operations.get("/admin/reconciliation?from=\(later)").body.contains("没有符合条件的清算日"))
            let bad = try await operations.get("/admin/reconciliation?from=x&until=\(later)")
            #expect(bad.status == .unprocessableContent && bad.title.hasPrefix("错误："))
            let badFile = try await operations.get("/admin/reconciliation/export.csv?from=x")
            #expect(badFile.location == "/admin/reconciliation?from=x")
            let file = try await operations.get("/admin/reconciliation/export.csv")
            #expect(
                file.body.contains(
                    "\"\(Self.day)\",\"已取得\",\"银联企业网银支付\",\"银行有我方无（长款）\",\"1\",\"5500.00\",\"0.00\",\"1（待处理 1）\""
                ))

            let day = try await operations.get("/admin/reconciliation/\(Self.day)")
            #expect(day.body.contains("202611230000000000777"))
            #expect(day.body.contains("href=\"/admin/differences/\(number)\""))
            let matched = try await operations.get("/admin/reconciliation/\(Self.day)?class=matched")
            #expect(matched.body.contains("没有符合条件的明细"))
            let lines = try await operations.get("/admin/reconciliation/\(Self.day)/lines.csv?class=all")
            #expect(lines.body.contains("\"202611230000000000777\",\"TP20261123NOBODY00001\",\"5500.00\""))
            #expect(lines.body.contains("\"\(number)\""))
        }
    }

    @Test("差异处理 is filtered by its address, the file has the same cases, and other regions have none")
    func cases() async throws {
        try await SiteFixture.with { site in
            let number = try await unknownPayment(site)
            let auditor = try await site.staff("SJ0001", .auditor, .national, mobile: "13900000013")
            for query in [
                "", "?state=open", "?state=waiting", "?class=bankOnly&channel=unionpay-b2b",
                "?day=\(Self.day)",
            ] {
                let list = try await auditor.get("/admin/differences\(query)")
                #expect(list.status == .ok && list.body.contains(number), "\(query)")
                let file = try await auditor.get("/admin/differences/export.csv\(query)")
                #expect(file.body.contains("\"\(number)\""), "\(query)")
            }
            for query in ["?state=resolved", "?class=duplicate", "?channel=unionpay-payout"] {
                let list = try await auditor.get("/admin/differences\(query)")
                #expect(list.body.contains("没有符合条件的差异"), "\(query)")
            }
            #expect(try await auditor.get("/admin/differences?day=x").status == .unprocessableContent)
            let shown = try await auditor.get("/admin/differences/\(number)")
            #expect(shown.body.contains("等待运营员提出处理意见") && !shown.body.contains("提交复核</button>"))
            #expect(try await auditor.get("/admin/differences/DF0").status == .notFound)
            let elsewhere = try await site.staff(
                "YY0002", .operations, .city("440100"), mobile: "13900000014")
            #expect(try await elsewhere.get("/admin/differences").body.contains("没有差异"))
            #expect(try await elsewhere.get("/admin/differences/\(number)").status == .notFound)
            try await elsewhere.get("/admin")
            let refused = try await elsewhere.post(
                "/admin/differences/\(number)/propose",
                ["handling": "returned", "reason": "x", "command": Self.command])
            #expect(refused.status == .notFound)
        }
    }

    @Test("The billers' days are listed page by page, by biller and day, and exported as CSV")
    func billerDays() async throws {
        try await SiteFixture.with { site in
            for code in ["AA", "BB"] {
                try await site.platform.billers.register(
                    Biller(
                        code: code, name: "单位\(code)", cityCode: "430100", billItem: "water",
                        amountRule: .exact, numberLabel: "户号", numberPattern: "[0-9]{8}",
                        numberHint: "8 位数字", least: Money(fen: 1), most: Money(fen: 10_000_000),
                        address: "http://biller.example"))
            }
            try await site.owner.execute(
                """
                INSERT INTO biller_statements (
                    biller_code, day, digest, accepted_at, stated_count, stated_sum, tried_at, tries, problem)
                SELECT code, day::date, CASE WHEN done THEN sha256('') END, CASE WHEN done THEN day END,
                    CASE WHEN done THEN 2 END, CASE WHEN done THEN 1234500 END, day, 1, CASE WHEN done THEN '' ELSE 'HTTP 503' END
                FROM generate_series(DATE '2026-11-01', '2026-11-13', '1 day') day,
                    (VALUES ('AA', true), ('BB', false)) AS b (code, done)
                """)
            try await site.owner.execute(
                """
                INSERT INTO biller_statement_sums (statement_id, class, lines, amount)
                SELECT id, 'matched', 2, 1234500 FROM biller_statements WHERE biller_code = 'AA'
                """)
            let operations = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            let address = "/admin/biller-statements"
            let first = try await operations.get(address)
            #expect(first.status == .ok && first.body.contains("本页 20 份"))
            #expect(first.body.contains("2026-11-13") && !first.body.contains("2026-11-03"))
            #expect(first.body.contains("12,345.00") && first.body.contains("HTTP 503"))
            let next = try #require(first.body.firstMatch(of: #/href="([^"]*before=[^"]*)"/#))
            let second = try await operations.get(String(next.1).replacing("&amp;", with: "&"))
            #expect(second.body.contains("本页 6 份") && second.body.contains("2026-11-03"))
            #expect(!second.body.contains("2026-11-04"))
            let filtered = try await operations.get("\(address)?biller=BB&from=2026-11-12")
            #expect(filtered.body.contains("本页 2 份") && !filtered.body.contains("12,345.00"))
            let wrong = try await operations.get("\(address)?from=2026-11-12&until=2026-11-11")
            #expect(wrong.status == .unprocessableContent && wrong.body.contains("起始日期不能晚于截止日期"))
            let file = try await operations.get("\(address)/export.csv?biller=AA&until=2026-11-01")
            #expect(file.body.contains("\"2026-11-01\",\"单位AA\",\"已取得\",\"一致\",\"2\",\"12345.00\""))
            let manager = try await site.staff("KH0009", .accountManager, mobile: "13900000013")
            #expect(try await manager.get(address).status == .forbidden)
        }
    }
}
