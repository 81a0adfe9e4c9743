import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Statements")
struct StatementTests {
    private static let today = LocalDate(MovedClock.start)

    @Test("Totals are of the whole filter, and lead from the balance before the days to the one after them")
    func totals() async throws {
        try await MoneyFixture.with { money in
            let days = [-3, -1, -1, 0].map { Self.today.adding(days: $0).start }
            for (fen, at) in zip([10_000, 5_000, -4_200, 700] as [Int64], days) {
                try await money.book(fen, at: at)
            }
            func totals(_ from: Int, _ until: Int) async throws -> StatementTotals? {
                try await money.statement(
                    StatementFilter(
                        from: Self.today.adding(days: from), until: Self.today.adding(days: until))
                ).totals
            }
            #expect(try await totals(-9, -4) == .of(0, 0, from: 0, to: 0))
            #expect(try await totals(-3, -3) == .of(10_000, 0, from: 0, to: 10_000))
            #expect(try await totals(-2, -2) == .of(0, 0, from: 10_000, to: 10_000))
            #expect(try await totals(-2, -1) == .of(5_000, 4_200, from: 10_000, to: 10_800))
            #expect(try await totals(0, 9) == .of(700, 0, from: 10_800, to: 11_500))
            #expect(
                try await money.statement(StatementFilter()).totals == .of(15_700, 4_200, from: 0, to: 11_500)
            )
        }
    }

    @Test("Totals count what stands on other pages, and a filter that leaves lines out has no balances")
    func totalsOfAllPages() async throws {
        try await MoneyFixture.with { money in
            for index in 1...Int64(Statements.pageSize + 5) {
                try await money.book(index.isMultiple(of: 5) ? -3 : 10, at: money.clock.now)
            }
            let first = try await money.statement(StatementFilter())
            #expect(first.movements.count == Statements.pageSize && first.hasOlder && !first.hasNewer)
            #expect(first.totals == .of(200, 15, from: 0, to: 185))
            let last = try #require(first.movements.last)
            let second = try await money.statement(StatementFilter(), at: .olderThan(last.entry))
            #expect(second.movements.count == 5 && !second.hasOlder && second.hasNewer)
            #expect(second.totals == first.totals)
            let spent = try await money.statement(StatementFilter(direction: .expense))
            #expect(spent.movements.count == 5 && spent.movements.allSatisfy { $0.income == nil })
            #expect(spent.totals == .of(0, 15))
        }
    }

    @Test("Each filter lets through what it names, alone and together, in pages and totals alike")
    func filters() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            try await money.pass(0)
            try await money.book(250, at: money.clock.now)
            func found(_ filter: StatementFilter) async throws -> [String] {
                let page = try await money.statement(filter)
                let sums = try StatementTotals(
                    income: Money.sum(page.movements.compactMap(\.income)),
                    expense: Money.sum(page.movements.compactMap(\.expense)), balances: page.totals?.balances)
                #expect(page.totals == sums)
                return page.movements.map {
                    "\($0.kind) \(($0.income ?? $0.expense ?? .zero).fen) \($0.state)"
                }
            }
            let payment = "billPayment 4200 paid"
            let credited = "topUp 10000 credited"
            #expect(try await found(StatementFilter()) == ["topUp 250 created", payment, credited])
            #expect(try await found(StatementFilter(kind: .billPayment)) == [payment])
            #expect(
                try await found(StatementFilter(states: [OrderState(TopUpStatus.credited)])) == [credited])
            #expect(
                try await found(
                    StatementFilter(states: [
                        OrderState(TopUpStatus.credited), OrderState(BillPaymentStatus.writtenOff),
                    ])) == [payment, credited])
            #expect(
                try await found(StatementFilter(states: [OrderState(BillPaymentStatus.writeOffPending)]))
                    == [])
            #expect(try await found(StatementFilter(least: Money(fen: 4_200))) == [payment, credited])
            #expect(try await found(StatementFilter(most: Money(fen: 4_199))) == ["topUp 250 created"])
            #expect(
                try await found(StatementFilter(least: Money(fen: 4_200), most: Money(fen: 4_200))) == [
                    payment
                ])
            #expect(try await found(StatementFilter(orderNumber: number)) == [payment])
            #expect(try await found(StatementFilter(counterparty: "收费单位EXACT")) == [payment])
            #expect(try await found(StatementFilter(counterparty: "收费单位exact 1001")) == [payment])
            #expect(try await found(StatementFilter(counterparty: "%")) == [])
            #expect(try await found(StatementFilter(kind: .topUp, least: Money(fen: 4_200))) == [credited])
            #expect(try await found(StatementFilter(from: Self.today.adding(days: 1))) == [])
        }
    }

    @Test(
        "Pages follow each other without a gap or a repetition, down and up again", arguments: [true, false])
    func paging(atOneMoment: Bool) async throws {
        try await MoneyFixture.with { money in
            for index in 1...7 {
                try await money.book(
                    Int64(index),
                    at: money.clock.now.addingTimeInterval(atOneMoment ? 0 : Double(index) * 3600))
            }
            let statements = money.platform.statements
            func page(_ cursor: StatementCursor) async throws -> StatementPage {
                try await statements.page(
                    of: money.clerk.enterprise, filter: StatementFilter(), at: cursor, limit: 3)
            }
            var pages = [try await page(.newest)]
            while let last = pages.last, last.hasOlder, let entry = last.movements.last?.entry {
                pages.append(try await page(.olderThan(entry)))
            }
            #expect(pages.map { $0.movements.compactMap(\.income?.fen) } == [[7, 6, 5], [4, 3, 2], [1]])
            #expect(pages.map(\.hasNewer) == [false, true, true])
            let up = try await page(.newerThan(try #require(pages[2].movements.first).entry))
            #expect(up.movements == pages[1].movements && up.hasNewer && up.hasOlder)
            let top = try await page(.newerThan(try #require(up.movements.first).entry))
            #expect(top.movements == pages[0].movements && !top.hasNewer && top.hasOlder)
        }
    }

    @Test(
        "A booking whose clock was read too early stands behind the one before it, and the balances follow each other"
    )
    func order() async throws {
        try await MoneyFixture.with { money in
            let midnight = Self.today.start
            try await money.book(500, at: midnight.addingTimeInterval(0.002))
            try await money.book(30, at: midnight.addingTimeInterval(-0.001))
            try await money.book(-10, at: midnight.addingTimeInterval(1))
            let all = try await money.statement(StatementFilter())
            #expect(all.movements.map(\.balance.fen) == [520, 530, 500])
            #expect(all.movements.map(\.bookedAt) == all.movements.map(\.bookedAt).sorted(by: >))
            let today = try await money.statement(StatementFilter(from: Self.today))
            #expect(today.movements.count == 3)
            #expect(today.totals == .of(530, 10, from: 0, to: 520))
        }
    }

    @Test("What one company books shows on no other's statement, and no place of another's list can be named")
    func isolation() async throws {
        try await MoneyFixture.with { money in
            try await money.book(1_000, at: money.clock.now)
            let other = try await money.anotherEnterprise()
            try await money.book(77, at: money.clock.now, for: other)
            let own = try await money.statement(StatementFilter())
            #expect(own.movements.map(\.income) == [Money(fen: 1_000)])
            #expect(own.totals == .of(1_000, 0, from: 0, to: 1_000))
            let theirs = try await money.platform.statements.pageWithTotals(
                of: other, filter: StatementFilter())
            #expect(theirs.movements.map(\.income) == [Money(fen: 77)])
            #expect(theirs.totals == .of(77, 0, from: 0, to: 77))
            let foreign = try #require(theirs.movements.first)
            for cursor in [StatementCursor.olderThan(foreign.entry + 1), .olderThan(foreign.entry)] {
                #expect(try await money.statement(StatementFilter(), at: cursor).movements.isEmpty)
            }
            #expect(
                try await money.statement(StatementFilter(orderNumber: foreign.orderNumber)).movements.isEmpty
            )
        }
    }

    @Test("An export has every line once, newest first")
    func export() async throws {
        try await MoneyFixture.with { money in
            for index in 1...3 { try await money.book(Int64(index), at: money.clock.now) }
            var lines: [Int64] = []
            let isCut = try await money.platform.statements.export(
                of: money.clerk.enterprise, filter: StatementFilter(most: Money(fen: 2))
            ) { lines += $0.compactMap(\.income?.fen) }
            #expect(lines == [2, 1] && !isCut)
        }
    }

    @Test("The frozen sum is the account's, however many holds are listed")
    func holds() async throws {
        try await MoneyFixture.with { money in
            let few = try await money.platform.statements.holds(of: money.clerk.enterprise)
            #expect(few.holds.isEmpty && !few.hasMore)
            try await money.owner.execute(
                """
                INSERT INTO orders (
                    kind, number, enterprise_id, operator_id, amount, counterparty, state, created_at, state_since)
                SELECT 'withdrawal', 'WD' || lpad(n::text, 8, '0'), \(money.clerk.enterprise), \(money.clerk.person),
                    100, '银行', 'accepted', \(money.clock.now), \(money.clock.now)
                FROM generate_series(1, \(Statements.holdLimit + 1)) AS n
                """)
            let many = try await money.platform.statements.holds(of: money.clerk.enterprise)
            #expect(many.holds.count == Statements.holdLimit && many.hasMore)
            #expect(many.holds.first?.orderNumber == "WD00000101")
        }
    }

    @Test("A month out of three years is read by itself: neither page nor totals look at other lines")
    func readsOnlyItsMonth() async throws {
        try await MoneyFixture.with { money in
            try await money.fillStatement(lines: 30_000)
            let from = Self.today.adding(days: -400)
            let filter = StatementFilter(from: from, until: from.adding(days: 29))
            let page = try await money.statement(filter)
            #expect(page.movements.count == Statements.pageSize && page.hasOlder)
            for cursor in [StatementCursor.newest, .olderThan(try #require(page.movements.last).entry)] {
                let read = try await money.linesRead(
                    Statements.lines(of: money.clerk.enterprise, filter: filter, at: cursor, limit: 20))
                #expect(read > 0 && read <= 60)
            }
            let read = try await money.linesRead(
                Statements.totals(of: money.clerk.enterprise, filter: filter))
            #expect(read > 0 && read <= 30)
            var narrowed = filter
            narrowed.direction = .income
            let month = try await money.linesRead(
                Statements.totals(of: money.clerk.enterprise, filter: narrowed))
            #expect(month >= 800 && month <= 1_000)
        }
    }
}

extension StatementTotals {
    static func of(_ income: Int64, _ expense: Int64) -> StatementTotals {
        StatementTotals(income: Money(fen: income), expense: Money(fen: expense), balances: nil)
    }

    static func of(_ income: Int64, _ expense: Int64, from opening: Int64, to closing: Int64)
        -> StatementTotals
    {
        StatementTotals(
            income: Money(fen: income), expense: Money(fen: expense),
            balances: StatementBalances(opening: Money(fen: opening), closing: Money(fen: closing)))
    }
}

extension MoneyFixture {
    func statement(
        _ filter: StatementFilter, at cursor: StatementCursor = .newest
    ) async throws -> StatementPage {
        try await platform.statements.pageWithTotals(of: clerk.enterprise, filter: filter, at: cursor)
    }

    /// Books an income (or an expense, when negative) of an order of its own by the ledger's own function.
    func book(_ fen: Int64, at moment: Date, for enterprise: Enterprise.ID? = nil) async throws {
        let enterprise = enterprise ?? clerk.enterprise
        let number = Orders.newNumber(prefix: "TP", effects: platform.effects)
        try await platform.database.transaction { connection in
            let id: Int64 = try connection.query(
                """
                SELECT create_order(
                    'topUp', \(number), \(enterprise), \(clerk.person), \(abs(fen)), 0::bigint, '中国工商银行',
                    'ordered', 'created', \(moment)) AS id
                """
            ).only()["id"]
            _ = try connection.query(
                """
                SELECT post_entry(
                    'P01', 'topUp', \(id), 'paidConfirmed', 1, \(moment), \(enterprise),
                    ARRAY['bankClearing', 'enterpriseAvailable'], ARRAY['unionpay-b2b', ''], ARRAY['20261123', ''],
                    ARRAY[\(fen), -\(fen)]::bigint[])
                """)
        }
    }

    /// Another enterprise with accounts, and nobody in it.
    func anotherEnterprise() async throws -> Enterprise.ID {
        let id: Enterprise.ID = try await owner.query(
            """
            INSERT INTO enterprises (
                merchant_number, name, credit_code, legal_representative, city_code, internet_banking_bank, opened_at)
            SELECT 'M99000000000000', name, '91430100MA4ANTHER0', legal_representative, city_code,
                internet_banking_bank, opened_at
            FROM enterprises WHERE id = \(clerk.enterprise) RETURNING id
            """
        ).only()["id"]
        try await owner.execute("SELECT open_enterprise_accounts(\(id))")
        return id
    }

    /// Gives the enterprise a statement of so many lines over the last three years, each of an order, past the ledger.
    func fillStatement(lines: Int) async throws {
        try await owner.execute(
            """
            INSERT INTO orders (
                kind, number, enterprise_id, operator_id, amount, counterparty, state, created_at, state_since, is_final)
            SELECT 'topUp', 'TP' || lpad(n::text, 12, '0'), \(clerk.enterprise), \(clerk.person), 1, '中国工商银行',
                'credited', \(clock.now), \(clock.now), true
            FROM generate_series(1, \(lines)) AS n
            """)
        try await owner.transaction { connection in
            try connection.execute("ALTER TABLE journal_entries DISABLE TRIGGER USER")
            try connection.execute(
                """
                INSERT INTO journal_entries (
                    id, booked_at, code, source_kind, source_id, event, occurrence, enterprise_id, enterprise_change,
                    enterprise_balance, statement_at, statement_income)
                SELECT n, at, 'P01', 'topUp', (SELECT min(id) FROM orders) + n - 1, 'paidConfirmed', 1, \(clerk.enterprise), 1, n, at, n
                FROM (
                    SELECT n, \(clock.now)::timestamptz - (\(lines) - n) * interval '1095 days' / \(lines) AS at
                    FROM generate_series(1, \(lines)) AS n
                ) lines
                """)
            try connection.execute("ALTER TABLE journal_entries ENABLE TRIGGER USER")
        }
        try await owner.execute("ANALYZE journal_entries")
        try await owner.execute("ANALYZE orders")
    }

    /// How many lines of the journal a statement reads, those that it looks at in vain among them.
    func linesRead(_ statement: SQL) async throws -> Int {
        let plan = try await platform.database.query(
            "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) \(fragment: statement)"
        ).map { try $0.decode("QUERY PLAN", as: String.self) }
        var read = 0
        var isJournal = false
        for line in plan {
            if let node = line.firstMatch(of: #/ on journal_entries.*actual rows=(\d+) loops=(\d+)/#) {
                isJournal = true
                read += (Int(node.1) ?? 0) * (Int(node.2) ?? 0)
            } else if line.contains("actual rows=") || line.contains("never executed") {
                isJournal = false
            } else if isJournal, let removed = line.firstMatch(of: #/Rows Removed by .*: (\d+)/#) {
                read += Int(removed.1) ?? 0
            }
        }
        return read
    }
}
