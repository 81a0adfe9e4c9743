import CPostgres
import Foundation

/// Cancels what a connection's server process is doing, for exactly the use that asked for it.
///
/// A use is one borrowing of the connection by one task. A cancel request reaches the server by a connection
/// of its own and hits whatever runs there when it arrives, so three rules hold: it is sent only while a
/// statement of that use is running, no statement ends before a request under way has returned, and from
/// COMMIT on none is sent.
///
/// `@unchecked Sendable`: all state is touched only under `condition`'s lock; `PQcancel` may be called from
/// any thread.
final class Cancellation: @unchecked Sendable {
    private let condition = NSCondition()
    private var target: OpaquePointer?
    private var use: UInt64 = 0
    private var isRequested = false
    private var isSealed = true
    private var isExecuting = false
    private var isSending = false

    /// How long an unsuccessful request waits before the next one. A request that overtakes its statement
    /// finds the server idle and is lost, so it is repeated until the statement has ended.
    private static let repeatInterval = 0.05

    /// Takes the key to the server process, made right after connecting; frees the one before.
    func setTarget(_ newTarget: OpaquePointer?) {
        condition.lock()
        while isSending { condition.wait() }
        if let target { PQfreeCancel(target) }
        target = newTarget
        condition.unlock()
    }

    deinit {
        if let target { PQfreeCancel(target) }
    }

    /// Starts a use and gives the number by which its task can cancel it.
    func begin() -> UInt64 {
        condition.lock()
        defer { condition.unlock() }
        use += 1
        isRequested = false
        isSealed = false
        return use
    }

    /// Asks for the end of a use; does nothing when that use is over or is committing.
    func request(_ requestedUse: UInt64) {
        condition.lock()
        defer { condition.unlock() }
        guard use == requestedUse, !isSealed, !isRequested else { return }
        isRequested = true
        // A thread of its own, since PQcancel blocks. There is at most one for each connection.
        Thread.detachNewThread { self.send(for: requestedUse) }
    }

    /// Whether the current use was cancelled.
    var wasRequested: Bool {
        condition.lock()
        defer { condition.unlock() }
        return isRequested
    }

    /// Marks the start of a statement.
    ///
    /// - Returns: whether the statement may be sent; false when the use was cancelled.
    func statementBegins() -> Bool {
        condition.lock()
        defer { condition.unlock() }
        if isRequested && !isSealed { return false }
        isExecuting = true
        return true
    }

    /// Marks the end of a statement, after a request under way has returned.
    func statementEnded() {
        condition.lock()
        isExecuting = false
        while isSending { condition.wait() }
        if isRequested { condition.broadcast() }
        condition.unlock()
    }

    /// Ends the time in which the use can be cancelled.
    ///
    /// - Returns: whether it was cancelled before.
    @discardableResult
    func seal() -> Bool {
        condition.lock()
        defer { condition.unlock() }
        isSealed = true
        while isSending { condition.wait() }
        condition.broadcast()
        return isRequested
    }

    private func send(for requestedUse: UInt64) {
        var message = [CChar](repeating: 0, count: 256)
        condition.lock()
        while use == requestedUse, !isSealed {
            if isExecuting, let target {
                isSending = true
                condition.unlock()
                // A failure needs no report: the statement then runs to its end or its time-out.
                _ = PQcancel(target, &message, Int32(message.count))
                condition.lock()
                isSending = false
                condition.broadcast()
            }
            guard use == requestedUse, !isSealed else { break }
            _ = condition.wait(until: Date(timeIntervalSinceNow: Self.repeatInterval))
        }
        condition.unlock()
    }
}
