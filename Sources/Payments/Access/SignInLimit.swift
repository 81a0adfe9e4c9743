import Foundation

/// So many tries within so long a time close the door to further tries for a while: one row of the table of
/// limits. No clock and no database: the rule alone.
///
/// Tries that were turned away are not counted, so a closed door opens after its time, whatever comes in between.
public struct SignInLimit: Sendable, Hashable {
    /// What is counted together and closed together. A login need not exist: unknown ones are treated alike.
    public enum Scope: Sendable, CaseIterable {
        /// One address, whatever login it tries.
        case address
        /// One login from one address.
        case loginAtAddress
        /// One login from anywhere. Does not close an address at which the login is known: who knows somebody's
        /// login ID can keep strangers out by failing, and not the owner at the usual place.
        case login
    }

    /// A try before this one.
    struct Try: Sendable {
        let at: Date
        /// False while its password is still being checked, or when the process died over it.
        let hasFailed: Bool
    }

    let scope: Scope
    /// This many tries …
    let tries: Int
    /// … within so many seconds …
    let windowSeconds: Double
    /// … close the door until so many seconds after the last of them.
    let closedSeconds: Double
    /// Whether tries still being checked count: many guesses sent at once are not worth more than as many in a row.
    /// Short waits count failures only, so that two people of one login may sign in at the same moment.
    let countsUnchecked: Bool

    private init(
        _ scope: Scope, _ tries: Int, within windowSeconds: Double, closes closedSeconds: Double,
        countsUnchecked: Bool = false
    ) {
        self.scope = scope
        self.tries = tries
        self.windowSeconds = windowSeconds
        self.closedSeconds = closedSeconds
        self.countsUnchecked = countsUnchecked
    }

    /// The table of limits.
    public static let all = [
        SignInLimit(.loginAtAddress, 3, within: 3600, closes: 5),
        SignInLimit(.loginAtAddress, 4, within: 3600, closes: 10),
        SignInLimit(.loginAtAddress, 5, within: 3600, closes: 20),
        SignInLimit(.loginAtAddress, 6, within: 3600, closes: 40),
        SignInLimit(.loginAtAddress, 7, within: 3600, closes: 80),
        SignInLimit(.loginAtAddress, 8, within: 3600, closes: 160),
        SignInLimit(.loginAtAddress, 9, within: 3600, closes: 300),
        SignInLimit(.loginAtAddress, 10, within: 3600, closes: 1800, countsUnchecked: true),
        SignInLimit(.login, 30, within: 3600, closes: 1800, countsUnchecked: true),
        SignInLimit(.address, 100, within: 900, closes: 900),
    ]

    /// Until when the door is closed by this limit; nil when it is open.
    ///
    /// - Parameter earlier: the tries of its scope, newest first.
    func closedUntil(_ earlier: [Try], at moment: Date) -> Date? {
        let counted = countsUnchecked ? earlier : earlier.filter(\.hasFailed)
        guard counted.count >= tries,
            counted[0].at.timeIntervalSince(counted[tries - 1].at) <= windowSeconds
        else { return nil }
        let end = counted[0].at.addingTimeInterval(closedSeconds)
        return end > moment ? end : nil
    }
}

extension AccessSettings {
    /// How far back tries matter, in seconds.
    var tryMemorySeconds: Double {
        signInLimits.map { $0.windowSeconds + $0.closedSeconds }.max() ?? 0
    }
}
