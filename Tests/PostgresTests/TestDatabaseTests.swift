import Foundation
import Postgres
import TestDatabase
import Testing

@Suite("A test database")
struct TestDatabaseTests {
    @Test("is a clone of its own, and gone after dropping even with sessions open")
    func clones() async throws {
        let one = try await TestDatabase.make()
        let other = try await TestDatabase.make()
        let database = one.open(.owner)
        let otherDatabase = other.open(.owner)
        try await database.execute("CREATE TABLE only_here (id bigint)")
        let there = try await otherDatabase.query("SELECT to_regclass('only_here') IS NULL AS absent")[0]
        #expect(try there["absent"] == true)
        let app = one.open(.app)
        _ = try await app.query("SELECT 1")
        try await one.drop()
        await #expect(throws: PostgresError.self) { try await database.query("SELECT 1") }
        for pool in [database, otherDatabase, app] { await pool.close() }
        try await other.drop()
    }

    @Test("has all migrations")
    func isMigrated() async throws {
        try await TestDatabase.with { test in
            let directory = Repository.root.appending(path: "Migrations")
            let migrator = Migrator(
                connectionString: test.ownerConnectionString, directory: directory, logger: .quiet)
            let ran = try await migrator.run()
            #expect(ran.isEmpty)
        }
    }

    @Test("gives the application's role no right of its own")
    func appIsPoor() async throws {
        try await TestDatabase.with(migrations: false) { test in
            let owner = test.open(.owner)
            let app = test.open(.app)
            try await owner.execute("CREATE TABLE vault (id bigint)")
            let read = await #expect(throws: PostgresError.self) {
                try await app.query("SELECT id FROM vault")
            }
            #expect(read?.kind == .insufficientPrivilege)
            let make = await #expect(throws: PostgresError.self) {
                try await app.execute("CREATE TABLE mine (id bigint)")
            }
            #expect(make?.kind == .insufficientPrivilege)
            await owner.close()
            await app.close()
        }
    }

    @Test("is made once for a suite that shares it")
    func isShared() async throws {
        async let one = TestDatabase.shared("TestDatabaseTests")
        async let other = TestDatabase.shared("TestDatabaseTests")
        let names = try await (one.name, other.name)
        #expect(names.0 == names.1)
        try await TestDatabase.shared("TestDatabaseTests").drop()
    }
}
