import HTTPTypes
import Postgres
import Testing

@testable import Payments
@testable import Portal

/// What clerks meet whose company may not do everything, or whose city has nobody to pay.
@Suite("Pages that have nothing to offer say why")
struct ClerkStateTests {
    private static let forms = [
        "/account/top-ups/new", "/account/bill-payments/new", "/account/withdrawals/new",
    ]

    @Test(
        "A company that may not move money sees why, and no form",
        arguments: [
            ("outgoingStopped", "账户已止付", [true, false, false]), ("frozen", "账户已冻结", [false, false, false]),
        ])
    func notActive(state: String, sentence: String, offered: [Bool]) async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            try await site.owner.execute("UPDATE enterprises SET state = \(state)")
            for (path, isOffered) in zip(Self.forms, offered) {
                let answer = try await clerk.get(path)
                #expect(answer.status == .ok)
                #expect(answer.body.contains(sentence), "\(path)")
                #expect(answer.body.contains("<form class=\"form\"") == isOffered, "\(path)")
            }
            // A form that was open before the state changed.
            let posted = try await clerk.post(
                "/account/top-ups",
                ["amount": "100", "bank": "ICBC", "command": "00000000-0000-4000-8000-000000000000"])
            #expect(posted.status == (offered[0] ? .seeOther : .unprocessableContent))
            if !offered[0] {
                #expect(posted.body.contains("role=\"alert\"") && posted.body.contains(sentence))
            }
            let confirmed = try await clerk.get("/account/withdrawals/new?amount=1.00")
            #expect(confirmed.status == .unprocessableContent)
            #expect(confirmed.body.contains("role=\"alert\"") && confirmed.body.contains(sentence))
        }
    }

    @Test("No withdrawal without a verified registered account")
    func noAccount() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let answer = try await site.clerk().get("/account/withdrawals/new")
            #expect(answer.body.contains("提现账户尚未验证或正在变更"))
            #expect(!answer.body.contains("<form class=\"form\""))
        }
    }

    @Test("A city without a biller says so and offers the others")
    func noBiller() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            let nowhere = try await clerk.get("/account/bill-payments/new")
            #expect(nowhere.body.contains("长沙市暂未开通对公消费") && !nowhere.body.contains("<form class=\"form\""))
            try await site.platform.billers.register(
                ClerkSamples.biller(code: "HYWATER", city: "430400"))
            let elsewhere = try await clerk.get("/account/bill-payments/new")
            #expect(elsewhere.body.contains("长沙市暂未开通对公消费"))
            #expect(elsewhere.body.contains("/account/bill-payments/new?city=430400"))
            let there = try await clerk.get("/account/bill-payments/new?city=430400")
            #expect(there.body.contains("<form class=\"form\"") && !there.body.contains("暂未开通"))
        }
    }

    @Test("The first page tells of the sign-in before, and the statement of a filter it does not know")
    func signInAndFilter() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            #expect(try await site.clerk().get("/account").body.contains("首次登录"))
            site.clock.advance(3600)
            let clerk = try await site.clerk()
            #expect(try await clerk.get("/account").body.contains("上次登录 2026-11-23 10:00:00，登录地址 "))
            for bad in ["kind=top_up", "from=0001-01-01", "state=x"] {
                let answer = try await clerk.get("/account/transactions?\(bad)")
                #expect(answer.status == .unprocessableContent && answer.title.hasPrefix("错误："))
                let export = try await clerk.get("/account/transactions/export.csv?\(bad)")
                #expect(export.location == "/account/transactions?\(bad)")
            }
            let empty = try await clerk.get("/account/transactions?from=2026-11-01")
            #expect(empty.status == .ok && empty.body.contains("期初余额"))
            #expect(empty.body.contains("value=\"2026-11-23\""))
        }
    }

    @Test("A payment whose bill changed shows both amounts and leads to a confirmation of the new one")
    func billChanged() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            try await site.platform.billers.register(ClerkSamples.biller(code: "CSWATER", city: "430100"))
            try await site.owner.transaction { connection in
                let row = try connection.query("SELECT id, enterprise_id FROM operators").only()
                let (person, enterprise): (Int64, Int64) = (try row["id"], try row["enterprise_id"])
                func query(_ number: String, fen: Int64, on connection: isolated Connection) throws -> Int64 {
                    let bill = """
                        [{"billNumber": "B1", "period": "2026-10", "principal": \(fen), "lateFee": 0, "amount": \(fen)}]
                        """
                    return try connection.query(
                        """
                        INSERT INTO bill_queries (
                            number, enterprise_id, operator_id, biller_code, customer_number, asked_at, outcome, bills)
                        VALUES (
                            \(number), \(enterprise), \(person), 'CSWATER', '10012345', \(site.clock.now), 'answered',
                            \(bill)::jsonb)
                        RETURNING id
                        """
                    ).only()["id"]
                }
                let (old, new) = (
                    try query("BQOLD", fen: 4_200, on: connection),
                    try query("BQNEW", fen: 4_300, on: connection)
                )
                let order: Int64 = try connection.query(
                    """
                    SELECT create_order(
                        'billPayment', 'BP20261123CHANGED', \(enterprise), \(person), 4200, 0, '水务', 'submitted', 'ready',
                        \(site.clock.now)) AS id
                    """
                ).only()["id"]
                _ = try connection.query(
                    """
                    SELECT record_order_event(
                        \(order), 'billChanged', 'returnedToMaker', 'none', \(site.clock.now), 'system', NULL, '')
                    """)
                try connection.execute(
                    """
                    INSERT INTO bill_payments (
                        order_id, biller_code, customer_number, customer_name, bill_query_id, bills, arrears, prepaid,
                        changed_query_id)
                    SELECT \(order), 'CSWATER', '10012345', '', id, bills, 4200, 0, \(new)
                    FROM bill_queries WHERE id = \(old)
                    """)
            }
            let returned = try await clerk.get("/account/bill-payments/BP20261123CHANGED")
            #expect(returned.body.contains("42.00</td><td class=\"amount\">43.00"))
            let address = "/account/bill-payments/new?query=BQNEW&confirm=1&replaces=BP20261123CHANGED"
            #expect(returned.body.contains("href=\"\(address.replacing("&", with: "&amp;"))\""))
            let again = try await clerk.get(address)
            #expect(again.status == .ok && again.body.contains("42.00</td><td class=\"amount\">43.00"))
            #expect(again.body.contains("还差 43.00 元") && again.body.contains("去充值"))
        }
    }
}
