import Foundation
import Postgres
import Synchronization
import TestDatabase
import Testing

@testable import Payments

/// Counts those who have come.
private final class Arrivals: Sendable {
    let count = Atomic<Int>(0)
}

@Suite("Ledger")
struct LedgerTests {
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
            let pool = money.test.open(.app, poolSize: 32)
            // A connection for each, open before they start, so that nobody waits for anything but the account's lock.
            let arrivals = Arrivals()
            try await withThrowingTaskGroup { group in
                for _ in 1...32 {
                    group.addTask {
                        try await pool.transaction { connection in
                            arrivals.count.add(1, ordering: .sequentiallyConsistent)
                            while arrivals.count.load(ordering: .sequentiallyConsistent) < 32 {
                                _ = try connection.query("SELECT pg_sleep(0.01)")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(pool.metrics.open == 32)
            let withdrawals = money.platform.using(pool).withdrawals
            let spent = try await withThrowingTaskGroup(of: Int64.self) { group in
                for spender in 1...32 {
                    group.addTask {
                        var spent: Int64 = 0
                        for turn in 1...4 {
                            let fen = Int64(spender * 97 + turn * 13)
                            do {
                                _ = try await withdrawals.submit(
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
            #expect(pool.metrics.waits == 0)
            await pool.close()
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
            // The fixture's own accounts are one enterprise's; the biller's account is shared.
            let orders = try await Self.fundedOrders(Self.enterprises(32, money), money)
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

    /// Active enterprises with accounts, by their rows.
    private static func enterprises(_ count: Int64, _ money: MoneyFixture) async throws -> [Int64] {
        let ids: [Int64] = try await money.owner.query(
            """
            INSERT INTO enterprises (
                merchant_number, name, credit_code, legal_representative, city_code, internet_banking_bank, state,
                opened_at)
            SELECT 'M4301009' || lpad(n::text, 7, '0'), '并行单位' || n, '9143010' || lpad(n::text, 11, '0'), '甲', city_code,
                internet_banking_bank, 'active', opened_at
            FROM enterprises, generate_series(1, \(count)) n RETURNING id
            """
        ).map { try $0.decode("id", as: Int64.self) }
        for id in ids { _ = try await money.owner.query("SELECT open_enterprise_accounts(\(id))") }
        return ids
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

    @Test("A checkpoint waits for a writer with an unfinished entry below it, and the balance stays the same")
    func checkpoints() async throws {
        try await MoneyFixture.with { money in
            func payable() async throws -> Int64? {
                try await money.owner.query(
                    "SELECT balance FROM platform_balances WHERE account = 'billerPayable'"
                ).first?.decode("balance", as: Int64.self)
            }
            func checkpoints() async throws -> [Int64] {
                try await money.owner.query(
                    "SELECT balance FROM account_checkpoints WHERE account = 'billerPayable' ORDER BY through_entry"
                ).map { try $0.decode("balance", as: Int64.self) }
            }
            func close() async throws -> Int64? {
                try await money.platform.database.query(
                    "SELECT close_checkpoint(\(money.clock.now)) AS closed")[0]
                    .decode("closed", as: Int64?.self)
            }
            let orders = try await Self.fundedOrders(Self.enterprises(3, money), money)
            let pool = money.test.open(.app, poolSize: 2)
            let isHeld = Mutex(false)
            let mayEnd = Mutex(false)
            let writer = Task {
                try await pool.transaction { connection in
                    try Self.post(orders[0], at: money.clock.now, on: connection)
                    isHeld.withLock { $0 = true }
                    while !mayEnd.withLock(\.self) { _ = try connection.query("SELECT pg_sleep(0.01)") }
                }
            }
            while !isHeld.withLock(\.self) { try await Task.sleep(for: .milliseconds(5)) }
            // The entry of this one is above the unfinished one's, and is committed.
            try await pool.transaction { try Self.post(orders[1], at: money.clock.now, on: $0) }
            for _ in 1...5 { #expect(try await close() == nil) }
            #expect(try await payable() == -500)
            #expect(try await checkpoints() == [])
            mayEnd.withLock { $0 = true }
            try await writer.value
            #expect(try await payable() == -1000)
            // Transactions of tests beside this one hold the mark open too: it is closed when they have ended.
            var closed: Int64?
            for _ in 1...400 where closed == nil {
                closed = try await close()
                try await Task.sleep(for: .milliseconds(25))
            }
            #expect(closed != nil)
            #expect(try await checkpoints() == [-1000])
            #expect(try await payable() == -1000)
            // What comes afterwards is added to the checkpoint.
            try await pool.transaction { try Self.post(orders[2], at: money.clock.now, on: $0) }
            #expect(try await payable() == -1500)
            let stored = try await money.platform.monitoring.check().first { $0.invariant.name == "I2" }
            #expect(stored?.subjects == [])
            await pool.close()
        }
    }
}
