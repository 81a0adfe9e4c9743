import Foundation
import Postgres
import Synchronization
import TestDatabase
import Testing

@testable import Payments

@Suite("Ledger")
struct LedgerTests {
    @Test("The transition tables of code and database are the same")
    func transitionTables() async throws {
        try await MoneyFixture.with { money in
            func rows<Status: OrderStatus>(_ type: Status.Type) -> [String] {
                Status.transitions.map {
                    let from = $0.from.map { "\($0.state) \($0.writeOff)" } ?? " none"
                    return "\(Status.kind) \(from) \($0.event.rawValue) \($0.to.state) \($0.to.writeOff)"
                }
            }
            let code = rows(TopUpStatus.self) + rows(BillPaymentStatus.self) + rows(WithdrawalStatus.self)
            let stored = try await money.owner.query(
                """
                SELECT concat_ws(' ', kind, from_state, from_write_off, event, to_state, to_write_off) AS row
                FROM order_transitions
                """
            ).map { try $0.decode("row", as: String.self) }
            #expect(Set(code) == Set(stored))
            #expect(code.count == stored.count)
            func states<Status: OrderStatus>(_ type: Status.Type) -> [String] {
                Status.allCases.map { "\(Status.kind) \($0.state) \($0.writeOff) \($0.isFinal)" }
            }
            let known =
                states(TopUpStatus.self) + states(BillPaymentStatus.self) + states(WithdrawalStatus.self)
            let kept = try await money.owner.query(
                "SELECT concat_ws(' ', kind, state, write_off, is_final::text) AS row FROM order_states"
            ).map { try $0.decode("row", as: String.self) }
            #expect(Set(known) == Set(kept))
        }
    }

