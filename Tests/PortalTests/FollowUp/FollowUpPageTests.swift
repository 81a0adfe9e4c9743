import HTTPTypes
import Postgres
import Testing

@testable import Payments
@testable import Portal

@Suite("事后监控")
struct FollowUpPageTests {
    private static let number = "RC20261123ABCDEFGHJKMN"
    private static let address = "/admin/monitoring/\(number)"
    /// The command of a form that was rendered earlier.
    private static let command = "11111111-1111-4111-8111-111111111111"

    /// A case of the company of the fixture, by an order that waits to be sent; with a hold that keeps it back, or without.
    private static func raise(_ site: SiteFixture, isHeld: Bool = false) async throws {
        let merchant = try await site.openCompany()
        try await site.owner.execute(
            """
            WITH made AS (
                INSERT INTO orders (
                    kind, number, enterprise_id, operator_id, amount, counterparty, state, created_at, state_since)
                SELECT 'withdrawal', 'WD20261123ABCDEFGHJKMN', e.id, o.id, 1234567, '中国建设银行', 'accepted', e.opened_at,
                    e.opened_at
                FROM enterprises e JOIN operators o ON o.enterprise_id = e.id WHERE e.merchant_number = \(merchant)
                RETURNING id, enterprise_id, created_at, amount
            ), raised AS (
                INSERT INTO follow_up_cases (
                    number, rule, rule_version, enterprise_id, order_id, happened_at, raised_at)
                SELECT \(number), 'returnedTwice', 1, enterprise_id, id, created_at, created_at FROM made
                RETURNING id, enterprise_id, order_id, raised_at
            ), evidence AS (
                INSERT INTO follow_up_evidence (case_id, place, fact, at, order_id, amount)
                SELECT r.id, 1, 'returned', r.raised_at, m.id, m.amount FROM raised r, made m
            ), event AS (
                INSERT INTO follow_up_events (case_id, event, at) SELECT id, 'raised', raised_at FROM raised
            ), hold AS (
                INSERT INTO withdrawal_holds (case_id, enterprise_id)
                SELECT id, enterprise_id FROM raised WHERE \(isHeld) RETURNING id
            )
            INSERT INTO held_withdrawals (hold_id, order_id, held_at) SELECT h.id, m.id, m.created_at FROM hold h, made m
            """)
    }

    private static func operations(_ site: SiteFixture, _ number: String = "YY9001") async throws -> Browser {
        try await site.staff(number, .operations, .national, mobile: "1390000\(number.suffix(4))")
    }

