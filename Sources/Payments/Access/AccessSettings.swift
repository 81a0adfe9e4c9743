/// The policy of signing in and paying. The defaults are the policy of the documents (ASVS 6.1.1 wants them
/// written down in one place).
public struct AccessSettings: Sendable, Hashable {
    /// Seconds without a request after which a clerk's session ends.
    public var clerkIdleSeconds = 15 * 60.0
    /// Seconds without a request after which a session of staff ends.
    public var staffIdleSeconds = 10 * 60.0
    /// Seconds after which any session ends.
    public var sessionLifeSeconds = 8 * 3600.0
    /// Seconds between two notes of a session's last request: a row is not written for every page.
    public var activityGrainSeconds = 30.0

    /// What closes the door to further tries at signing in.
    public var signInLimits = SignInLimit.all
    /// Seconds for which a login stays known at an address from which it has signed in.
    public var knownAddressSeconds = 30 * 24 * 3600.0

    /// This many wrong payment passwords within ``paymentWindowSeconds`` lock paying.
    public var paymentTries = 5
    /// Seconds of the rolling day.
    public var paymentWindowSeconds = 24 * 3600.0

    /// Seconds for which an activation link can be used.
    public var activationLinkSeconds = 24 * 3600.0

    /// The policy of the documents.
    public init() {}
}

extension PaymentSettings {
    /// The policy of signing in and paying.
    public var access: AccessSettings { AccessSettings() }
}
