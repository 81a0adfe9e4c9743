import Foundation

/// Whether another try at signing in may be made, from the tries before it. No clock and no database: the
/// rule alone.
///
/// Tries that were turned away are not counted. So whoever hammers at somebody else's account cannot keep
/// it locked for ever: the lock ends half an hour after the last counted failure, whatever comes in
/// between.
struct SignInThrottle: Sendable {
    /// A try before this one.
    struct Try: Sendable {
        let at: Date
        /// False while its password is still being checked, or when the process died over it.
        let hasFailed: Bool
    }

    let settings: AccessSettings

    /// How far back tries matter, in seconds.
    var memorySeconds: Double { settings.lockWindowSeconds + settings.lockSeconds }

    /// Until when this account is closed to tries; nil when it is open.
    ///
    /// - Parameter tries: of this account within ``memorySeconds``, oldest first.
    func closedUntil(_ tries: [Try], at moment: Date) -> Date? {
        let limits = [lockedUntil(tries), backedOffUntil(tries, at: moment)].compactMap(\.self)
        guard let end = limits.max(), end > moment else { return nil }
        return end
    }

    /// Tries still being checked count here: many guesses sent at once are not worth more than ten in a row.
    private func lockedUntil(_ tries: [Try]) -> Date? {
        let window = tries.suffix(settings.lockAfter)
        guard window.count == settings.lockAfter, let first = window.first, let last = window.last,
            last.at.timeIntervalSince(first.at) <= settings.lockWindowSeconds
        else { return nil }
        return last.at.addingTimeInterval(settings.lockSeconds)
    }

    private func backedOffUntil(_ tries: [Try], at moment: Date) -> Date? {
        let failures = tries.filter {
            $0.hasFailed && moment.timeIntervalSince($0.at) <= settings.lockWindowSeconds
        }
        guard failures.count >= settings.backOffFrom, let last = failures.last else { return nil }
        let doublings = min(failures.count - settings.backOffFrom, 16)
        let wait = settings.firstBackOffSeconds * Double(1 << doublings)
        return last.at.addingTimeInterval(min(wait, settings.longestBackOffSeconds))
    }
}
