import HTTPTypes

extension HTTPField.Name {
    static let crossOriginOpenerPolicy = known("cross-origin-opener-policy")
    static let forwardedFor = known("x-forwarded-for")
    static let permissionsPolicy = known("permissions-policy")
    /// Sent by `site.js` when it looks for a result by itself.
    static let poll = known("x-poll")
    static let referrerPolicy = known("referrer-policy")
    static let secFetchSite = known("sec-fetch-site")

    /// A name written in this file; a typing error in it shows at the first start.
    private static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no header name") }
        return name
    }
}
