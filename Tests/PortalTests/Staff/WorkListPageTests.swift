import HTTPTypes
import Testing

@testable import Payments
@testable import Portal

@Suite("待办")
struct WorkListPageTests {
    @Test(
        "Every open item of operations is reached page by page, each once; what else waits stands on the first"
    )
    func pages() async throws {
        try await SiteFixture.with { site in
            try await site.owner.execute(
                """
                INSERT INTO work_items (kind, detail, raised_at)
                SELECT 'job.failing', '后台任务 ' || n || ' 号', \(site.clock.now) FROM generate_series(1, 205) AS n
                """)
            try await site.owner.execute("UPDATE work_items SET resolved_at = raised_at WHERE id % 41 = 0")
            let person = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            func items(_ page: String) -> [String] {
                page.matches(of: #/后台任务 (\d+) 号/#).map { String($0.1) }
            }
            let expected = try await site.owner.query(
                "SELECT substring(detail FROM '[0-9]+') AS n FROM work_items WHERE resolved_at IS NULL ORDER BY id"
            ).map { try $0.decode("n", as: String.self) }
            #expect(expected.count == 200)
            let first = try await person.get("/admin").body
            #expect(items(first) == Array(expected[..<100]) && !first.contains("第一页"))
            let next = #/href="(\/admin\?after=\d+)" rel="next"/#
            let link = try #require(first.firstMatch(of: next))
            let second = try await person.get(String(link.1)).body
            #expect(items(second) == Array(expected[100...]))
            #expect(second.contains("href=\"/admin\">第一页") && second.firstMatch(of: next) == nil)
            // A place that is none: the first page, or nothing more.
            for place in ["x", "", "99999999999999999999", "-1", "0"] {
                #expect(try await items(person.get("/admin?after=\(place)").body) == items(first))
            }
            let beyond = try await person.get("/admin?after=9223372036854775807")
            #expect(beyond.status == .ok && items(beyond.body).isEmpty && !beyond.body.contains("今日无待办"))
            #expect(beyond.body.contains("href=\"/admin\">第一页"))
        }
    }

    @Test("A place in the list widens nobody's reach, and those without these items have their page as it is")
    func reach() async throws {
        try await SiteFixture.with { site in
            try await site.owner.execute(
                """
                INSERT INTO work_items (kind, detail, raised_at) VALUES ('job.failing', '后台任务一直失败', \(site.clock.now))
                """)
            let province = try await site.staff(
                "YY0002", .operations, .province("430000"), mobile: "13900000012")
            #expect(try await !province.get("/admin?after=0").body.contains("后台任务一直失败"))
            let supervisor = try await site.staff("SH0001", .supervisor, .national, mobile: "13900000013")
            let page = try await supervisor.get("/admin?after=0").body
            #expect(!page.contains("后台任务一直失败") && page.contains("今日无待办"))
        }
    }
}
