import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Writes one line per request. The path only, never the query, and of an address that holds a secret only its beginning.
struct RequestLog: RouterMiddleware {
    /// Passes the request on and writes its line.
    func handle(
        _ request: Request, context: PortalContext,
        next: (Request, PortalContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let duration = ContinuousClock.now - start
        context.logger.info(
            "request",
            metadata: [
                "method": "\(request.method)",
                "path": "\(Self.loggable(request.uri.path))",
                "status": "\(response.status.code)",
                "milliseconds": "\(duration / .milliseconds(1))",
                "reference": "\(context.referenceNumber)",
            ])
        return response
    }

    /// The path as it may be written. Judged by the path and not by the route, because a link with a secret is also asked for
    /// with methods and endings that no route has.
    static func loggable(_ path: String) -> String {
        let first = path.split(separator: "/", maxSplits: 1).first.map(String.init) ?? ""
        let word = first.removingPercentEncoding?.lowercased() ?? ""
        return word == Path.activationWord ? "/\(Path.activationWord)/…" : printable(path)
    }

    /// At most 200 characters, without control characters, so that a request cannot forge a line of the log.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(200).map { $0.value < 32 || $0.value == 127 ? "?" : $0 }))
    }
}

/// Puts the headers on every answer that tell browsers to be strict. A page that needs more than the usual content
/// policy (the hand-off to the bank) brings its own, and so does a file that may be cached.
struct SecurityHeaders: RouterMiddleware {
    let isSecure: Bool

    /// What a page may load and where its forms may go. Browsers apply `form-action` to the redirects after a post as
    /// well, so the hand-off to the bank has to name the bank's host here.
    static func contentPolicy(formAction: String = "'self'") -> String {
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            + "form-action \(formAction); frame-ancestors 'none'; base-uri 'none'"
    }

    /// Passes the request on and hardens its answer.
    func handle(
        _ request: Request, context: PortalContext,
        next: (Request, PortalContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        Self.harden(&response, isSecure: isSecure)
        return response
    }

    /// Adds what is missing; what a page has set itself stays.
    static func harden(_ response: inout Response, isSecure: Bool) {
        func add(_ name: HTTPField.Name, _ value: String) {
            if response.headers[name] == nil { response.headers[name] = value }
        }
        add(.contentSecurityPolicy, contentPolicy())
        add(.xContentTypeOptions, "nosniff")
        // Not no-referrer: it makes browsers send "Origin: null" with our own forms.
        add(.referrerPolicy, "same-origin")
        add(.crossOriginOpenerPolicy, "same-origin")
        add(.crossOriginResourcePolicy, "same-origin")
        add(
            .permissionsPolicy,
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
        add(.cacheControl, "no-store")
        if isSecure { add(.strictTransportSecurity, "max-age=31536000; includeSubDomains") }
    }
}

/// Notes what every page needs and finds out from where a request comes: the other end of the connection, or, when that is the configured proxy, the
/// address the proxy itself has added last. What stands before it was written by the client and may be a lie.
struct RequestPreparation: RouterMiddleware {
    let trustedProxy: String?
    let assetVersion: String

    /// Notes version and address and passes the request on.
    func handle(
        _ request: Request, context: PortalContext,
        next: (Request, PortalContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.clientAddress = Self.address(
            peer: context.peerAddress, forwardedFor: request.headers[values: .forwardedFor],
            trustedProxy: trustedProxy)
        context.layout.assetVersion = assetVersion
        return try await next(request, context)
    }

    /// The address to believe: of the peer, or the last one that the trusted proxy has added.
    static func address(peer: String?, forwardedFor: [String], trustedProxy: String?) -> String {
        guard let peer else { return "unknown" }
        guard let trustedProxy, peer == trustedProxy,
            let last = forwardedFor.last?.split(separator: ",").last
        else { return peer }
        let address = last.trimmingCharacters(in: .whitespaces)
        let isPlausible =
            (2...45).contains(address.utf8.count)
            && address.utf8.allSatisfy { byte in
                PercentEncoding.isUnreserved(byte) || byte == UInt8(ascii: ":")
            }
        return isPlausible ? address : peer
    }
}

/// Reads the form of a POST before anything else looks at it: one encoding, one limit, one decoding.
struct FormReader: RouterMiddleware {
    /// Far above the longest form of ours, far below what hurts.
    static let limitBytes = 64 * 1024

    /// Whether a body that is no form is passed on all the same: the business keeps every message of the bank, the
    /// broken ones too.
    var keepsAnything = false

    /// Reads the form of a POST and passes the request on.
    func handle(
        _ request: Request, context: PortalContext,
        next: (Request, PortalContext) async throws -> Response
    ) async throws -> Response {
        guard request.method == .post else { return try await next(request, context) }
        let type = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased()
        guard keepsAnything || type == "application/x-www-form-urlencoded" else {
            throw SiteError.unsupportedMediaType
        }
        var context = context
        do {
            let buffer = try await request.body.collect(upTo: Self.limitBytes)
            context.body = Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw SiteError.tooLarge
        }
        let form = FormFields(urlencoded: context.body) ?? (keepsAnything ? .empty : nil)
        guard let form else {
            throw SiteError.badRequest("the form is not encoded as browsers do it")
        }
        context.form = form
        return try await next(request, context)
    }
}
