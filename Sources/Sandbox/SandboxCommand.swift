import ArgumentParser
import Foundation
import Logging

/// The program `sandbox`.
@main
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "What stands outside the portal in real life: a bank, billers, the operators' phones.",
        discussion:
            "For development and tests only. Talks to the portal over the network and in no other way.",
        subcommands: [Serve.self, MakeKeys.self], defaultSubcommand: Serve.self)
}

/// Options that both subcommands take.
struct KeyOptions: ParsableArguments {
    @Option(help: "Folder of the keys and certificates; what is missing is made at the first start.")
    var keys = ".run/keys"

    @Option(help: "Number of the portal's operator as the bank's merchant; written into its certificate.")
    var merchant = "777290058110097"

    /// The keys, made first where they are missing.
    func load() throws -> SandboxKeys {
        try SandboxKeys(folder: URL(fileURLWithPath: keys), merchantNumber: merchant)
    }
}

/// `sandbox keys`: makes the keys and ends, so that the portal can start before the sandbox.
struct MakeKeys: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Makes the keys and certificates that are missing, and ends.")

    @OptionGroup var keyOptions: KeyOptions

    func run() throws {
        _ = try keyOptions.load()
    }
}

/// `sandbox` or `sandbox serve`.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Runs the sandbox until it is stopped.")

    @OptionGroup var keyOptions: KeyOptions

    @Option(help: "Address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "Port to listen on.")
    var port = 8090

    @Option(help: "Folder of the books; what is in it is read again at the start.")
    var directory = ".run/sandbox"

    @Option(help: "The portal's address; only for a link on the pages.")
    var portal = "http://127.0.0.1:8080"

    @Option(help: "Seconds from the acceptance of a payout to its arrival.")
    var payoutDelay = 20.0

    @Option(help: "Least level of the log.")
    var logLevel = "notice"

    func run() async throws {
        var logger = Logger(label: "sandbox")
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .notice
        let server = try await SandboxServer(
            keys: keyOptions.load(), directory: URL(fileURLWithPath: directory), host: host, port: port,
            portal: portal, payoutDelaySeconds: payoutDelay, logger: logger)
        try await server.run()
    }
}
