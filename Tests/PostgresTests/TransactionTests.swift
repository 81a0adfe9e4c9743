import Foundation
import Synchronization
import Testing

@testable import Postgres

private struct Refusal: Error {}

/// Counts from several threads.
private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    func increase() { count.add(1, ordering: .sequentiallyConsistent) }
}

@Suite("A transaction")
struct TransactionTests {
    /// Runs a test with a table `accounts (id, balance >= 0, code unique)` and a pool on it.
    private func withAccounts(
        poolSize: Int = 4, _ body: (Database) async throws -> Void
    ) async throws {
        try await Scratch.withDatabase({ $0.poolSize = poolSize }) { database in
            try await database.transaction { connection in
                try connection.executeScript(
                    unsafeRaw: """
                        CREATE TABLE accounts (
                            id bigint PRIMARY KEY,
                            balance bigint NOT NULL CONSTRAINT balance_not_negative CHECK (balance >= 0),
                            code text CONSTRAINT code_is_unique UNIQUE DEFERRABLE INITIALLY IMMEDIATE
                        );
                        INSERT INTO accounts VALUES (1, 100, 'a'), (2, 100, 'b');
                        """)
            }
            try await body(database)
        }
    }

    private func expectBalance(_ expected: Int64, of id: Int64, in database: Database) async throws {
        let balance: Int64 = try await database.query("SELECT balance FROM accounts WHERE id = \(id)")[0][
            "balance"]
        #expect(balance == expected)
    }

    @Test("commits what its body did and gives its result")
    func commits() async throws {
        try await withAccounts { database in
            let changed = try await database.transaction { connection in
                try connection.execute("UPDATE accounts SET balance = balance + \(5)")
            }
            #expect(changed == 2)
            try await expectBalance(105, of: 1, in: database)
        }
    }

