import Foundation
import HTTPTypes
import Postgres
import Testing

@testable import Payments
@testable import Portal

@Suite("Pages of withdrawals and of the bank's channels")
struct WithdrawalPageTests {
    @Test("The promise is shown before, asked about again when it has become later, and kept")
    func promise() async throws {
        try await SiteFixture.with { site in
            // Five minutes to four.
            site.clock.advance((5 * 60 + 55) * 60)
            let clerk = try await site.fundedClerk()
            let form = try await clerk.get("/account/withdrawals/new")
            #expect(form.body.contains("预计 2026年11月26日（周四）前"))
            #expect(form.body.contains("工作日 16:00 以后提交的"))
            let shown = try await clerk.get("/account/withdrawals/new?amount=12.00")
            #expect(shown.body.contains("预计 2026年11月26日（周四）前") && !shown.body.contains("受理截止时间"))
            site.clock.advance(6 * 60)
            let later = try await clerk.post("/account/withdrawals", Self.password)
            #expect(later.status == .unprocessableContent)
            #expect(later.body.contains("预计到账日已推迟"))
            #expect(later.body.contains("预计 2026年11月27日（周五）前"))
            #expect(later.body.contains("已过当日 16:00 的受理截止时间，自 2026年11月24日（周二）起计算。"))
            let submitted = try await clerk.post("/account/withdrawals", Self.password)
            #expect(submitted.status == .seeOther)
            site.clock.advance(5 * 60)
            let order = try await clerk.get(submitted.location)
            #expect(order.body.contains("预计 2026年11月27日（周五）前"))
            #expect(order.body.contains("已过当日 16:00 的受理截止时间"))
        }
    }

    @Test(
        "A withdrawal that was not sent is cancelled after a question, once; another company does not find it"
    )
    func cancelled() async throws {
        try await SiteFixture.with { site in
            let clerk = try await site.fundedClerk()
            try await clerk.get("/account/withdrawals/new?amount=12.00")
            let address = try await clerk.post("/account/withdrawals", Self.password).location
            let order = try await clerk.get(address)
            #expect(order.body.contains("<summary>撤销提现</summary>") && order.body.contains("确认撤销"))
            #expect(order.body.contains("12.00 元立即退回可用余额"))
            for _ in 1...2 {
                try await clerk.get(address)
                #expect(try await clerk.post("\(address)/cancellation").location == address)
            }
            let ended = try await clerk.get(address)
            #expect(ended.title.contains("已撤销") && !ended.body.contains("确认撤销"))
            let foreign = try await clerk.post("/account/withdrawals/WD20261123NOBODY/cancellation")
            #expect(foreign.status == .notFound)
        }
    }

