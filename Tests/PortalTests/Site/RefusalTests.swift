import HTTPTypes
import Hummingbird
import Testing

@testable import Portal

@Suite("Requests that are refused")
struct RefusalTests {
    @Test("An address without a page gets the page that says so, with a way on and nothing about us")
    func answersNotFound() async throws {
        try await SiteFixture.with { site in
            let answer = try await site.browser().get("/account/../etc/passwd?x=<script>")
            #expect(answer.status == .notFound)
            #expect(answer.title == "页面不存在 – 企业缴费门户")
            #expect(answer.body.contains("返回首页"))
            for leak in ["passwd", "script>x", "Hummingbird", "swift", "SELECT", "/work"] {
                #expect(!answer.body.contains(leak), "\(leak)")
            }
            #expect(answer.headers[.server] == nil)
        }
    }

    @Test("A form in another encoding, too large, broken, with a field twice, or with a query is refused")
    func refusesOddForms() async throws {
        try await SiteFixture.with { site in
            let browser = site.browser()
            try await browser.get("/login")
            var json = Browser.ownForm
            json[.contentType] = "application/json"
            #expect(try await browser.postRaw("/login", "{}", headers: json).status == .unsupportedMediaType)
            let large = "a=" + String(repeating: "x", count: FormReader.limitBytes)
            #expect(try await browser.postRaw("/login", large).status == .contentTooLarge)
            #expect(try await browser.postRaw("/login", "a=%zz").status == .badRequest)
            #expect(try await browser.postRaw("/login", "login=a&login=b").status == .badRequest)
            #expect(try await browser.postRaw("/login?login=a", "password=b").status == .badRequest)
        }
    }

    @Test("A fault of ours gives a reference number and nothing else")
    func hidesFaults() async throws {
        try await SiteFixture.with { site in
            let supervisor = try await site.staff("SH0004", .supervisor, mobile: "13900000006")
            try await site.owner.transaction { connection in
                _ = try connection.execute(
                    "ALTER TABLE account_opening_cases RENAME COLUMN number TO secret_column")
            }
            let answer = try await supervisor.get("/admin/approvals")
            #expect(answer.status == .internalServerError)
            #expect(answer.title == "系统出现问题 – 企业缴费门户")
            #expect(answer.body.contains("参考号"))
            // Whoever is signed in keeps the menu and the way out.
            #expect(answer.body.contains("action=\"/admin/logout\""))
            for leak in ["secret_column", "PostgresError", "42703", "account_opening_cases", "SELECT"] {
                #expect(!answer.body.contains(leak), "\(leak)")
            }
        }
    }
}
