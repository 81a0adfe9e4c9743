import HTTPTypes
import Testing

@testable import Payments
@testable import Portal

@Suite("订单查询")
struct StaffOrderPageTests {
    /// An ended top-up with an open item, and its page.
    private static func left(_ site: SiteFixture) async throws -> String {
        try await site.openCompany()
        let clerk = try await site.clerk()
        try await clerk.get("/account/top-ups/new")
        let order = try await clerk.post("/account/top-ups", ["amount": "100", "bank": "CCB"]).location
        let number = order.split(separator: "/").last.map(String.init) ?? ""
        let row = try await site.owner.query("SELECT enterprise_id, operator_id FROM orders").only()
        try await site.platform.topUps.cancel(
            number,
            by: Clerk(
                enterprise: try row["enterprise_id"], person: try row["operator_id"],
                origin: Origin(address: "127.0.0.1", requestID: "test")))
        let state = try await site.owner.query("SELECT state, is_final FROM orders").only()
        #expect(try state["state"] == "closed" && state["is_final"])
        try await site.owner.execute(
            """
            INSERT INTO work_items (kind, order_id, detail, raised_at)
            SELECT 'topUp.contradicted', id, '订单已了结，银行又通知 00', created_at FROM orders
            """)
        return "/admin/orders/\(number)"
    }

    @Test("Operations close an item of an ended order with a reason; others only read it")
    func resolved() async throws {
        try await SiteFixture.with { site in
            let address = try await Self.left(site)
            let supervisor = try await site.staff("SH0001", .supervisor, mobile: "13900000012")
            let read = try await supervisor.get(address)
            #expect(read.body.contains("银行又通知") && !read.body.contains("处理完毕"))
            let refused = try await supervisor.post(
                address + "/resolution", ["items": "1", "resolution": "x"])
            #expect(refused.status == .forbidden)

            let person = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            #expect(try await person.get("/admin").body.contains("银行又通知"))
            let items = try await site.owner.query("SELECT id FROM work_items").map {
                try $0.decode("id", as: Int64.self)
            }
            let page = try await person.get(address)
            #expect(page.body.contains("name=\"items\" value=\"\(items[0])\"") && page.body.contains("处理完毕"))
            let silent = try await person.post(
                address + "/resolution", ["items": "\(items[0])", "resolution": " "])
            #expect(silent.status == .unprocessableContent && silent.title.hasPrefix("错误："))
            #expect(silent.body.contains("请填写处理说明"))
            for _ in 1...2 {
                let done = try await person.post(
                    address + "/resolution", ["items": "\(items[0])", "resolution": "已与银行核实"])
                #expect(done.status == .seeOther && done.location == address)
                try await person.get(address)
            }
            #expect(try await !person.get(address).body.contains("处理完毕"))
            #expect(try await !person.get("/admin").body.contains("银行又通知"))
            let nobody = try await person.post(
                "/admin/orders/TP20261123NOBODY00001/resolution", ["items": "1", "resolution": "x"])
            #expect(nobody.status == .notFound)
        }
    }

    @Test(
        "Older messages of the bank are one link away, and a place that is none shows the order all the same")
    func messages() async throws {
        try await SiteFixture.with { site in
            let address = try await Self.left(site)
            let count = KeptBankMessage.pageSize + 1
            try await site.owner.execute(
                """
                INSERT INTO bank_messages (at, direction, kind, order_id, content)
                SELECT o.created_at, 'received', 'query', o.id, jsonb_build_object('queryId', 'serial' || n)
                FROM orders o, generate_series(1, \(Int64(count))) AS n
                """)
            let person = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            func serials(_ page: String) -> [String] {
                page.matches(of: #/queryId=(serial\d+)/#).map { String($0.1) }
            }
            let newest = try await person.get(address).body
            #expect(serials(newest) == (2...count).reversed().map { "serial\($0)" })
            #expect(!newest.contains("最新的报文"))
            let link = try #require(newest.firstMatch(of: #/href="([^"#]+)#messages" rel="next">更早的报文/#))
            let older = try await person.get(String(link.1)).body
            #expect(serials(older) == ["serial1"])
            #expect(older.contains("href=\"\(address)#messages\">最新的报文") && !older.contains("更早的报文"))
            // The rest of the page stays.
            #expect(older.contains("银行又通知") && older.contains("处理过程"))
            for place in ["x", "", "99999999999999999999", "9223372036854775807"] {
                let page = try await person.get("\(address)?before=\(place)")
                #expect(page.status == .ok && serials(page.body).count == KeptBankMessage.pageSize)
            }
            for place in ["0", "-1"] {
                let page = try await person.get("\(address)?before=\(place)")
                #expect(page.status == .ok && page.body.contains("没有更早的报文。"))
                #expect(page.body.contains("最新的报文"))
            }
        }
    }

    @Test("An item of an order that goes on cannot be closed by hand")
    func goesOn() async throws {
        try await SiteFixture.with { site in
            let address = try await Self.left(site)
            try await site.owner.execute(
                """
                SELECT open_difference(
                    'DF20261123ABCDEFGHJKMN', 'unionpay-b2b', 'feeDiffers', DATE '2026-11-23', id, '1', amount, amount,
                    '手续费', 'none', 0, 'found', created_at)
                FROM orders
                """)
            let person = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            #expect(try await !person.get(address).body.contains("处理完毕"))
            let refused = try await person.post(address + "/resolution", ["items": "1", "resolution": "已核实"])
            #expect(refused.status == .unprocessableContent && refused.body.contains("将随之自动关闭"))
        }
    }
}
