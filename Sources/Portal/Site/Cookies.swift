import HTTPTypes
import Hummingbird

/// The cookies of this site. All are `__Host-`, Secure, HttpOnly and SameSite=Strict, and live as long as the
/// browser runs: how long a session lives is decided by the database, not by a cookie.
enum SiteCookie {
    /// Sets a cookie on a response.
    static func set(_ name: String, to value: String, on response: inout Response) {
        write("\(name)=\(value); Path=/; Secure; HttpOnly; SameSite=Strict", on: &response)
    }

    /// Takes a cookie back.
    static func clear(_ name: String, on response: inout Response) {
        write("\(name)=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0", on: &response)
    }

    /// The value of a cookie, if the browser sent one that could be a token of ours.
    static func value(_ name: String, of request: Request) -> String? {
        guard let value = request.cookies[name]?.value, (16...128).contains(value.utf8.count),
            value.utf8.allSatisfy({ PercentEncoding.isUnreserved($0) })
        else { return nil }
        return value
    }

    private static func write(_ text: String, on response: inout Response) {
        response.headers.append(HTTPField(name: .setCookie, value: text))
    }
}
