import Foundation
import Synchronization

/// Remembers the nonces of one profile for as long as their signatures would be taken, so that a recorded message
/// cannot be sent a second time. One memory per process: several processes behind one address need a shared one, or
/// content that is idempotent by itself.
public final class NonceMemory: Sendable {
    private let profile: SignatureProfile
    private let state = Mutex(State())

    fileprivate struct State {
        var seen: Set<String> = []
        /// The nonces with the second after which each is forgotten, in order of arrival.
        var order: [(entry: String, until: Int64)] = []
        /// How many at the start of `order` are forgotten already.
        var forgotten = 0
    }

    /// A memory for the signatures of a profile.
    public init(profile: SignatureProfile) {
        self.profile = profile
    }

    /// Takes note of a signature that was verified. Throws `replayed` when its nonce was used before with the same
    /// key, and `parameter` when it has none.
    public func accept(_ signature: VerifiedSignature, at time: Date) throws(HTTPSignatureError) {
        guard let nonce = signature.nonce else { throw .parameter("nonce") }
        let entry = "\(signature.keyID) \(nonce)"
        let now = Int64(time.timeIntervalSince1970)
        // A signature may be created ahead of our clock by the tolerance and is taken for its life and the tolerance.
        let until = now + profile.lifetimeSeconds + 2 * profile.clockToleranceSeconds
        let isNew = state.withLock { state in
            state.forget(before: now)
            guard state.seen.insert(entry).inserted else { return false }
            state.order.append((entry, until))
            return true
        }
        guard isNew else { throw .replayed }
    }
}

extension NonceMemory.State {
    fileprivate mutating func forget(before now: Int64) {
        while forgotten < order.count, order[forgotten].until < now {
            seen.remove(order[forgotten].entry)
            forgotten += 1
        }
        // Giving back the front of the array costs as much as its length: done only once half of it is dead.
        if forgotten > 1024, forgotten * 2 > order.count {
            order.removeFirst(forgotten)
            forgotten = 0
        }
    }
}
