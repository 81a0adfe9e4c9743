import HTTPTypes
import Testing

@testable import Payments
@testable import Portal

@Suite("银行渠道")
struct TopUpBankPageTests {
    /// Good fields of 变更设置.
    private static func fields(_ changed: [String: String] = [:]) -> [String: String] {
        [
            "isOn": "no", "notice": "银行系统升级", "maintenance": "", "least": "", "most": "", "mostPerDay": "",
            "isDirect": "yes", "isSuggested": "yes", "reason": "银行通知",
        ].merging(changed) { $1 }
    }

    @Test(
        "A switch-off proposed by one and granted by another shows on the clerk's page at once, and not before"
    )
    func switchesOff() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            try await clerk.get("/account/top-ups/new")
            let made = try await clerk.post("/account/top-ups", ["amount": "200", "bank": "CCB"]).location
            #expect(try await clerk.get(made).body.contains("前往银行付款"))
            let maker = try await site.staff("YY0001", .operations, .national, mobile: "13900000021")
            let checker = try await site.staff("YY0002", .operations, .national, mobile: "13900000022")
            try await maker.get("/admin/banks/CCB")
            let proposed = try await maker.post("/admin/banks/CCB/change", Self.fields())
            #expect(proposed.status == .seeOther && proposed.location == "/admin/banks/CCB")
            let open = "<option value=\"CCB\" selected>中国建设银行</option>"
            #expect(try await clerk.get("/account/top-ups/new").body.contains(open))
            #expect(try await checker.get("/admin").body.contains("href=\"/admin/banks/CCB\""))
            #expect(try await checker.get("/admin/banks?state=waiting").body.contains("中国建设银行"))

            let own = try await maker.get("/admin/banks/CCB")
            #expect(own.body.contains("<strong>停用</strong>") && own.body.contains("由您提出，等待他人复核"))
            #expect(!own.body.contains("/change/approval"))
            let old = ["version": "1", "command": "22222222-2222-4222-8222-222222222222"]
            let refused = try await maker.post("/admin/banks/CCB/change/approval", old)
            #expect(refused.status == .unprocessableContent && refused.title.hasPrefix("错误："))
            #expect(refused.body.contains("须由他人复核"))

            try await checker.get("/admin/banks/CCB")
            let stale = try await checker.post("/admin/banks/CCB/change/approval", ["version": "9"])
            #expect(stale.status == .unprocessableContent && stale.body.contains("本次操作没有生效"))
            try await checker.get("/admin/banks/CCB")
            // A double click decides once, and is no error.
            for _ in 1...2 {
                #expect(try await checker.post("/admin/banks/CCB/change/approval").status == .seeOther)
            }
            let late = try await checker.post("/admin/banks/CCB/change/approval", old)
            #expect(late.status == .unprocessableContent && late.body.contains("本次操作没有生效"))
            let page = try await clerk.get("/account/top-ups/new").body
            #expect(!page.contains(open))
            #expect(page.contains("<option value=\"CCB\" disabled>中国建设银行（暂不支持充值）</option>"))
            #expect(page.contains("银行系统升级"))
            let left = try await clerk.post("/account/top-ups", ["amount": "100", "bank": "CCB"])
            #expect(left.status == .unprocessableContent)
            #expect(left.body.contains("所选银行暂不支持充值，请选择其他银行"))
            // An order made before does not go there any more, and can still be cancelled.
            let waiting = try await clerk.get(made).body
            #expect(waiting.contains("中国建设银行暂不支持充值") && !waiting.contains("前往银行付款</button>"))
            #expect(waiting.contains("取消订单</button>"))
            #expect(try await clerk.post(made + "/hand-off").location == made)
            #expect(try await clerk.get(made).body.contains("data-state=\"created\""))
            #expect(try await checker.get("/admin").body.contains("今日无待办"))
        }
    }

    @Test("All faults of the form come back at once with what was typed; each is beside its field")
    func refused() async throws {
        try await SiteFixture.with { site in
            let maker = try await site.staff("YY0001", .operations, .national, mobile: "13900000021")
            try await maker.get("/admin/banks/CCB")
            let answer = try await maker.post(
                "/admin/banks/CCB/change",
                Self.fields(["isOn": "", "maintenance": "23:30-00:30\n夜间", "least": "一元", "reason": " "]))
            #expect(answer.status == .unprocessableContent)
            for name in ["isOn", "maintenance", "least", "reason"] {
                #expect(answer.body.contains("id=\"\(name)-error\""), "\(name)")
            }
            #expect(answer.body.contains("夜间</textarea>") && answer.body.contains("value=\"一元\""))
            let contradicting = try await maker.post(
                "/admin/banks/CCB/change", Self.fields(["least": "100", "most": "99.99"]))
            #expect(contradicting.body.contains("单笔最低不能高于单笔最高或单日最高"))
            let unchanged = try await maker.post(
                "/admin/banks/CCB/change", Self.fields(["isOn": "yes", "notice": ""]))
            #expect(unchanged.body.contains("内容与现行设置相同"))
            try await maker.get("/admin/banks/CCB")
            #expect(try await maker.post("/admin/banks/CCB/change", Self.fields()).status == .seeOther)
            // An old form of another tab.
            let second = try await maker.post(
                "/admin/banks/CCB/change",
                Self.fields(["reason": "另一原因", "command": "11111111-1111-4111-8111-111111111111"]))
            #expect(second.body.contains("已有变更等待复核"))
            let checker = try await site.staff("YY0002", .operations, .national, mobile: "13900000022")
            try await checker.get("/admin/banks/CCB")
            let returned = try await checker.post("/admin/banks/CCB/change/return", ["returnReason": ""])
            #expect(returned.body.contains("id=\"returnReason-error\""))
        }
    }

    @Test(
        "Account managers do not see the banks; auditors and people of a province look and do nothing; unknown banks are not there"
    )
    func audiences() async throws {
        try await SiteFixture.with { site in
            let manager = try await site.staff("KH0001", .accountManager, mobile: "13900000001")
            #expect(try await manager.get("/admin/banks").status == .forbidden)
            let auditor = try await site.staff("SJ0001", .auditor, .national, mobile: "13900000002")
            let supervisor = try await site.staff(
                "SH0001", .supervisor, .province("430000"), mobile: "13900000003")
            for person in [auditor, supervisor] {
                let page = try await person.get("/admin/banks/CCB")
                #expect(page.status == .ok && !page.body.contains("提交变更"))
                #expect(try await person.get("/admin/banks/NONE").status == .notFound)
                let answer = try await person.post("/admin/banks/CCB/change", Self.fields())
                #expect(answer.status == .forbidden)
            }
            let found = try await auditor.get("/admin/banks?q=zgjs").body
            #expect(found.contains("中国建设银行") && !found.contains("招商银行"))
            #expect(try await auditor.get("/admin/banks?q=nobody").body.contains("没有符合条件的银行"))
        }
    }
}
