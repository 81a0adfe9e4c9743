import Cryptography
import Logging
import Postgres

/// The payment platform: what every feature works with. A feature is a small struct over it, reached as
/// `platform.topUps`, `platform.ledger` and so on.
public struct Platform: Sendable {
    /// Connections as the application's role, which cannot change the books.
    public let database: Database
    /// Clock, randomness and the network.
    public let effects: Effects
    /// Secrets that are kept outside the database.
    public let keys: Keys
    /// Durations, limits and addresses an operator may set.
    public let settings: PaymentSettings
    /// Hashes passwords on its own threads.
    public let passwords: PasswordHasher
    /// Where the business writes its log. Never secrets, never whole account numbers.
    public let logger: Logger

    /// Puts the platform together.
    public init(
        database: Database, effects: Effects, keys: Keys, settings: PaymentSettings,
        passwords: PasswordHasher, logger: Logger
    ) {
        self.database = database
        self.effects = effects
        self.keys = keys
        self.settings = settings
        self.passwords = passwords
        self.logger = logger
    }

    /// The same platform over another pool: work in the background must not starve the pages.
    public func using(_ database: Database) -> Platform {
        Platform(
            database: database, effects: effects, keys: keys, settings: settings, passwords: passwords,
            logger: logger)
    }
}
