import HTTPTypes
import Hummingbird
@testable import Payments
import Testing

@testable import Portal

@Suite("The activation page")
struct ActivationPageTests {
    @Test("The link sets both passwords once; looking at it does not use it up")
    func activatesOnce() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            // openCompany has used the link.
            let browser = site.browser()
            let link = try await site.activationLink()
            let used = try await browser.get(link)
            #expect(used.status == .gone)
            #expect(used.title == "激活链接已失效 – 企业缴费门户")
            #expect(try await site.clerk().get("/account").status == .ok)
        }
    }

    @Test("Wrong passwords are all named at once, nothing typed comes back, and the link still works")
    func namesFaults() async throws {
        try await SiteFixture.with { site in
            let link = try await Self.approvedLink(site)
            let browser = site.browser()
            let page = try await browser.get(link)
            #expect(page.status == .ok)
            #expect(page.headers[.referrerPolicy] == "strict-origin")
            #expect(page.body.contains("changsha01"))
            #expect(page.body.ranges(of: "autocomplete=\"new-password\"").count == 4)
            var fields = SiteFixture.passwords
            fields["loginPassword"] = "short"
            fields["loginPasswordAgain"] = "short"
            fields["paymentPassword"] = "password123"
            fields["paymentPasswordAgain"] = "password123"
            let refused = try await browser.post(link, fields)
            #expect(refused.status == .unprocessableContent)
            #expect(refused.body.contains("登录密码至少 8 个字符"))
            #expect(refused.body.contains("支付密码过于常见"))
            #expect(!refused.body.contains("password123"))
            fields = SiteFixture.passwords
            fields["paymentPasswordAgain"] = "another one 77"
            let differing = try await browser.post(link, fields)
            #expect(differing.body.contains("两次输入的支付密码不一致"))
            fields = SiteFixture.passwords
            fields["paymentPassword"] = fields["loginPassword"]
            fields["paymentPasswordAgain"] = fields["loginPassword"]
            #expect(try await browser.post(link, fields).body.contains("支付密码不能与登录密码相同"))
            let done = try await browser.post(link, SiteFixture.passwords)
            #expect(done.location == "/activated")
            #expect(try await browser.get("/activated").body.contains("激活成功"))
            #expect(try await site.clerk().get("/account").status == .ok)
        }
    }

    @Test("After a day the link is over; an invented one never was")
    func endsLinks() async throws {
        try await SiteFixture.with { site in
            let link = try await Self.approvedLink(site)
            let browser = site.browser()
            try await browser.get(link)
            site.clock.advance(24 * 3600 + 1)
            #expect(try await browser.post(link, SiteFixture.passwords).status == .gone)
            let invented = Activations.pathPrefix + String(repeating: "A", count: 43)
            #expect(try await browser.get(invented).status == .gone)
        }
    }

    @Test("No page of the staff shows the link")
    func hidesLinkFromStaff() async throws {
        try await SiteFixture.with { site in
            let link = try await Self.approvedLink(site)
            let token = String(link.dropFirst(Activations.pathPrefix.count))
            let number: String = try await site.owner.query("SELECT merchant_number FROM enterprises").only()[
                "merchant_number"]
            let opening: String = try await site.owner.query("SELECT number FROM account_opening_cases")
                .only()[
                    "number"]
            let auditor = try await site.staff("SH0010", .supervisor, mobile: "13900000010")
            for path in [
                "/admin", "/admin/enterprises", "/admin/enterprises/\(number)", "/admin/approvals/\(opening)",
            ] {
                let page = try await auditor.get(path)
                #expect(page.status == .ok, "\(path)")
                #expect(!page.body.contains(token) && !page.body.contains("/activation/"), "\(path)")
            }
        }
    }

    @Test("重发激活链接: asked for by one, granted by another, on the phone and on no page of the staff")
    func reissues() async throws {
        try await SiteFixture.with { site in
            let old = try await Self.approvedLink(site)
            site.clock.advance(25 * 3600)
            let number: String = try await site.owner.query("SELECT merchant_number FROM enterprises").only()[
                "merchant_number"]
            let company = "/admin/enterprises/\(number)"
            let manager = try await site.staff("KH0010", .accountManager, mobile: "13900000011")
            let page = try await manager.get(company)
            #expect(page.body.contains("过期") && page.body.contains(">重发激活链接</button>"))
            #expect(!page.body.contains(">同意重发</button>"))
            let unexplained = try await manager.post("\(company)/activation-reissue", ["reason": " "])
            #expect(unexplained.status == .unprocessableContent)
            #expect(unexplained.title.hasPrefix("错误：") && unexplained.body.contains("请填写原因"))
            let asked = try await manager.post("\(company)/activation-reissue", ["reason": "链接已过期"])
            #expect(asked.location == company)
            let waiting = try await manager.get(company)
            #expect(waiting.body.contains("重发申请等待审核员处理") && !waiting.body.contains(">重发激活链接</button>"))

            // The account manager's second login is the same person.
            let second = try await site.staff("SH0011", .supervisor, mobile: "13900000011")
            #expect(try await second.get("/admin").body.contains("重发激活链接的申请"))
            try await second.get(company)
            let refused = try await second.post("\(company)/activation-reissue/approval")
            #expect(refused.status == .unprocessableContent && refused.body.contains("须由另一人审核"))

            let supervisor = try await site.staff("SH0012", .supervisor, mobile: "13900000012")
            #expect(try await supervisor.get(company).body.contains("链接已过期"))
            #expect(
                try await supervisor.post("\(company)/activation-reissue/approval", ["command": "x"]).status
                    == .badRequest)
            try await supervisor.get(company)
            let granted = try await supervisor.post("\(company)/activation-reissue/approval")
            #expect(granted.location == company)
            let link = try await site.activationLink()
            let token = String(link.dropFirst(Activations.pathPrefix.count))
            #expect(link != old)
            let done = try await supervisor.get(company)
            #expect(done.body.contains("原激活链接作废，新链接已发送") && done.body.contains("有效至"))
            for browser in [manager, supervisor] {
                for path in ["/admin", company] {
                    let shown = try await browser.get(path).body
                    #expect(!shown.contains(token) && !shown.contains("/activation/"), "\(path)")
                }
            }
            let person = site.browser()
            #expect(try await person.get(old).status == .gone)
            try await person.get(link)
            #expect(try await person.post(link, SiteFixture.passwords).location == "/activated")
            #expect(try await !supervisor.get(company).body.contains("id=\"activation\""))
        }
    }

    @Test("A request sent back says why in the company's history, and another one can be made")
    func returnsReissue() async throws {
        try await SiteFixture.with { site in
            _ = try await Self.approvedLink(site)
            let number: String = try await site.owner.query("SELECT merchant_number FROM enterprises").only()[
                "merchant_number"]
            let company = "/admin/enterprises/\(number)"
            let manager = try await site.staff("KH0010", .accountManager, mobile: "13900000011")
            try await manager.get(company)
            try await manager.post("\(company)/activation-reissue", ["reason": "没有收到短信"])
            let supervisor = try await site.staff("SH0012", .supervisor, mobile: "13900000012")
            try await supervisor.get(company)
            let unexplained = try await supervisor.post(
                "\(company)/activation-reissue/return", ["reason": ""])
            #expect(unexplained.status == .unprocessableContent)
            let returned = try await supervisor.post(
                "\(company)/activation-reissue/return", ["reason": "请先电话核实经办人"])
            #expect(returned.location == company)
            let page = try await manager.get(company)
            #expect(page.body.contains("请先电话核实经办人") && page.body.contains(">重发激活链接</button>"))
            let elsewhere = try await site.staff(
                "SH0013", .supervisor, .province("440000"), mobile: "13900000013")
            let command = CommandID(effects: site.platform.effects).text
            try await elsewhere.get("/admin")
            let hidden = try await elsewhere.post(
                "\(company)/activation-reissue/approval", ["command": command, "request": "1"])
            #expect(hidden.status == .notFound)
        }
    }

    /// The link of a company that two people have opened.
    private static func approvedLink(_ site: SiteFixture) async throws -> String {
        let manager = try await site.staff("KH0001", .accountManager, mobile: "13900000001")
        try await manager.get("/admin/enterprises/new")
        let submitted = try await manager.post("/admin/enterprises", SiteFixture.openingForm())
        let supervisor = try await site.staff("SH0001", .supervisor, mobile: "13900000002")
        try await supervisor.get("/admin/approvals")
        try await supervisor.post("\(submitted.location)/approval")
        return try await site.activationLink()
    }
}
