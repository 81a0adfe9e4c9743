import HTTPTypes
import Hummingbird
@testable import Payments
import Testing

@testable import Portal

@Suite("Signing in on the site")
struct SignInPageTests {
    private let password = SiteFixture.loginPassword

    @Test("商户首页 leads to the sign-in page and back, and the cookie is as strict as cookies get")
    func signsInAndLeadsBack() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let browser = site.browser()
            let turned = try await browser.get("/account/transactions")
            #expect(turned.location == "/login?back=%2Faccount%2Ftransactions")
            let page = try await browser.get(turned.location)
            #expect(page.title == "商户登录 – 企业缴费门户")
            for label in [
                "登录ID", "登录密码", ">登录</button>", "autocomplete=\"username\"",
                "autocomplete=\"current-password\"",
            ] {
                #expect(page.body.contains(label), "\(label)")
            }
            let answer = try await browser.post("/login", ["login": " ChangSha01 ", "password": password])
            #expect(answer.status == .seeOther)
            #expect(answer.location == "/account/transactions")
            let cookie = try #require(answer.cookies.first { $0.hasPrefix("__Host-clerk=") })
            #expect(cookie.hasSuffix("; Path=/; Secure; HttpOnly; SameSite=Strict"))
            let token = cookie.dropFirst("__Host-clerk=".count).prefix { $0 != ";" }
            #expect(token.utf8.count == 43)
            #expect(try await browser.get("/account").status == .ok)
        }
    }

    @Test(
        "A way back that is none of ours leads to 商户首页",
        arguments: [
            "https://evil.example/", "//evil.example", "/admin", "/nothing", "/account/../admin",
            "javascript:1",
            "/logout",
        ])
    func ignoresHostileWayBack(back: String) async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let browser = site.browser()
            try await browser.get("/login?back=\(PercentEncoding.encode(back))")
            #expect(!(await browser.page).contains("evil.example"))
            let answer = try await browser.post(
                "/login", ["login": "changsha01", "password": password, "back": back])
            #expect(answer.location == "/account")
        }
    }

    @Test(
        "Unknown login, wrong password and locked account get the same page, with the login kept and the password not"
    )
    func refusesAlike() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            func page(_ login: String, _ password: String) async throws -> (HTTPResponse.Status, String) {
                let browser = site.browser()
                try await browser.get("/login")
                let answer = try await browser.post("/login", ["login": login, "password": password])
                #expect(answer.body.contains("value=\"\(login)\""))
                #expect(!answer.body.contains(password))
                let token = try #require(await browser.hidden("csrf"))
                return (
                    answer.status,
                    answer.body.replacing(token, with: "").replacing("value=\"\(login)\"", with: "")
                )
            }
            let unknown = try await page("nobody99", "wrong password 1")
            let wrong = try await page("changsha01", "wrong password 1")
            for _ in 0..<5 { _ = try await page("changsha01", "wrong password 1") }
            let locked = try await page("changsha01", SiteFixture.loginPassword)
            #expect(unknown.0 == .unprocessableContent)
            #expect(unknown == wrong)
            #expect(wrong == locked)
            #expect(wrong.1.contains("<title>错误：商户登录"))
        }
    }

    @Test("Empty fields are named, each beside its field and in the summary")
    func namesEmptyFields() async throws {
        try await SiteFixture.with { site in
            let browser = site.browser()
            try await browser.get("/login")
            let answer = try await browser.post("/login", ["login": "", "password": ""])
            #expect(answer.status == .unprocessableContent)
            for sentence in ["请输入登录ID", "请输入登录密码"] {
                #expect(answer.body.ranges(of: sentence).count == 2, "\(sentence)")
            }
        }
    }

    @Test("The page says so when the secure cookie did not come back")
    func tellsMissingCookie() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let browser = site.browser()
            try await browser.get("/login")
            await browser.setCookie("__Host-visit", nil)
            let answer = try await browser.post("/login", ["login": "changsha01", "password": password])
            #expect(answer.status == .forbidden)
            #expect(answer.body.contains("浏览器没有带回安全 Cookie"))
            #expect(answer.body.contains("https"))
            #expect(!answer.cookies.contains { $0.hasPrefix("__Host-clerk=") })
        }
    }

    @Test("A sign-in form from another site, or with a token of another browser, signs nobody in")
    func refusesForgedSignIn() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let attacker = site.browser()
            try await attacker.get("/login")
            let foreign = try #require(await attacker.hidden("csrf"))
            let browser = site.browser()
            try await browser.get("/login")
            let fields = ["login": "changsha01", "password": password]
            let stale = try await browser.post("/login", fields.merging(["csrf": foreign]) { $1 })
            #expect(stale.status == .forbidden)
            #expect(!stale.cookies.contains { $0.hasPrefix("__Host-clerk=") })
            let own = try #require(await browser.hidden("csrf"))
            let body = Browser.encode([("csrf", own), ("login", "changsha01"), ("password", password)])
            let crossed = try await browser.postRaw(
                "/login", body, headers: [.origin: "https://evil.example"])
            #expect(crossed.status == .forbidden)
            #expect(crossed.cookies.isEmpty)
        }
    }

    @Test("Signing in again gives another token and ends the one before")
    func rotatesTokens() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let browser = try await site.clerk()
            let first = try #require(await browser.cookies["__Host-clerk"])
            try await browser.get("/login")
            try await browser.post("/login", ["login": "changsha01", "password": password])
            let second = try #require(await browser.cookies["__Host-clerk"])
            #expect(first != second)
            let replay = site.browser()
            await replay.setCookie("__Host-clerk", first)
            #expect(try await replay.get("/account").location.hasPrefix("/login?ended=1"))
        }
    }

    @Test("Signing out is a post, ends the session in the database and takes the cookie back")
    func signsOut() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let browser = try await site.clerk()
            let token = try #require(await browser.cookies["__Host-clerk"])
            #expect(try await browser.get("/logout").status == .notFound)
            try await browser.get("/account")
            let answer = try await browser.post("/logout")
            #expect(answer.location == "/login?left=1")
            #expect(await browser.cookies["__Host-clerk"] == nil)
            #expect(try await browser.get(answer.location).body.contains("已安全退出"))
            let replay = site.browser()
            await replay.setCookie("__Host-clerk", token)
            #expect(try await replay.get("/account").status == .seeOther)
        }
    }

    @Test(
        "After fifteen idle minutes the sign-in page says that the session has ended; looking for results keeps none alive"
    )
    func endsIdleSessions() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let browser = try await site.clerk()
            site.clock.advance(14 * 60)
            #expect(try await browser.get("/account").status == .ok)
            site.clock.advance(10 * 60)
            #expect(try await browser.get("/account", headers: [.poll: "1"]).status == .ok)
            site.clock.advance(5 * 60 + 1)
            let answer = try await browser.get("/account/transactions")
            #expect(answer.location == "/login?ended=1&back=%2Faccount%2Ftransactions")
            #expect(await browser.cookies["__Host-clerk"] == nil)
            let page = try await browser.get(answer.location)
            #expect(page.body.contains("会话已结束"))
        }
    }

    @Test(
        "A form posted after the session ended leads to the sign-in page and back to the form's page, never to a bare 403"
    )
    func leadsBackToTheForm() async throws {
        try await SiteFixture.with { site in
            let manager = try await site.staff("KH0005", .accountManager, mobile: "13900000007")
            try await manager.get("/admin/enterprises/new")
            site.clock.advance(11 * 60)
            let answer = try await manager.post("/admin/enterprises", SiteFixture.openingForm())
            #expect(answer.status == .seeOther)
            #expect(answer.location == "/admin/login?ended=1&back=%2Fadmin%2Fenterprises%2Fnew")
            #expect(
                try await site.owner.query("SELECT count(*) AS n FROM account_opening_cases").only()["n"] == 0
            )
        }
    }

    @Test("The way back keeps what the page was asked for: filters, amounts, the place in a list")
    func keepsQuery() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let browser = try await site.clerk()
            site.clock.advance(15 * 60 + 1)
            let turned = try await browser.get("/account/transactions?from=2026-11-01&order=TP1")
            #expect(
                turned.location.hasSuffix("back=%2Faccount%2Ftransactions%3Ffrom%3D2026-11-01%26order%3DTP1"))
            try await browser.get(turned.location)
            let answer = try await browser.post("/login", ["login": "changsha01", "password": password])
            #expect(answer.location == "/account/transactions?from=2026-11-01&order=TP1")
            // A form goes back to the page it was on, as it was.
            try await browser.get("/account/withdrawals/new?amount=100.00")
            site.clock.advance(15 * 60 + 1)
            let posted = try await browser.postRaw("/account/withdrawals", "amount=100.00")
            #expect(posted.location.hasSuffix("back=%2Faccount%2Fwithdrawals%2Fnew%3Famount%3D100.00"))
        }
    }

    @Test("An address with too many failures gets the same sentence as everybody, with 429, for any login")
    func closesAddresses() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            func refusal(_ login: String) async throws -> (HTTPResponse.Status, String) {
                let browser = site.browser()
                try await browser.get("/login")
                let answer = try await browser.post("/login", ["login": login, "password": password])
                let token = try #require(await browser.hidden("csrf"))
                return (answer.status, answer.body.replacing(token, with: "").replacing(login, with: ""))
            }
            let before = try await refusal("nobody01")
            for guess in 0..<99 {
                _ = try? await site.platform.access.signInClerk(
                    loginID: "someone\(guess)", password: "no",
                    from: Origin(address: "unknown", requestID: ""),
                    at: site.clock.now)
            }
            for login in ["nobody01", "changsha01"] {
                let after = try await refusal(login)
                #expect(after.0 == .tooManyRequests && after.1 == before.1)
            }
            let staff = site.browser()
            try await staff.get("/admin/login")
            let answer = try await staff.post("/admin/login", ["login": "KH9001", "password": "no"])
            #expect(answer.status == .tooManyRequests)
        }
    }
}
