import HTTPTypes
import Hummingbird
import Payments
import Testing

@testable import Portal

@Suite("The route table")
struct RouteTests {
    /// An address that fits a route's pattern and names nothing.
    private static func sample(_ path: Path) -> String {
        let parts = path.text.split(separator: "/").map { $0.hasPrefix(":") ? "NONE0000" : String($0) }
        return "/" + parts.joined(separator: "/")
    }

    @Test("Without a session, a clerk's and a staff page lead to their sign-in, and a post changes nothing")
    func leadsToSignIn() async throws {
        try await SiteFixture.with { site in
            #expect(site.portal.table.all.count > 15)
            for route in site.portal.table.all {
                let signIn: String
                switch route.audience {
                case .clerk: signIn = "/login"
                case .staff: signIn = "/admin/login"
                case .anyone, .file, .machine, .bank: continue
                }
                let browser = site.browser()
                let answer =
                    route.method == .get
                    ? try await browser.get(Self.sample(route.path))
                    : try await browser.postRaw(Self.sample(route.path), "a=1")
                #expect(answer.status == .seeOther, "\(route)")
                #expect(answer.location.hasPrefix(signIn), "\(route)")
            }
        }
    }

    @Test("A session of one side is worth nothing on the other")
    func keepsSidesApart() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            let staff = try await site.staff("SH0002", .supervisor, mobile: "13900000003")
            let clerkToken = try #require(await clerk.cookies["__Host-clerk"])
            let staffToken = try #require(await staff.cookies["__Host-staff"])
            let intruder = site.browser()
            await intruder.setCookie("__Host-staff", clerkToken)
            await intruder.setCookie("__Host-clerk", staffToken)
            for route in site.portal.table.all where route.method == .get {
                switch route.audience {
                case .clerk, .staff:
                    let answer = try await intruder.get(Self.sample(route.path))
                    #expect(answer.status == .seeOther, "\(route)")
                case .anyone, .file, .machine, .bank: continue
                }
                await intruder.setCookie("__Host-staff", clerkToken)
                await intruder.setCookie("__Host-clerk", staffToken)
            }
        }
    }

    @Test(
        "A form without token, with another session's token, or from another site is refused on every route")
    func refusesForgedForms() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            let manager = try await site.staff("KH0003", .accountManager, mobile: "13900000004")
            let supervisor = try await site.staff("SH0003", .supervisor, mobile: "13900000005")
            try await supervisor.get("/admin")
            let foreign = try #require(await supervisor.hidden("csrf"))
            var count = 0
            for route in site.portal.table.all where route.method == .post {
                let browser: Browser
                switch route.audience {
                case .clerk: browser = clerk
                case .staff: browser = manager
                case .anyone, .file, .machine, .bank: continue
                }
                count += 1
                let path = Self.sample(route.path)
                try await browser.get(route.audience == .clerk ? "/account" : "/admin")
                let own = try #require(await browser.hidden("csrf"), "\(route)")
                let attacks: [(String, HTTPFields)] = [
                    ("a=1", Browser.ownForm),
                    ("csrf=\(foreign)", Browser.ownForm),
                    ("csrf=\(own)", [.origin: "https://evil.example"]),
                    ("csrf=\(own)", [.origin: "null"]),
                    ("csrf=\(own)", [.origin: "https://portal.example", .secFetchSite: "cross-site"]),
                    ("csrf=\(own)", [.secFetchSite: "same-site"]),
                    ("csrf=\(own)", [:]),
                ]
                for (body, headers) in attacks {
                    let answer = try await browser.postRaw(path, body, headers: headers)
                    #expect(answer.status == .forbidden, "\(route) \(body) \(headers)")
                }
            }
            #expect(count >= 5)
        }
    }

    @Test("Only what the bank sends needs no form token")
    func listsExemptions() async throws {
        try await SiteFixture.with { site in
            let exempt = site.portal.table.all.filter { $0.audience == .bank }.map {
                "\($0.method) \($0.path)"
            }
            #expect(
                exempt.sorted() == [
                    "GET /bank-return/:number", "POST /bank-return/:number", "POST /notifications/unionpay",
                ])
            let odd = site.portal.table.all.filter { route in
                route.method == .post
                    && (route.audience == .file || route.audience == .machine)
            }
            #expect(odd.isEmpty)
            let openPosts = site.portal.table.all.filter { $0.method == .post && $0.audience == .anyone }
            #expect(openPosts.map(\.path.text) == ["/login", "/activation/:token", "/admin/login"])
        }
    }

    @Test("Staff pages open for their roles only; the others learn which role is needed")
    func checksRoles() async throws {
        try await SiteFixture.with { site in
            for (index, role) in StaffRole.allCases.enumerated() {
                let browser = try await site.staff("ROLE\(index)", role, mobile: "1390001000\(index)")
                for route in site.portal.table.all {
                    guard case .staff(let roles) = route.audience, !roles.contains(role) else { continue }
                    try await browser.get("/admin")
                    let answer =
                        route.method == .get
                        ? try await browser.get(Self.sample(route.path))
                        : try await browser.post(Self.sample(route.path))
                    #expect(answer.status == .forbidden, "\(role) \(route)")
                    for needed in roles { #expect(answer.body.contains(needed.label), "\(role) \(route)") }
                }
            }
        }
    }

    @Test("Every answer carries the strict headers, errors and files included")
    func hardensEveryAnswer() async throws {
        try await SiteFixture.with { site in
            let browser = site.browser()
            var paths = site.portal.table.all.filter { $0.method == .get }.map { Self.sample($0.path) }
            paths += ["/nothing/here", "/site.css?v=old"]
            for path in paths {
                let answer = try await browser.get(path)
                let headers = answer.headers
                let policy = headers[.contentSecurityPolicy] ?? ""
                #expect(
                    policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'"), "\(path)")
                for part in ["form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
                    #expect(policy.contains(part), "\(path)")
                }
                #expect(!policy.contains("unsafe"), "\(path)")
                #expect(headers[.xContentTypeOptions] == "nosniff", "\(path)")
                #expect(headers[.crossOriginOpenerPolicy] == "same-origin", "\(path)")
                #expect(headers[.crossOriginResourcePolicy] == "same-origin", "\(path)")
                #expect(headers[.strictTransportSecurity] == "max-age=31536000; includeSubDomains", "\(path)")
                #expect(headers[.permissionsPolicy] != nil, "\(path)")
                #expect(["same-origin", "strict-origin"].contains(headers[.referrerPolicy]), "\(path)")
                #expect(headers[.cacheControl] != nil, "\(path)")
                if !answer.body.isEmpty { #expect(headers[.contentType] != nil, "\(path)") }
            }
        }
    }

    @Test("Files may be kept for a year under their version, and are asked about again without it")
    func cachesFiles() async throws {
        try await SiteFixture.with { site in
            let browser = site.browser()
            let version = site.portal.publicFiles.version
            let kept = try await browser.get("/site.css?v=\(version)")
            #expect(kept.headers[.cacheControl] == "public, max-age=31536000, immutable")
            let asked = try await browser.get("/site.css")
            #expect(asked.headers[.cacheControl] == "no-cache")
            let tag = try #require(asked.headers[.eTag])
            let again = try await browser.get("/site.css", headers: [.ifNoneMatch: tag])
            #expect(again.status == .notModified && again.body.isEmpty)
            #expect(try await browser.get("/../Package.swift").status == .notFound)
            #expect(try await browser.get("/.gitignore").status == .notFound)
        }
    }

    @Test("Signs of life are plain, and readiness asks the database")
    func tellsHealth() async throws {
        try await SiteFixture.with { site in
            let browser = site.browser()
            #expect(try await browser.get("/health").body == "ok\n")
            #expect(try await browser.get("/ready").body == "ready\n")
            await site.platform.database.close()
            #expect(try await browser.get("/health").status == .ok)
            let answer = try await browser.get("/ready")
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.body == "the database does not answer\n")
        }
    }
}