    @Test("A case is found in the list, taken, and decided with what was found and why")
    func decided() async throws {
        try await SiteFixture.with { site in
            try await Self.raise(site)
            let person = try await Self.operations(site)
            #expect(try await person.get("/admin").body.contains("待处理的风险案例"))
            let list = try await person.get("/admin/monitoring")
            #expect(list.body.contains(Self.address) && list.body.contains("多次退汇"))
            #expect(try await !person.get("/admin/monitoring?rule=quickTurn").body.contains(Self.address))
            #expect(
                try await person.get("/admin/monitoring?q=%E9%95%BF%E6%B2%99").body.contains(Self.address))
            let page = try await person.get(Self.address)
            #expect(
                page.body.contains("/admin/orders/WD20261123ABCDEFGHJKMN") && page.body.contains("12,345.67"))
            #expect(!page.body.contains("name=\"decision\""))
            #expect(try await person.post(Self.address + "/owner").location == Self.address)
            try await person.get(Self.address)
            let refused = try await person.post(Self.address + "/decision", ["decision": "", "reason": ""])
            #expect(refused.status == .unprocessableContent && refused.title.hasPrefix("错误："))
            #expect(refused.body.contains("请选择结论") && refused.body.contains("请填写原因"))
            let again = try await person.post(
                Self.address + "/decision", ["decision": "unremarkable", "reason": " "])
            #expect(
                again.status == .unprocessableContent
                    && again.body.contains("value=\"unremarkable\" selected"))
            let done = try await person.post(
                Self.address + "/decision", ["decision": "unremarkable", "reason": "季节性结算"])
            #expect(done.location == Self.address)
            let decided = try await person.get(Self.address).body
            #expect(decided.contains("无异常") && decided.contains("季节性结算") && decided.contains("已办结"))
            #expect(try await person.post(Self.address + "/owner").status == .unprocessableContent)
            #expect(try await !person.get("/admin").body.contains("待处理的风险案例"))
        }
    }

    @Test("What a case keeps back is let go by two people; the same person is told why not")
    func released() async throws {
        try await SiteFixture.with { site in
            try await Self.raise(site, isHeld: true)
            let person = try await Self.operations(site)
            try await person.get(Self.address)
            let empty = try await person.post(Self.address + "/hold", ["handling": "", "reason": ""])
            #expect(empty.status == .unprocessableContent)
            #expect(empty.body.contains("请选择处理方式") && empty.body.contains("请填写原因"))
            let proposed = try await person.post(
                Self.address + "/hold", ["handling": "release", "reason": "已电话核实"])
            #expect(proposed.location == Self.address)
            let waiting = try await person.get(Self.address)
            #expect(waiting.body.contains("由您提出，等待他人复核") && !waiting.body.contains("/hold/approval"))
            let own = try await person.post(
                Self.address + "/hold/approval", ["version": "2", "command": Self.command])
            #expect(own.status == .unprocessableContent && own.body.contains("须由他人复核"))
            let supervisor = try await site.staff("SH9009", .supervisor, .national, mobile: "13900009009")
            #expect(try await supervisor.get("/admin").body.contains("待复核的暂缓提现或付款"))
            #expect(try await supervisor.get(Self.address).body.contains("已电话核实"))
            let returned = try await supervisor.post(Self.address + "/hold/return", ["reason": ""])
            #expect(returned.status == .unprocessableContent && returned.body.contains("请填写原因"))
            let stale = try await supervisor.post(Self.address + "/hold/approval", ["version": "1"])
            #expect(stale.status == .unprocessableContent && stale.body.contains("以下为最新内容"))
            // A double click decides once, and is no error.
            for _ in 1...2 {
                #expect(try await supervisor.post(Self.address + "/hold/approval").location == Self.address)
            }
            #expect(try await supervisor.get(Self.address).body.contains("已放行"))
            let late = try await supervisor.post(
                Self.address + "/hold/approval", ["version": "2", "command": Self.command])
            #expect(late.status == .unprocessableContent && late.body.contains("本次操作没有生效"))
        }
    }

    @Test("Other regions and account managers see no case; auditors see and do nothing")
    func reach() async throws {
        try await SiteFixture.with { site in
            try await Self.raise(site, isHeld: true)
            let far = try await site.staff("YY9002", .operations, .province("440000"), mobile: "13900009022")
            #expect(try await far.get(Self.address).status == .notFound)
            #expect(try await !far.get("/admin/monitoring").body.contains(Self.address))
            #expect(try await far.post(Self.address + "/owner").status == .notFound)
            let manager = try await site.staff("KH9002", .accountManager, mobile: "13900009023")
            #expect(try await manager.get("/admin/monitoring").status == .forbidden)
            #expect(try await !manager.get("/admin").body.contains("/admin/monitoring"))
            let auditor = try await site.staff("SJ9001", .auditor, .national, mobile: "13900009024")
            let page = try await auditor.get(Self.address)
            #expect(page.status == .ok && !page.body.contains("action=\"\(Self.address)"))
            #expect(try await auditor.post(Self.address + "/owner").status == .forbidden)
        }
    }

    @Test("The export holds what the filter lets through")
    func export() async throws {
        try await SiteFixture.with { site in
            try await Self.raise(site)
            let person = try await Self.operations(site)
            let file = try await person.get("/admin/monitoring/export.csv?state=open")
            #expect(file.headers[.contentType] == "text/csv; charset=utf-8")
            #expect(file.body.contains("\"\(Self.number)\",\"多次退汇\",\"长沙示例实业有限公司\""))
            #expect(
                try await !person.get("/admin/monitoring/export.csv?state=decided").body.contains(Self.number)
            )
        }
    }
}
