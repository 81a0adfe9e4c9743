import Cryptography
import Foundation
import Hummingbird
import Payments

/// Proof that a posted form is one of ours, in two independent ways: what the browser says about where the request
/// comes from, and a token that only a page of ours, made for this session or visit, can hold.
struct RequestForgery: Sendable {
    /// The field that carries the token.
    static let field = "csrf"

    let settings: PortalSettings
    let keys: Keys

    /// The token of the forms of a signed-out browser. It follows from the browser's cookie under a key of ours, so it
    /// needs no storage and cannot be made by whoever manages to plant a cookie.
    func token(forVisit token: String) -> String {
        Base64URL.encode(keys.lookupDigest(token, purpose: "form of a visit"))
    }

    /// Whether the form holds the token of this visit. Compared in constant time.
    func isTrusted(_ form: FormFields, visit token: String) -> Bool {
        constantTimeEquals(Array(form[Self.field].utf8), Array(self.token(forVisit: token).utf8))
    }

    /// Whether the browser says that the request comes from a page of this site. A request that says nothing is not
    /// believed: every browser of the last years sends at least one of the two headers with a POST.
    func isFromThisSite(_ request: Request) -> Bool {
        if let site = request.headers[.secFetchSite] { return site == "same-origin" }
        guard let origin = request.headers[.origin] else { return false }
        if origin == settings.publicAddress { return true }
        guard let authority = request.head.authority else { return false }
        // The same server under a second name, such as localhost beside 127.0.0.1: an attacker's page cannot choose
        // the Host header together with the cookie of that host.
        return origin == "http://\(authority)" || origin == "https://\(authority)"
    }
}

/// The cookie of a browser that nobody has signed in with yet, so that the forms of signed-out pages can carry a
/// token too. Holds no authority.
enum Visit {
    static let cookieName = "__Host-visit"
}
