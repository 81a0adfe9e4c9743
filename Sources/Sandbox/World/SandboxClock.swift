import Foundation
import Synchronization

/// The sandbox's clock: the real one, moved by an offset that a person or a test sets. When the portal plays a month in
/// minutes, the bank and the billers have to live in the same month: signatures, time limits and bills depend on it.
final class SandboxClock: Sendable {
    private let base: @Sendable () -> Date
    private let offset = Mutex(TimeInterval(0))

    /// A clock over the real time, or over another one that a test holds still.
    init(base: @escaping @Sendable () -> Date = { Date() }) {
        self.base = base
    }

    /// The present moment in the sandbox.
    var now: Date {
        base().addingTimeInterval(offsetSeconds)
    }

    /// By how many seconds the sandbox is ahead of real time.
    var offsetSeconds: TimeInterval {
        get { offset.withLock { $0 } }
        set { offset.withLock { $0 = newValue } }
    }
}
