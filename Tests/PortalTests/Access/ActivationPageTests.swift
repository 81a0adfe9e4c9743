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
