import ArgumentParser
import Foundation
import Logging
import Payments
import Portal
import Postgres
import ServiceLifecycle

/// `portal`: the program of the site and of those who run it.
@main
struct PortalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "portal",
        abstract: "企业缴费门户 – the portal through which companies pay their public bills.",
        discussion: "Settings come from environment variables PORTAL_… and a JSON file; README lists them.",
        subcommands: [
            Serve.self, WorkerCommand.self, Migrate.self, Seed.self, StaffCommand.self, BillerCommand.self,
            Check.self,
            MessageCommand.self, RoutesCommand.self,
        ])
}

/// `portal serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve the site, with a worker inside.")

    @Flag(help: "Leave the work in the background to `portal worker` processes.")
    var withoutWorker = false

    func run() async throws {
        try await Composition.run(as: "portal") { composition in
            let settings = composition.settings.portal
            if settings.publicAddress.hasPrefix("https://"), settings.trustedProxy == nil {
                composition.platform.logger.warning(
                    "PORTAL_TRUSTED_PROXY is not set: all people share the address of the proxy that speaks TLS"
                )
            }
            let portal = try Portal(platform: composition.platform, settings: settings)
            let background = composition.backgroundPlatform()
            var services: [any Service] = [portal.application()]
            if !withoutWorker { services.append(Worker(platform: background)) }
            let pools = [composition.platform.database] + (withoutWorker ? [] : [background.database])
            services.append(PoolReport(databases: pools))
            do {
                try await runUntilTold(services, logger: composition.platform.logger)
            } catch {
                await background.database.close()
                throw error
            }
            await background.database.close()
        }
    }
}

/// `portal worker`
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Do the work in the background: send orders, ask about them, deliver messages.")

    func run() async throws {
        try await Composition.run(as: "portal worker") { composition in
            let background = composition.backgroundPlatform()
            do {
                try await runUntilTold(
                    [Worker(platform: background), PoolReport(databases: [background.database])],
                    logger: composition.platform.logger)
            } catch {
                await background.database.close()
                throw error
            }
            await background.database.close()
        }
    }
}

/// Runs services until SIGTERM or SIGINT, then ends what they began.
private func runUntilTold(_ services: [any Service], logger: Logger) async throws {
    let group = ServiceGroup(
        configuration: ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
}

/// `portal migrate`
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the database to this version, as the owner role.",
        discussion: "Takes the owner's connection string from PORTAL_OWNER_DATABASE_URL.")

    @Option(help: "The folder of the migrations.") var folder = "Migrations"

    func run() async throws {
        guard let url = ProcessInfo.processInfo.environment["PORTAL_OWNER_DATABASE_URL"], !url.isEmpty else {
            throw ValidationError(
                "PORTAL_OWNER_DATABASE_URL is missing: the connection string of the role portal_owner")
        }
        let applied = try await Migrator(
            connectionString: url, directory: URL(filePath: folder), logger: Logger(label: "portal migrate")
        ).run()
        print(
            applied.isEmpty
                ? "The database is up to date." : applied.map { "applied \($0)" }.joined(separator: "\n"))
    }
}

/// `portal check`
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the invariants of the books and of all orders; exit code 1 when one is broken.")

    func run() async throws {
        let reports = try await Composition.run(as: "portal check") { composition in
            let platform = composition.platformWithoutTimeLimit()
            do {
                let reports = try await platform.monitoring.check()
                await platform.database.close()
                return reports
            } catch {
                await platform.database.close()
                throw error
            }
        }
        for report in reports {
            print("\(report.invariant.name)\t\(report.count)\t\(report.invariant.sentence)")
            for subject in report.subjects { print("\t\t\(subject)") }
        }
        if reports.contains(where: { $0.count > 0 }) { throw ExitCode(1) }
    }
}

/// `portal message`
struct MessageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "message",
        abstract:
            "Print the original of a kept message of the bank, for evidence; it may hold a whole account number."
    )

    @Argument(help: "The message's row in bank_messages.") var id: Int64

    func run() async throws {
        let original = try await Composition.run(as: "portal message") { composition in
            try await composition.platform.monitoring.originalBankMessage(id)
        }
        guard let original else { throw ValidationError("there is no original of message \(id)") }
        print(original)
    }
}

/// `portal routes`
struct RoutesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routes", abstract: "List every route of the site with its method and who may use it.")

    func run() async throws {
        try await Composition.run(as: "portal routes") { composition in
            let portal = try Portal(platform: composition.platform, settings: composition.settings.portal)
            _ = portal.router()
            for route in portal.table.all { print(route) }
        }
    }
}
