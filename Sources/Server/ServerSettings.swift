import Configuration
import Cryptography
import Foundation
import Logging
import Payments
import Portal
import Postgres

/// Everything that is set from outside: environment variables `PORTAL_…`, and below them a JSON file that
/// `PORTAL_CONFIG_FILE_PATH` names, in which `PORTAL_DATABASE_URL` is `{"database": {"url": "…"}}`. All mistakes are told at once; values of secrets are never printed.
struct ServerSettings: Sendable {
    var databaseURL: Secret<String>
    var databasePoolSize: Int
    var workerPoolSize: Int
    var payments: PaymentSettings
    var portal: PortalSettings
    var keysFolder: URL
    var passwordParameters: Argon2Parameters
    var passwordThreads: Int
    /// Moves the clock of the whole program, for rehearsals against a sandbox; refused against a real bank.
    var clockOffsetSeconds: Double
    var logLevel: Logger.Level

    /// What is wrong with the configuration, one sentence each.
    struct Mistakes: Error, CustomStringConvertible {
        let sentences: [String]
        var description: String {
            "the configuration is not usable:\n" + sentences.map { "  - \($0)" }.joined(separator: "\n")
        }
    }

    /// Reads the settings. Throws ``Mistakes``.
    static func read() async throws -> ServerSettings {
        let environment = EnvironmentVariablesProvider()
        let named = ConfigReader(provider: environment).scoped(to: "portal")
        var readers = [named]
        if let path = named.string(forKey: "config.filePath") {
            do {
                readers.append(
                    ConfigReader(
                        provider: try await FileProvider<JSONSnapshot>(config: named.scoped(to: "config"))))
            } catch {
                throw Mistakes(sentences: [
                    "PORTAL_CONFIG_FILE_PATH names \(path), which cannot be read as JSON"
                ])
            }
        }
        return try ServerSettings(SettingsReader(readers: readers))
    }

    /// From readers of which the first that has a value wins.
    init(readers: [ConfigReader]) throws { try self.init(SettingsReader(readers: readers)) }

    private init(_ reader: SettingsReader) throws {
        databaseURL = Secret(
            reader.required("database.url", "the connection string of the role portal_app", isSecret: true))
        databasePoolSize = reader.number("database.poolSize", default: 8, in: 1...200)
        workerPoolSize = reader.number("worker.poolSize", default: 4, in: 1...200)
        let publicAddress = reader.address("public.address", default: "http://127.0.0.1:8080")
        let bankAddress = reader.address("bank.address", default: nil)
        payments = PaymentSettings(
            publicAddress: publicAddress,
            callbackAddress: reader.address("callback.address", default: publicAddress),
            bankAddress: bankAddress,
            bankFileAddress: reader.optional("bank.fileAddress").map { _ in
                reader.address("bank.fileAddress", default: nil) + "/"
            },
            reserveBankAddress: reader.address("reserve.address", default: bankAddress),
            merchantID: reader.required("bank.merchantId", "our merchant number at the bank, 15 characters"),
            phoneAddress: reader.address("phone.address", default: nil),
            topUpLifetimeSeconds: reader.number(
                "topUp.lifetimeSeconds", default: 72 * 3600, in: 60...(30 * 86400)),
            bankTimeoutSeconds: Double(reader.number("bank.timeoutSeconds", default: 30, in: 1...60)),
            billerTimeoutSeconds: Double(reader.number("biller.timeoutSeconds", default: 20, in: 1...60)),
            firstPayoutQuerySeconds: reader.number("payout.firstQuerySeconds", default: 180, in: 1...3600),
            messageRetentionYears: reader.number("messages.retentionYears", default: 10, in: 5...100))
        portal = PortalSettings(
            publicAddress: publicAddress, listenHost: reader.text("listen.host", default: "127.0.0.1"),
            listenPort: reader.number("listen.port", default: 8080, in: 0...65535),
            trustedProxy: reader.optional("trusted.proxy"), bankOrigin: bankAddress,
            publicFolder: reader.text("public.folder", default: "Public"))
        keysFolder = URL(filePath: reader.text("keys.folder", default: ".run/keys"))
        passwordParameters = Argon2Parameters(
            memoryKiB: reader.number("password.memoryKib", default: 19456, in: 8...262_144),
            iterations: reader.number("password.iterations", default: 2, in: 1...16), parallelism: 1)
        passwordThreads = reader.number("password.threads", default: 2, in: 1...64)
        clockOffsetSeconds = Double(
            reader.number("clock.offsetSeconds", default: 0, in: -100_000_000...100_000_000))
        let level = reader.text("log.level", default: "info")
        logLevel = Logger.Level(rawValue: level) ?? .info
        if Logger.Level(rawValue: level) == nil {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            reader.note("PORTAL_LOG_LEVEL must be one of \(levels)")
        }
        if clockOffsetSeconds != 0, URL(string: bankAddress)?.host() != "localhost" {
            reader.note("PORTAL_CLOCK_OFFSET_SECONDS is for rehearsals against a sandbox on localhost only")
        }
        guard reader.mistakes.isEmpty else { throw Mistakes(sentences: reader.mistakes) }
    }
}

/// Reads single settings and collects what is wrong with them.
private final class SettingsReader {
    let readers: [ConfigReader]
    private(set) var mistakes: [String] = []

    init(readers: [ConfigReader]) { self.readers = readers }

    /// The first value there is. In a JSON file a number may stand as a number.
    private func value(_ key: String, isSecret: Bool = false) -> String? {
        for reader in readers {
            if let text = reader.string(forKey: ConfigKey(key), isSecret: isSecret) { return text }
            if let number = reader.int(forKey: ConfigKey(key), isSecret: isSecret) { return String(number) }
        }
        return nil
    }

    func note(_ mistake: String) { mistakes.append(mistake) }

    func optional(_ key: String) -> String? {
        value(key).flatMap { $0.isEmpty ? nil : $0 }
    }

    func text(_ key: String, default value: String) -> String { optional(key) ?? value }

    func required(_ key: String, _ meaning: String, isSecret: Bool = false) -> String {
        if let value = value(key, isSecret: isSecret), !value.isEmpty { return value }
        note("\(Self.variable(key)) is missing: \(meaning)")
        return ""
    }

    func number(_ key: String, default value: Int, in range: ClosedRange<Int>) -> Int {
        guard let text = optional(key) else { return value }
        guard let number = Int(text), range.contains(number) else {
            note(
                "\(Self.variable(key)) must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
            return value
        }
        return number
    }

    func address(_ key: String, default value: String?) -> String {
        guard let text = optional(key) ?? value else {
            note("\(Self.variable(key)) is missing: an address such as https://gateway.example.cn")
            return ""
        }
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme ?? ""), url.host() != nil,
            url.query() == nil
        else {
            note("\(Self.variable(key)) must be an address such as https://gateway.example.cn")
            return text
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// `database.poolSize` is `PORTAL_DATABASE_POOL_SIZE` in the environment.
    static func variable(_ key: String) -> String {
        var name = "PORTAL_"
        for character in key {
            if character == "." {
                name += "_"
            } else {
                if character.isUppercase { name += "_" }
                name += character.uppercased()
            }
        }
        return name
    }
}
