import Logging

/// What a pool is doing and has done; the counters start at zero with the pool.
public struct PoolMetrics: Sendable, Equatable {
    /// The largest number of connections.
    public var size = 0
    /// Connections that are open or being opened.
    public var open = 0
    /// Connections that nobody uses.
    public var idle = 0
    /// Callers that wait for a connection now.
    public var waiting = 0
    /// Connections lent so far.
    public var checkouts = 0
    /// Callers that had to wait so far.
    public var waits = 0
    /// The time all of them waited, in microseconds.
    public var waitedMicroseconds = 0
    /// Callers refused because too many were waiting.
    public var refused = 0
    /// Callers that waited in vain.
    public var waitTimeouts = 0
    /// Connections made so far.
    public var connectionsOpened = 0
    /// Connections that could not be made.
    public var connectionsFailed = 0
    /// Connections given up because they were broken.
    public var connectionsLost = 0
    /// Transactions committed.
    public var commits = 0
    /// Transactions that ended without COMMIT.
    public var rollbacks = 0
    /// Transactions and single statements run again after a serialization failure or deadlock.
    public var retries = 0
    /// Transactions whose COMMIT was never answered.
    public var unknownCommits = 0

    /// Connections lent now, or being opened.
    public var inUse: Int { open - idle }

    /// From how long a wait on, in microseconds, a person should hear of it: a page that waits this long for its
    /// connection is felt to be slow.
    static let longWaitMicroseconds = 250_000

    /// Whether, since an earlier count, callers waited long on average, or in vain.
    func isShort(since earlier: PoolMetrics) -> Bool {
        let (waits, waited) = (waits - earlier.waits, waitedMicroseconds - earlier.waitedMicroseconds)
        return refused > earlier.refused || waitTimeouts > earlier.waitTimeouts
            || waits > 0 && waited / waits >= Self.longWaitMicroseconds
    }

    /// The counters for a log: what is now, and what was done since an earlier count.
    func logged(since earlier: PoolMetrics) -> Logger.Metadata {
        func more(_ counter: KeyPath<PoolMetrics, Int>) -> Logger.MetadataValue {
            "\(self[keyPath: counter] - earlier[keyPath: counter])"
        }
        return [
            "size": "\(size)", "open": "\(open)", "inUse": "\(inUse)", "waiting": "\(waiting)",
            "checkouts": more(\.checkouts), "waits": more(\.waits),
            "waitedMicroseconds": more(\.waitedMicroseconds), "refused": more(\.refused),
            "waitTimeouts": more(\.waitTimeouts), "connectionsOpened": more(\.connectionsOpened),
            "connectionsFailed": more(\.connectionsFailed), "connectionsLost": more(\.connectionsLost),
            "commits": more(\.commits), "rollbacks": more(\.rollbacks), "retries": more(\.retries),
            "unknownCommits": more(\.unknownCommits),
        ]
    }
}
