import Foundation
import Logging
import Postgres
import TestDatabase
import Testing

@testable import Payments

@Suite("Commands")
struct CommandTests {
    @Test(
        "A command whose COMMIT was never answered is carried out once, whether the server had committed or not",
        .enabled("needs a server on a Unix socket") {
            ProcessInfo.processInfo.environment["TEST_DATABASE_URL"] == nil
        },
        arguments: [CuttingProxy.Cut.beforeServer, .afterServer])
    func unknownCommit(cut: CuttingProxy.Cut) async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 1_000)
            var configuration = money.test.configuration(.app, poolSize: 2)
            let string = configuration.connectionString
            let host = try #require(string.firstMatch(of: /host=([^&]+)/)?.output.1)
            let proxy = try CuttingProxy(to: String(host))
            configuration.connectionString = string.replacing("host=\(host)", with: "host=\(proxy.folder)")
            let database = Database(
                configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let withdrawals = money.platform.using(database).withdrawals
            let command = money.command()
            proxy.cutNextCommit(cut)
            let number = try await withdrawals.submit(
                command, amount: Money(fen: 300), password: MoneyFixture.paymentPassword, by: money.clerk)
            #expect(proxy.cuts == 1)
            #expect(database.metrics.unknownCommits == 1)
            #expect(database.metrics.connectionsLost == 1)
            let stored = try await money.owner.query("SELECT number FROM orders WHERE kind = 'withdrawal'")
            #expect(try stored.map { try $0.decode("number", as: String.self) } == [number])
            #expect(try await money.balances().frozen == Money(fen: 300))
            // Once more by the browser: the same order still.
            let again = try await withdrawals.submit(
                command, amount: Money(fen: 300), password: MoneyFixture.paymentPassword, by: money.clerk)
            #expect(again == number)
            #expect(try await money.balances().frozen == Money(fen: 300))
            #expect(try await money.broken() == [])
            await database.close()
            proxy.stop()
        }
    }
}
