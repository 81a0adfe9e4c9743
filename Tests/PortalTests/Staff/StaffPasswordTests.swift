import HTTPTypes
import Hummingbird
@testable import Payments
import Testing

@testable import Portal

@Suite("修改密码 of staff")
struct StaffPasswordTests {
    private static let chosen = "湘江夜航灯火 0417"
    private static let fields = ["new": chosen, "newAgain": chosen]

    @Test("With a first password every page leads to 修改密码, and only signing out and changing it are possible")
    func forcesChange() async throws {
        try await SiteFixture.with { site in
            let password = try await site.add(
                "KH0001", .accountManager, mobile: "13900000001", isLasting: false)
            let browser = site.browser()
            try await browser.get("/admin/login")
            try await browser.post("/admin/login", ["login": "KH0001", "password": password])
            for path in ["/admin", "/admin/enterprises", "/admin/enterprises/new", "/admin/enterprises?q=a"] {
                #expect(try await browser.get(path).location == "/admin/password", "\(path)")
            }
            let page = try await browser.get("/admin/password")
            #expect(page.title == "修改密码 – 企业缴费门户" && page.body.contains("初始密码"))
            let posted = try await browser.post("/admin/enterprises", SiteFixture.openingForm())
            #expect(posted.location == "/admin/password")
            #expect(
                try await site.owner.query("SELECT count(*) AS n FROM account_opening_cases").only()["n"] == 0
            )
            try await browser.get("/admin/password")
            #expect(try await browser.post("/admin/logout").location == "/admin/login?left=1")
        }
    }

    @Test("After the change all sessions have ended, and the new password opens every page")
    func changes() async throws {
        try await SiteFixture.with { site in
            let password = try await site.add(
                "KH0001", .accountManager, mobile: "13900000001", isLasting: false)
            func signedIn(_ password: String) async throws -> Browser {
                let browser = site.browser()
                try await browser.get("/admin/login")
                try await browser.post("/admin/login", ["login": "KH0001", "password": password])
                return browser
            }
            let other = try await signedIn(password)
            let browser = try await signedIn(password)
            try await browser.get("/admin/password")
            let done = try await browser.post(
                "/admin/password", Self.fields.merging(["present": password]) { $1 })
            #expect(done.location == "/admin/login?changed=1")
            #expect(await browser.cookies["__Host-staff"] == nil)
            #expect(try await browser.get(done.location).body.contains("密码已修改"))
            #expect(try await other.get("/admin").location.hasPrefix("/admin/login?ended=1"))
            #expect(try await signedIn(Self.chosen).get("/admin").status == .ok)
        }
    }

    @Test("What is wrong is named beside its field, and nothing typed comes back")
    func namesFaults() async throws {
        try await SiteFixture.with { site in
            let password = try await site.add("KH0001", .accountManager, mobile: "13900000001")
            let browser = site.browser()
            try await browser.get("/admin/login")
            try await browser.post("/admin/login", ["login": "KH0001", "password": password])
            let work = try await browser.get("/admin")
            #expect(work.body.contains("href=\"/admin/password\""))
            try await browser.get("/admin/password")
            let cases: [([String: String], [String])] = [
                (["present": "", "new": "", "newAgain": ""], ["请输入当前密码", "请输入新密码"]),
                (["present": password, "new": Self.chosen, "newAgain": "x"], ["两次输入的新密码不一致"]),
                (["present": password, "new": "short", "newAgain": "short"], ["新密码至少 8 个字符"]),
                (["present": password, "new": password, "newAgain": password], ["新密码不能与当前密码相同"]),
                (
                    ["present": password, "new": "x-kh0001-x", "newAgain": "x-kh0001-x"],
                    ["新密码不能包含姓名、工号或手机号"]
                ),
                (Self.fields.merging(["present": "wrong one 1"]) { $1 }, ["当前密码不正确"]),
            ]
            for (fields, sentences) in cases {
                let answer = try await browser.post("/admin/password", fields)
                #expect(answer.status == .unprocessableContent)
                #expect(answer.title == "错误：修改密码 – 企业缴费门户")
                for sentence in sentences {
                    #expect(answer.body.ranges(of: sentence).count == 2, "\(sentence)")
                }
                for value in fields.values where value.count > 1 {
                    #expect(!answer.body.contains("value=\"\(value)\""))
                }
            }
        }
    }

    @Test("Who is disabled is led to the sign-in page at the next click, and is not signed in again")
    func disabled() async throws {
        try await SiteFixture.with { site in
            let password = try await site.add("KH0001", .accountManager, mobile: "13900000001")
            let browser = site.browser()
            try await browser.get("/admin/login")
            try await browser.post("/admin/login", ["login": "KH0001", "password": password])
            #expect(try await browser.get("/admin").status == .ok)
            try await site.platform.staff.disable(number: "KH0001", at: site.clock.now)
            let answer = try await browser.get("/admin")
            #expect(answer.location.hasPrefix("/admin/login?ended=1"))
            try await browser.get("/admin/login")
            let again = try await browser.post("/admin/login", ["login": "KH0001", "password": password])
            #expect(again.status == .unprocessableContent)
        }
    }
}
