/// What a transaction sees of others, and whether it may write.
public enum TransactionMode: Sendable {
    /// Each statement sees what was committed before it; the usual mode, with row locks where it matters.
    case readCommitted
    /// All statements see one moment, and none writes: for checks and exports.
    case snapshot
    /// All statements see one moment; a write that meets a newer one fails as a serialization failure.
    case repeatableRead
    /// As if transactions ran one after another.
    case serializable

    /// The statement that begins such a transaction.
    var begin: StaticString {
        switch self {
        case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED"
        case .snapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
        case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
        }
    }
}

/// Marks code that runs inside a transaction, so that debug builds can refuse a second checkout there.
enum TransactionMarker {
    @TaskLocal static var isInside = false
}
