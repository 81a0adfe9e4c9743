import Configuration
import Foundation
import Testing

@testable import Server

@Suite("Settings of the program")
struct ServerSettingsTests {
    private static let needed: [String: ConfigValue] = [
        "database.url": "postgresql://portal_app:s3cret@/portal",
        "bank.address": "https://gateway.example.cn",
        "bank.merchantId": "777290058110097", "phone.address": "https://phone.example.cn",
    ]

    private func read(_ values: [String: ConfigValue], below: [String: ConfigValue] = [:]) throws
        -> ServerSettings
    {
        func reader(_ values: [String: ConfigValue]) -> ConfigReader {
            let pairs = values.map {
                (AbsoluteConfigKey($0.key.split(separator: ".").map(String.init)), $0.value)
            }
            return ConfigReader(
                provider: InMemoryProvider(values: Dictionary(uniqueKeysWithValues: pairs)))
        }
        return try ServerSettings(readers: [reader(values), reader(below)])
    }

    @Test("All mistakes are told at once, by the name of the variable, and no secret with them")
    func mistakes() throws {
        let mistakes = try #require(throws: ServerSettings.Mistakes.self) {
            try read([
                "database.url": "postgresql://portal_app:s3cret@/portal", "database.poolSize": "many",
                "listen.port": "70000", "bank.address": "gateway", "log.level": "loud",
                "clock.offsetSeconds": "60",
            ])
        }
        let text = mistakes.description
        for variable in [
            "PORTAL_DATABASE_POOL_SIZE", "PORTAL_LISTEN_PORT", "PORTAL_BANK_ADDRESS",
            "PORTAL_BANK_MERCHANT_ID",
            "PORTAL_PHONE_ADDRESS", "PORTAL_LOG_LEVEL", "PORTAL_CLOCK_OFFSET_SECONDS",
        ] {
            #expect(text.contains(variable))
        }
        #expect(!text.contains("PORTAL_DATABASE_URL"))
        #expect(!text.contains("s3cret"))
    }

    @Test("The environment wins over the file; in the file a number may stand as a number")
    func order() throws {
        let settings = try read(
            Self.needed.merging(["database.poolSize": "12"]) { $1 },
            below: ["database.poolSize": 20, "worker.poolSize": 6, "listen.port": 9090])
        #expect(settings.databasePoolSize == 12)
        #expect(settings.workerPoolSize == 6)
        #expect(settings.portal.listenPort == 9090)
        #expect(!"\(settings)".contains("s3cret"))
    }

    @Test("Without anything but what is needed, the defaults of README hold")
    func defaults() throws {
        let settings = try read(Self.needed)
        #expect(settings.databasePoolSize == 8 && settings.workerPoolSize == 4)
        #expect(settings.passwordParameters.memoryKiB == 19456 && settings.passwordParameters.iterations == 2)
        #expect(settings.payments.topUpLifetimeSeconds == 72 * 3600)
        #expect(settings.portal.listenHost == "127.0.0.1" && settings.portal.listenPort == 8080)
    }
}
