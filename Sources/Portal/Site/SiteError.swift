import Payments

/// Why a request gets another page than it asked for. Thrown by handlers, guards and middleware; what the user then
/// sees is decided in one place, ``ErrorPages``.
public enum SiteError: Error, Sendable {
    /// 404. Missing, or of another enterprise: nobody can tell which.
    case notFound
    /// 400. No honest browser sends this: a broken encoding, a field that came twice.
    case badRequest(String)
    /// 403. A form that was not made by this site for this session, or has grown too old.
    case formNotTrusted
    /// 403. A form of a signed-out browser that did not bring our cookie back.
    case cookieMissing
    /// 403. The work belongs to others; names the roles that may do it.
    case roleNeeded([StaffRole])
    /// 409. A form's command id came with other input than before; nothing was done.
    case commandReused
    /// 413. More than any form of ours holds.
    case tooLarge
    /// 415. Not the encoding of a form.
    case unsupportedMediaType
    /// 429. Too many tries; again after so many seconds.
    case tooManyRequests(retryAfterSeconds: Int)
    /// 503. Nothing was done; again after so many seconds.
    case busy(retryAfterSeconds: Int)
    /// 303 to the sign-in page, which says so when a session has ended and leads back to where the user was.
    case notSignedIn(Side, hasEnded: Bool, back: Path?)
}

/// The two halves of the site, wholly apart: a session of one is worth nothing in the other.
public enum Side: String, Sendable, CaseIterable {
    /// Operators of enterprises.
    case clerk
    /// Staff.
    case staff

    /// The cookie of this side's session. The prefix makes browsers refuse it without Secure, with a domain, or for
    /// less than the whole host.
    var cookieName: String { "__Host-" + rawValue }

    /// Where this side signs in.
    var signIn: Path {
        switch self {
        case .clerk: .login
        case .staff: .adminLogin
        }
    }

    /// Where this side starts.
    var home: Path {
        switch self {
        case .clerk: .account
        case .staff: .admin
        }
    }

    /// Whether a route is one of this side's.
    func owns(_ audience: Audience) -> Bool {
        switch (self, audience) {
        case (.clerk, .clerk), (.staff, .staff): true
        default: false
        }
    }
}
