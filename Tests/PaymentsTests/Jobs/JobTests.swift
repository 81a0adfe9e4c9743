import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Jobs")
struct JobTests {
    /// The seconds to wait before each of the first failures, and the failures that are there afterwards.
    private static let pauses: [Double] = [0, 8, 16, 32, 60, 120]

    @Test(
        "An order's job that fails again and again is told to a person once, and is tried again until it goes well"
    )
    func failingOrder() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 300)
            try await money.owner.execute("ALTER TABLE withdrawals RENAME transaction_time TO hidden")
            func failures() async throws -> Int64 {
                try await money.owner.query(
                    "SELECT failures::bigint AS n FROM jobs WHERE kind = 'withdrawal'"
                )
                .only()["n"]
            }
            for (failed, pause) in Self.pauses.enumerated() {
                #expect(try await money.workItems() == [])
                // Not a second before its time.
                try await money.pass(max(0, pause - 1))
                if pause > 0 { #expect(try await failures() == failed) }
                try await money.pass(min(1, pause))
                #expect(try await failures() == failed + 1)
            }
            let told = ["后台处理连续失败，仍在自动重试，请联系技术人员"]
            #expect(try await money.workItems() == told)
            try await money.pass(300)
            #expect(try await failures() == 7)
            #expect(try await money.workItems() == told)
            try await money.owner.execute("ALTER TABLE withdrawals RENAME hidden TO transaction_time")
            try await money.pass(600)
            #expect(try await money.withdrawal(number).status == .atBank)
            #expect(try await failures() == 0)
        }
    }

    @Test(
        "A message's job that fails again and again is told to those who act everywhere, and to nobody else")
    func failingMessage() async throws {
        try await PeopleFixture.with { fixture in
            let (keys, now) = (fixture.platform.keys, fixture.now)
            let mobile = try MobileNumber(entered: "13800138000")
            try await fixture.platform.database.transaction { connection in
                try Messages.queue(
                    "【企业缴费门户】测试", .notice, to: mobile, usefulUntil: nil, keys: keys, at: now,
                    on: connection)
            }
            try await fixture.owner.execute("UPDATE messages SET body_sealed = '\\x00'")
            let monitoring = fixture.platform.monitoring
            for pause in Self.pauses + [300] {
                #expect(try await fixture.count("work_items") == (pause < 300 ? 0 : 1))
                fixture.clock.advance(pause)
                try await Worker(platform: fixture.platform).runDue()
            }
            let items = try await monitoring.openWorkItems(within: .national).rows
            let id: Int64 = try await fixture.owner.query("SELECT id FROM messages").only()["id"]
            #expect(items.map(\.detail) == ["后台处理（短信 \(id)）连续失败，仍在自动重试，请联系技术人员"])
            #expect(items.first?.order == nil)
            #expect(try await monitoring.openWorkItems(within: .province("430000")).rows.isEmpty)
        }
    }

    @Test("A job of a kind that this version does not know is not taken")
    func unknownKind() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.owner.execute("ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check")
            try await fixture.owner.execute(
                "INSERT INTO jobs (kind, subject_id, due_at) VALUES ('later', 1, \(fixture.now.addingTimeInterval(-60)))"
            )
            let taken = try await Jobs.take(16, at: fixture.now, in: fixture.platform.database)
            #expect(taken.map(\.kind) == [.checkpoint])
            #expect(try await fixture.count("jobs", where: "kind = 'later' AND leased_until IS NULL") == 1)
        }
    }

    @Test(
        "Jobs are taken through the index however many are not due, and whatever the database believes of them"
    )
    func plan() async throws {
        try await PeopleFixture.with { fixture in
            // What is believed: a table of one row.
            try await fixture.owner.execute("ANALYZE jobs")
            try await fixture.owner.execute(
                """
                INSERT INTO jobs (kind, subject_id, due_at)
                SELECT 'withdrawal', n, \(fixture.now) + (n - 20) * interval '1 second' FROM generate_series(1, 100000) n
                """)
            let now = fixture.now
            for isAnalysed in [false, true] {
                if isAnalysed { try await fixture.owner.execute("ANALYZE jobs") }
                let (taken, scanned, read) = try await fixture.platform.database.transaction { connection in
                    // From the sixth run on the database may use one plan for all values; here from the first.
                    try connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
                    var taken = 0
                    for _ in 1...8 { taken += try connection.query(Jobs.taking(4, at: now)).count }
                    let row = try connection.query(
                        """
                        SELECT seq_tup_read AS scanned, idx_tup_fetch AS read FROM pg_stat_xact_user_tables
                        WHERE relname = 'jobs'
                        """
                    ).only()
                    return (taken, try row["scanned"] as Int64, try row["read"] as Int64)
                }
                // Twenty and the first checkpoint, once.
                #expect(taken == (isAnalysed ? 0 : 21))
                #expect(scanned == 0)
                #expect(read < 500)
            }
        }
    }
}