    @Test("Two people pause a channel: the company reads why, staff see what waits, and it is resumed")
    func paused() async throws {
        try await SiteFixture.with { site in
            let clerk = try await site.fundedClerk()
            let operations = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            let supervisor = try await site.staff("SH0011", .supervisor, .national, mobile: "13900000012")
            let local = try await site.staff("SH0012", .supervisor, mobile: "13900000013")
            let page = "/admin/channels/unionpay-payout"

            // What is wrong is said beside its field, and what was typed stays.
            try await operations.get(page)
            let wrong = try await operations.post(
                "\(page)/proposal", ["status": "paused", "cutOff": "25:00", "notice": "", "reason": "银行通知"])
            #expect(wrong.status == .unprocessableContent && wrong.title.hasPrefix("错误："))
            #expect(wrong.body.contains("截止时间请按 16:00 的格式填写") && wrong.body.contains("value=\"25:00\""))
            #expect(wrong.body.contains(">银行通知</textarea>"))
            let silent = try await operations.post(
                "\(page)/proposal", ["status": "paused", "cutOff": "16:00", "notice": "", "reason": "银行通知"])
            #expect(silent.body.contains("暂停时须填写给单位看的公告"))

            try await site.pause(page, operations, supervisor) {
                // The proposer and those who do not reach the whole country see it and cannot decide.
                let own = try await operations.get(page)
                #expect(own.body.contains("由您提出，等待他人复核") && !own.body.contains("同意变更"))
                #expect(try await !local.get(page).body.contains("同意变更"))
                #expect(try await local.get("/admin").body.contains("今日无待办"))
                #expect(try await supervisor.get("/admin").body.contains("收付通道变更待复核"))
            }
            #expect(try await operations.get("/admin/channels").body.contains("银行系统升级"))
            let history = try await local.get(page)
            #expect(history.body.contains("复核同意，变更生效") && history.body.contains("员工SH0011"))

            #expect(try await clerk.get("/account/withdrawals/new").body.contains("提现通道暂停（银行系统升级）"))
            try await clerk.get("/account/withdrawals/new?amount=12.00")
            let address = try await clerk.post("/account/withdrawals", Self.password).location
            try await Worker(platform: site.platform).runDue()
            let order = try await clerk.get(address)
            #expect(order.body.contains("恢复后自动提交银行") && order.title.contains("已受理"))

            let number = try #require(address.split(separator: "/").last)
            let queue = try await local.get("/admin/withdrawals?due=later&state=accepted")
            #expect(queue.body.contains("/admin/orders/\(number)") && queue.body.contains("通道暂停：银行系统升级"))
            #expect(
                queue.body.contains("\"/admin/withdrawals/export.csv?state=accepted&amp;due=later\""))
            let file = try await local.get("/admin/withdrawals/export.csv?state=accepted")
            #expect(file.body.hasPrefix("\u{FEFF}\"预计到账日\"") && file.body.contains("\"12.00\",\"已受理\""))
            #expect(try await !local.get("/admin/withdrawals?due=overdue").body.contains(number))
            let elsewhere = try await site.staff(
                "SH0013", .supervisor, .city("440100"), mobile: "13900000014")
            #expect(try await !elsewhere.get("/admin/withdrawals").body.contains(number))
            #expect(try await !elsewhere.get("/admin/withdrawals/export.csv").body.contains(number))
        }
    }

    @Test("A decision that comes too late is told so, and a channel that is none is not found")
    func decidedTwice() async throws {
        try await SiteFixture.with { site in
            let operations = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            let supervisor = try await site.staff("SH0011", .supervisor, .national, mobile: "13900000012")
            let second = try await site.staff("SH0012", .supervisor, .national, mobile: "13900000013")
            let page = "/admin/channels/unionpay-b2b"
            try await site.pause(page, operations, supervisor) { try await second.get(page) }
            let late = try await second.post("\(page)/approval")
            #expect(late.status == .unprocessableContent && late.body.contains("通道或变更申请已变化"))
            for path in ["/admin/channels/reserve", "/admin/channels/nowhere"] {
                #expect(try await second.get(path).status == .notFound)
            }
        }
    }

    @Test("While top-ups are paused the form says why, and a form that was open before is refused")
    func topUpsPaused() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            let operations = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            let supervisor = try await site.staff("SH0011", .supervisor, .national, mobile: "13900000012")
            try await clerk.get("/account/top-ups/new")
            try await site.pause("/admin/channels/unionpay-b2b", operations, supervisor) {}
            let refused = try await clerk.post("/account/top-ups", ["amount": "100", "bank": "ICBC"])
            #expect(refused.status == .unprocessableContent)
            #expect(refused.body.contains("充值暂停：银行系统升级") && refused.body.contains("role=\"alert\""))
            let form = try await clerk.get("/account/top-ups/new")
            #expect(form.body.contains("充值暂停：银行系统升级"))
            #expect(!form.body.contains("action=\"/account/top-ups\""))
        }
    }

    private static let password = ["paymentPassword": SiteFixture.paymentPassword]
}

extension SiteFixture {
    /// A clerk of an opened company with 100.00 yuan and a verified registered account.
    fileprivate func fundedClerk() async throws -> Browser {
        try await openCompany()
        for state in ["manualCheck", "verified"] {
            try await owner.execute("UPDATE registered_accounts SET state = \(state)")
        }
        let row = try await owner.query("SELECT id, enterprise_id FROM operators").only()
        let clerk = Clerk(
            enterprise: try row["enterprise_id"], person: try row["id"],
            origin: Origin(address: "192.0.2.1", requestID: "R1"))
        let number = try await platform.topUps.order(
            CommandID(effects: platform.effects), amount: Money(fen: 10_000), bank: "ICBC", by: clerk)
        _ = try await platform.topUps.handOff(number, by: clerk)
        let order: Int64 = try await owner.query("SELECT id FROM orders WHERE number = \(number)").only()[
            "id"]
        let (topUps, moment) = (platform.topUps, clock.now)
        try await platform.database.transaction { connection in
            try connection.lockOrders(of: clerk.enterprise)
            try topUps.settle(
                order,
                file: TopUps.FilePayment(
                    serial: "202611230000000000001", amount: Money(fen: 10_000),
                    settlementDate: LocalDate(moment)),
                at: moment, on: connection)
        }
        return try await self.clerk()
    }

    /// Two people pause a channel through its page; `between` looks while the proposal waits.
    fileprivate func pause(
        _ page: String, _ proposer: Browser, _ decider: Browser, between: () async throws -> Void
    ) async throws {
        try await proposer.get(page)
        let proposed = try await proposer.post(
            "\(page)/proposal", ["status": "paused", "cutOff": "16:00", "notice": "银行系统升级", "reason": "银行通知"])
        guard proposed.location == page else { throw SiteFixtureError("not proposed: \(proposed.body)") }
        try await between()
        try await decider.get(page)
        let decided = try await decider.post("\(page)/approval")
        guard decided.location == page else { throw SiteFixtureError("not decided: \(decided.body)") }
    }
}