    @Test("is rolled back by an error of its body, which the caller gets")
    func rollsBack() async throws {
        try await withAccounts(poolSize: 1) { database in
            await #expect(throws: Refusal.self) {
                try await database.transaction { connection in
                    try connection.execute("UPDATE accounts SET balance = 0")
                    throw Refusal()
                }
            }
            try await expectBalance(100, of: 1, in: database)
            #expect(database.metrics.rollbacks == 1)
        }
    }

    @Test("without a statement does nothing")
    func allowsNothing() async throws {
        try await withAccounts(poolSize: 1) { database in
            let seven = try await database.transaction { _ in 7 }
            #expect(seven == 7)
            await #expect(throws: Refusal.self) { try await database.transaction { _ in throw Refusal() } }
            try await expectBalance(100, of: 1, in: database)
        }
    }

    @Test("whose body swallowed a failure is not committed and says so")
    func swallowedFailure() async throws {
        try await withAccounts { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.transaction { connection in
                    try connection.execute("UPDATE accounts SET balance = 50 WHERE id = 1")
                    _ = try? connection.execute("UPDATE accounts SET balance = -1 WHERE id = 2")
                }
            }
            #expect(error?.kind == .checkViolation(constraint: "balance_not_negative"))
            try await expectBalance(100, of: 1, in: database)
        }
    }

    @Test("that is ended by a statement inside of it is refused")
    func endedInside() async throws {
        try await withAccounts(poolSize: 1) { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.transaction { connection in
                    try connection.execute("UPDATE accounts SET balance = 50 WHERE id = 1")
                    try connection.executeScript(unsafeRaw: "ROLLBACK")
                }
            }
            #expect(error?.kind == .misuse)
            try await expectBalance(100, of: 1, in: database)
        }
    }

    @Test("names the constraint that a statement violates")
    func namesConstraint() async throws {
        try await withAccounts { database in
            let unique = await #expect(throws: PostgresError.self) {
                try await database.execute("INSERT INTO accounts VALUES (3, 0, 'a')")
            }
            #expect(unique?.kind == .uniqueViolation(constraint: "code_is_unique"))
            #expect(unique?.sqlState == "23505")
            #expect(unique?.table == "accounts")
            #expect(unique?.detail?.contains("(code)=(a)") == true)
            #expect(unique.map { "\($0)".contains("(a)") } == false)
            let missing = await #expect(throws: PostgresError.self) {
                try await database.execute("INSERT INTO accounts VALUES (3, NULL, 'c')")
            }
            #expect(missing?.kind == .notNullViolation(column: "balance"))
        }
    }

    @Test("reports a deferred constraint at COMMIT by its name")
    func reportsDeferred() async throws {
        try await withAccounts { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.transaction { connection in
                    try connection.execute("SET CONSTRAINTS code_is_unique DEFERRED")
                    try connection.execute("UPDATE accounts SET code = 'b' WHERE id = 1")
                }
            }
            #expect(error?.kind == .uniqueViolation(constraint: "code_is_unique"))
            #expect(database.metrics.unknownCommits == 0)
            #expect(database.metrics.connectionsLost == 0)
        }
    }

    @Test("is refused inside of another one")
    func refusesNesting() async throws {
        try await withAccounts { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.transaction { connection in
                    try connection.transaction { try $0.execute("UPDATE accounts SET balance = 1") }
                }
            }
            #expect(error?.kind == .misuse)
        }
    }

    @Test("runs again after a serialization failure until it succeeds")
    func retriesSerialization() async throws {
        try await withAccounts(poolSize: 6) { database in
            let runs = Counter()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        for _ in 0..<3 {
                            while true {
                                do {
                                    try await database.transaction(as: .repeatableRead) { connection in
                                        runs.increase()
                                        let row = try connection.query(
                                            "SELECT balance FROM accounts WHERE id = 1")[0]
                                        let balance: Int64 = try row["balance"]
                                        _ = try connection.query("SELECT pg_sleep(0.002)")
                                        try connection.execute(
                                            "UPDATE accounts SET balance = \(balance + 1) WHERE id = 1")
                                    }
                                    break
                                } catch let error as PostgresError where error.kind == .serializationFailure {
                                    // All attempts were used up; the count below still has to be right.
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await expectBalance(118, of: 1, in: database)
            #expect(database.metrics.retries > 0)
            #expect(runs.value > 18)
        }
    }

    @Test("gives up after a bounded number of serialization failures, even when its body disguises them")
    func boundsRetries() async throws {
        try await withAccounts { database in
            let runs = Counter()
            await #expect(throws: Refusal.self) {
                try await database.transaction { connection in
                    runs.increase()
                    do {
                        try connection.executeScript(
                            unsafeRaw: "DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")
                    } catch {
                        throw Refusal()
                    }
                }
            }
            #expect(runs.value == database.configuration.transactionAttempts)
        }
    }

    @Test("runs again after a deadlock")
    func retriesDeadlock() async throws {
        try await withAccounts { database in
            let meeting = Counter()
            @Sendable func lock(_ first: Int64, _ second: Int64) async throws {
                try await database.transaction { connection in
                    try connection.execute("UPDATE accounts SET balance = balance + 1 WHERE id = \(first)")
                    meeting.increase()
                    while meeting.value < 2 { usleep(1000) }
                    try connection.execute("UPDATE accounts SET balance = balance + 1 WHERE id = \(second)")
                }
            }
            let one = Task { try await lock(1, 2) }
            let other = Task { try await lock(2, 1) }
            try await one.value
            try await other.value
            try await expectBalance(102, of: 1, in: database)
            try await expectBalance(102, of: 2, in: database)
            #expect(database.metrics.retries >= 1)
        }
    }

    @Test("of a single statement runs again, too: nothing of the failed one was kept")
    func retriesSingleStatements() async throws {
        try await withAccounts { database in
            // A sequence counts the attempts: it is not set back with what failed.
            try await database.transaction { connection in
                try connection.executeScript(
                    unsafeRaw: """
                        CREATE SEQUENCE attempts;
                        CREATE FUNCTION fail_until(p_last bigint, p_state text) RETURNS bigint LANGUAGE plpgsql AS $$
                        BEGIN
                            UPDATE accounts SET balance = balance + 1 WHERE id = 1;
                            IF nextval('attempts') < p_last THEN
                                RAISE EXCEPTION 'again' USING ERRCODE = p_state;
                            END IF;
                            RETURN currval('attempts');
                        END;
                        $$;
                        """)
            }
            let row = try await database.query("SELECT fail_until(3, '40001') AS attempts")[0]
            #expect(try row["attempts"] == 3)
            try await expectBalance(101, of: 1, in: database)
            let next = try await database.query("SELECT fail_until(5, '40P01') AS attempts")[0]
            #expect(try next["attempts"] == 5)
            try await expectBalance(102, of: 1, in: database)
            #expect(database.metrics.retries == 3)
            let error = await #expect(throws: PostgresError.self) {
                try await database.execute("SELECT fail_until(1000, '40001')")
            }
            #expect(error?.kind == .serializationFailure)
            #expect(database.metrics.retries == 3 + database.configuration.transactionAttempts - 1)
            // Any other failure is told at once.
            await #expect(throws: PostgresError.self) {
                try await database.execute("SELECT fail_until(1000, '23514')")
            }
            let used = try await database.query("SELECT last_value FROM attempts")[0]
            #expect(try used["last_value"] == 5 + database.configuration.transactionAttempts + 1)
        }
    }

    @Test("in snapshot mode sees one moment and writes nothing")
    func snapshotReadsOnly() async throws {
        try await withAccounts(poolSize: 2) { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.transaction(as: .snapshot) {
                    try $0.execute("UPDATE accounts SET balance = 1")
                }
            }
            #expect(error?.sqlState == "25006")
            #expect(database.metrics.connectionsLost == 0)
        }
    }
}
