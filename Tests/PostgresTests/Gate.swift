import Dispatch
import Postgres
import Synchronization

/// Holds a transaction open for as long as a test wants, so that no test has to guess how long something
/// takes.
final class Gate: Sendable {
    private let isReached = Atomic<Bool>(false)
    private let opening = DispatchSemaphore(value: 0)

    /// Stops the connection's own thread inside of a transaction, until the gate opens.
    func hold() {
        isReached.store(true, ordering: .sequentiallyConsistent)
        opening.wait()
    }

    /// Returns when the transaction stands at the gate.
    func reached() async throws {
        while !isReached.load(ordering: .sequentiallyConsistent) {
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Lets the transaction go on.
    func open() {
        opening.signal()
    }
}
