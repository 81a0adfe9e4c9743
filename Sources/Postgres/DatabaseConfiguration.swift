/// How a pool reaches its database, and how long it waits for what.
public struct DatabaseConfiguration: Sendable {
    /// A connection string of libpq, `postgresql://…` or `host=… dbname=…`. Several hosts,
    /// `target_session_attrs=read-write`, `sslmode=verify-full` and all else libpq knows may stand in it, and
    /// wins over the settings here.
    public var connectionString: String
    /// The largest number of connections. Eight are enough on two cores; more make the slowest answers
    /// slower.
    public var poolSize: Int
    /// How long the server works on one statement.
    public var statementTimeout: Duration
    /// How long a statement waits for a lock.
    public var lockTimeout: Duration
    /// How long a transaction may stand idle before the server ends its connection.
    public var idleInTransactionTimeout: Duration
    /// How long making a connection to one host may take, in whole seconds and at least two.
    public var connectTimeout: Duration
    /// How many callers may wait for a connection; the next one is refused at once.
    public var waiterLimit: Int
    /// How long a caller waits for a connection.
    public var waiterTimeout: Duration
    /// The name in `pg_stat_activity`.
    public var applicationName: String
    /// How often a transaction is run in all when serialization failures or deadlocks undo it.
    public var transactionAttempts: Int

    /// Makes a configuration; everything but the connection string has a default.
    public init(
        connectionString: String, poolSize: Int = 8, statementTimeout: Duration = .seconds(15),
        lockTimeout: Duration = .seconds(5), idleInTransactionTimeout: Duration = .seconds(15),
        connectTimeout: Duration = .seconds(5), waiterLimit: Int = 512, waiterTimeout: Duration = .seconds(5),
        applicationName: String = "portal", transactionAttempts: Int = 5
    ) {
        precondition(poolSize > 0 && waiterLimit >= 0 && transactionAttempts > 0, "A pool needs connections.")
        self.connectionString = connectionString
        self.poolSize = poolSize
        self.statementTimeout = statementTimeout
        self.lockTimeout = lockTimeout
        self.idleInTransactionTimeout = idleInTransactionTimeout
        self.connectTimeout = connectTimeout
        self.waiterLimit = waiterLimit
        self.waiterTimeout = waiterTimeout
        self.applicationName = applicationName
        self.transactionAttempts = transactionAttempts
    }
}

extension DatabaseConfiguration: CustomStringConvertible, CustomReflectable {
    /// The name and size only: the connection string holds a password.
    public var description: String { "\(applicationName), \(poolSize) connections" }

    /// Nothing: the connection string holds a password.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Duration {
    /// The duration in whole milliseconds, as PostgreSQL's time-outs take them.
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
