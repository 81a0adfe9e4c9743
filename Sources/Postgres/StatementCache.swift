import CPostgres

/// The statements prepared on one connection, by their text and the types of their values.
///
/// Bounded: a statement built with `unsafeRaw` can have many texts, and each takes memory in the server too.
/// The one not used for the longest time makes room.
struct StatementCache {
    /// What makes two statements the same.
    struct Key: Hashable {
        let segments: [String]
        let types: [PostgresType]
    }

    /// A statement the server knows.
    final class Statement {
        let name: String
        /// Known after the first run.
        var columns: Columns?
        var lastUse: UInt64 = 0

        init(name: String) {
            self.name = name
        }
    }

    let limit: Int
    private var statements: [Key: Statement] = [:]
    private var uses: UInt64 = 0
    private var prepared: UInt64 = 0

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { statements.count }

    /// The statement for a key, if it is prepared.
    mutating func find(_ key: Key) -> Statement? {
        guard let statement = statements[key] else { return nil }
        uses += 1
        statement.lastUse = uses
        return statement
    }

    /// A name no statement of this connection had before.
    mutating func makeName() -> String {
        prepared += 1
        return "portal\(prepared)"
    }

    /// Remembers a statement that the server has accepted.
    mutating func insert(_ statement: Statement, for key: Key) {
        uses += 1
        statement.lastUse = uses
        statements[key] = statement
    }

    /// Forgets a statement.
    mutating func remove(_ key: Key) -> Statement? {
        statements.removeValue(forKey: key)
    }

    /// Forgets the statement that was not used for the longest time, when there is no room for another.
    mutating func removeOldestIfFull() -> Statement? {
        guard statements.count >= limit,
            let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse })
        else { return nil }
        return statements.removeValue(forKey: oldest.key)
    }
}
