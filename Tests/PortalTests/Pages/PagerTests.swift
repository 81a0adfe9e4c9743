import Testing

@testable import Payments
@testable import Portal

@Suite("The way through a list")
struct PagerTests {
    @Test(
        "A later page of a list of staff leads back to the first with the same filters; the first page does not"
    )
    func first() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            try await site.owner.execute(
                """
                INSERT INTO bank_messages (at, direction, kind, problem, content)
                VALUES (\(site.clock.now), 'received', 'notification', '验签失败', '{}')
                """)
            let person = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            let supervisor = try await site.staff("SH0044", .supervisor, .national, mobile: "13900000012")
            for (reader, list, place) in [
                (person, "/admin/enterprises", "after=99"),
                (person, "/admin/enterprises?state=active", "after=99"),
                (person, "/admin/bank-messages", "before=99"),
                (person, "/admin", "after=99"), (supervisor, "/admin/approvals", "after=99"),
            ] {
                let link = "href=\"\(list)\">第一页"
                #expect(try await !reader.get(list).body.contains("第一页"), "\(list)")
                let later = list + (list.contains("?") ? "&" : "?") + place
                #expect(try await reader.get(later).body.contains(link), "\(later)")
            }
        }
    }
}