    @Test("Every step that the table does not have throws, in code and in the database")
    func illegalSteps() async throws {
        for status in TopUpStatus.allCases {
            for event in TopUpStatus.Event.allCases {
                let isLegal = TopUpStatus.transitions.contains { $0.from == status && $0.event == event }
                #expect(((try? TopUpStatus.after(event, from: status)) != nil) == isLegal)
            }
        }
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 100)
            let failure = await #expect(throws: PostgresError.self) {
                try await money.platform.database.query(
                    """
                    SELECT record_order_event(
                        \(topUp.reference.id), 'paidConfirmed', 'credited', 'none', \(money.clock.now), 'bank', NULL, '')
                    """)
            }
            #expect(failure?.constraint == "order_step_is_legal")
        }
    }

    @Test(
        "The application's role cannot change or remove entries, postings, events, audit rows, nor set a state"
    )
    func leastPrivilege() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 100)
            let forbidden: [SQL] = [
                "UPDATE postings SET amount = 1", "DELETE FROM postings", "DELETE FROM journal_entries",
                "UPDATE journal_entries SET code = 'P99'", "UPDATE order_events SET note = ''",
                "DELETE FROM order_events", "UPDATE orders SET state = 'credited'",
                "DELETE FROM audit_events",
                "UPDATE audit_events SET detail = ''", "UPDATE enterprise_accounts SET balance = 1",
                "INSERT INTO postings (entry_id) VALUES (1)", "TRUNCATE postings",
                "DELETE FROM journal_claims",
                "DELETE FROM approvals", "CREATE TABLE mine (id int)",
            ]
            for statement in forbidden {
                let failure = await #expect(throws: PostgresError.self, "\(statement)") {
                    try await money.platform.database.execute(statement)
                }
                #expect(failure?.sqlState == "42501", "\(statement)")
            }
        }
    }

    @Test("An entry that does not sum to zero fails when its transaction commits")
    func unbalanced() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 100)
            let failure = await #expect(throws: PostgresError.self) {
                try await money.platform.database.transaction { connection in
                    _ = try connection.query(
                        """
                        SELECT post_entry(
                            'P01', 'topUp', \(topUp.reference.id), 'ordered', 1, \(money.clock.now),
                            \(money.clerk.enterprise), ARRAY['bankClearing', 'enterpriseAvailable'], ARRAY['x', ''],
                            ARRAY['x', ''], ARRAY[100, -99]::bigint[])
                        """)
                }
            }
            #expect(failure?.constraint == "entry_sums_to_zero")
            #expect(try await money.balances().available == .zero)
        }
    }

    @Test("32 parallel spenders never overspend and lose no fen")
    func parallelSpenders() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 100_000)
            money.world.change { $0.queryDefault = .query(code: "34", original: nil) }
            let spent = try await withThrowingTaskGroup(of: Int64.self) { group in
                for spender in 1...32 {
                    group.addTask {
                        var spent: Int64 = 0
                        for turn in 1...4 {
                            let fen = Int64(spender * 97 + turn * 13)
                            do {
                                _ = try await money.platform.withdrawals.submit(
                                    money.command(), amount: Money(fen: fen),
                                    password: MoneyFixture.paymentPassword,
                                    by: money.clerk)
                                spent += fen
                            } catch is WithdrawalError {}
                        }
                        return spent
                    }
                }
                return try await group.reduce(0, +)
            }
            let balances = try await money.balances()
            #expect(balances.available.fen + spent == 100_000)
            #expect(balances.frozen.fen == spent)
            #expect(balances.available.fen >= 0)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A payment whose transaction is held open does not hold up 31 others to the same biller")
    func noHotRow() async throws {
        try await MoneyFixture.with { money in
            // 32 enterprises: the fixture's own ledger rows are per enterprise, the biller's account is shared.
            let ids: [Int64] = try await money.owner.query(
                """
                INSERT INTO enterprises (
                    merchant_number, name, credit_code, legal_representative, city_code, internet_banking_bank, state,
                    opened_at)
                SELECT 'M4301009' || lpad(n::text, 7, '0'), '并行单位' || n, '9143010' || lpad(n::text, 11, '0'), '甲', city_code,
                    internet_banking_bank, 'active', opened_at
                FROM enterprises, generate_series(1, 32) n RETURNING id
                """
            ).map { try $0.decode("id", as: Int64.self) }
            for id in ids {
                _ = try await money.owner.query("SELECT open_enterprise_accounts(\(id))")
            }
            let orders = try await Self.fundedOrders(ids, money)
            let pool = money.test.open(.app, poolSize: 12)
            let isHeld = Mutex(false)
            let mayEnd = Mutex(false)
            let holder = Task {
                try await pool.transaction { connection in
                    try Self.post(orders[0], at: money.clock.now, on: connection)
                    isHeld.withLock { $0 = true }
                    while !mayEnd.withLock(\.self) { _ = try connection.query("SELECT pg_sleep(0.01)") }
                }
            }
            while !isHeld.withLock(\.self) { try await Task.sleep(for: .milliseconds(5)) }
            try await withThrowingTaskGroup { group in
                for order in orders.dropFirst() {
                    group.addTask {
                        try await pool.transaction { try Self.post(order, at: money.clock.now, on: $0) }
                    }
                }
                try await group.waitForAll()
            }
            // All 31 have committed while the first is still open.
            let committed: Int64 = try await money.owner.query(
                "SELECT count(*) AS n FROM postings WHERE account = 'billerPayable'"
            )[0].decode("n", as: Int64.self)
            #expect(committed == 31)
            mayEnd.withLock { $0 = true }
            try await holder.value
            await pool.close()
        }
    }

    /// One order with money on hold for each enterprise, made by the ledger's own functions.
    private static func fundedOrders(_ ids: [Int64], _ money: MoneyFixture) async throws -> [OrderReference] {
        var orders: [OrderReference] = []
        for id in ids {
            let reference = try await money.platform.database.transaction { connection in
                let number = "BP20261123TEST\(id)"
                let row = try connection.query(
                    """
                    SELECT create_order(
                        'billPayment', \(number), \(id), \(money.clerk.person), 500, 0, '收费单位', 'submitted',
                        'ready', \(money.clock.now)) AS id
                    """)
                let reference = OrderReference(
                    id: try row[0].decode("id", as: Int64.self), kind: .billPayment, number: number,
                    enterprise: Enterprise.ID(rawValue: id), amount: Money(fen: 500), fee: .zero)
                try Ledger.post(
                    JournalEntry(.topUpPaid, of: reference, event: "fund"), at: money.clock.now,
                    on: connection)
                try Ledger.post(
                    JournalEntry(.held, of: reference, event: "submitted"), at: money.clock.now,
                    on: connection)
                return reference
            }
            orders.append(reference)
        }
        return orders
    }

    private static func post(_ order: OrderReference, at moment: Date, on connection: isolated Connection)
        throws
    {
        try Ledger.post(
            JournalEntry(.billWrittenOff, of: order, event: "writtenOff", owner: "EXACT"), at: moment,
            on: connection)
    }

    @Test("A checkpoint closes only below the oldest running transaction, and the balance stays the same")
    func checkpoints() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 100)
            try await money.fund(fen: 200)
            func clearing() async throws -> Int64 {
                try await money.owner.query(
                    "SELECT balance FROM platform_balances WHERE account = 'bankClearing'"
                )[0].decode("balance", as: Int64.self)
            }
            #expect(try await clearing() == 300)
            let isHeld = Mutex(false)
            let mayEnd = Mutex(false)
            let pool = money.test.open(.app, poolSize: 2)
            let writer = Task {
                try await pool.transaction { connection in
                    _ = try connection.query("SELECT pg_current_xact_id()")
                    isHeld.withLock { $0 = true }
                    while !mayEnd.withLock(\.self) { _ = try connection.query("SELECT pg_sleep(0.01)") }
                }
            }
            while !isHeld.withLock(\.self) { try await Task.sleep(for: .milliseconds(5)) }
            func close() async throws -> Int64? {
                try await money.platform.database.query(
                    "SELECT close_checkpoint(\(money.clock.now)) AS closed")[0]
                    .decode("closed", as: Int64?.self)
            }
            _ = try await close()
            #expect(try await close() == nil)
            mayEnd.withLock { $0 = true }
            try await writer.value
            // Transactions of tests beside this one hold the mark open too: it is closed when they have ended.
            var closed: Int64?
            for _ in 1...400 where closed == nil {
                closed = try await close()
                try await Task.sleep(for: .milliseconds(25))
            }
            #expect(closed != nil)
            #expect(try await clearing() == 300)
            try await money.fund(fen: 50)
            #expect(try await clearing() == 350)
            await pool.close()
        }
    }

    @Test("Random histories keep every invariant", arguments: [1, 2, 3])
    func randomHistories(seed: Int) async throws {
        try await MoneyFixture.with { money in
            var random = SeededGenerator(seed: UInt64(seed))
            try await money.fund(fen: 50_000)
            for _ in 1...25 {
                try await Self.randomStep(money, &random)
                if Bool.random(using: &random) {
                    try await money.pass(Double(Int.random(in: 0...400, using: &random)))
                }
            }
            #expect(try await money.broken() == [])
            money.world.change {
                $0.bankAnswers = []
                $0.queryDefault = .query(code: "00", original: "61")
                $0.silentPayments = 0
                $0.paymentStatus = "writtenOff"
            }
            for _ in 1...30 { try await money.pass(3_700) }
            #expect(try await money.broken() == [])
            #expect(try await money.balances().frozen == .zero)
        }
    }

    private static func randomStep(_ money: MoneyFixture, _ random: inout SeededGenerator) async throws {
        switch Int.random(in: 0...3, using: &random) {
        case 0:
            let fen = Int64.random(in: 1...30_000, using: &random)
            let topUp = try await money.order(fen: fen)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            let answers: [OutsideWorld.Answer] = [
                .query(code: "00", original: "00", amountFen: fen), .query(code: "00", original: "05"),
                .silence,
                .query(code: "34", original: nil), .query(code: "00", original: "30"),
            ]
            money.world.change { $0.bankAnswers = [answers[Int.random(in: 0..<5, using: &random)]] }
        case 1:
            let codes = ["00", "61", "05", "12", "04"]
            let isSilent = Bool.random(using: &random)
            let code = codes[Int.random(in: 0..<5, using: &random)]
            money.world.change { $0.bankAnswers = isSilent ? [.silence] : [.payout(code: code)] }
            _ = try? await money.platform.withdrawals.submit(
                money.command(), amount: Money(fen: Int64.random(in: 1...20_000, using: &random)),
                password: MoneyFixture.paymentPassword, by: money.clerk)
        default:
            let fen = Int64.random(in: 1...9_000, using: &random)
            let bill = Bill(billNumber: "B\(fen)", period: "2026-10", principal: fen, lateFee: 0, amount: fen)
            let statuses = ["writtenOff", "refused", "writeOffUnknown", "writeOffFailed"]
            let status = statuses[Int.random(in: 0..<4, using: &random)]
            let isSilent = Bool.random(using: &random)
            money.world.change {
                $0.paymentStatus = status
                $0.silentPayments = isSilent ? 1 : 0
            }
            let query = try await money.askForBills(bills: [bill])
            _ = try? await money.platform.billPayments.pay(
                money.command(), query: query, plan: BillPayments.plan(query, chosen: [], amount: nil),
                account: money.merchantNumber, password: MoneyFixture.paymentPassword, by: money.clerk)
        }
    }
}

/// SplitMix64, so that a failing history can be had again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
