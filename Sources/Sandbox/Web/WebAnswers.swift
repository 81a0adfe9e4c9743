import Foundation
import Hummingbird

/// A header field of the HTTP library, which has the same name as one of the signatures.
typealias HeaderField = HTTPFields.Element

/// What every answer of the sandbox is made of.
enum WebAnswer {
    /// A page. `formTarget` is the one other origin to which a form of the page may be sent.
    static func page(
        _ title: String, status: HTTPResponse.Status = .ok, formTarget: String? = nil, _ content: Markup
    ) -> Response {
        let targets = "'self'" + (formTarget.flatMap(origin).map { " " + $0 } ?? "")
        var headers = commonHeaders("text/html; charset=utf-8")
        headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            + "form-action \(targets)"
        return Response(
            status: status, headers: headers,
            body: body(SitePage.document(title: title, content: content).html))
    }

    /// JSON, keys sorted and times as ISO 8601.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        let data = try encoder.encode(value)
        return Response(
            status: status, headers: commonHeaders("application/json"),
            body: .init(byteBuffer: ByteBuffer(bytes: data)))
    }

    /// Plain text.
    static func text(
        _ text: String, status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(status: status, headers: commonHeaders(type), body: body(text))
    }

    /// Bytes of an answer of the gateway.
    static func bytes(_ bytes: [UInt8], type: String = "text/html; charset=utf-8") -> Response {
        Response(status: .ok, headers: commonHeaders(type), body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private static func body(_ text: String) -> ResponseBody {
        .init(byteBuffer: ByteBuffer(string: text))
    }

    private static func commonHeaders(_ type: String) -> HTTPFields {
        var headers = HTTPFields()
        headers[.contentType] = type
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        if let referrerPolicy = HeaderField.Name("Referrer-Policy") {
            headers[referrerPolicy] = "strict-origin-when-cross-origin"
        }
        return headers
    }

    private static func origin(of address: String) -> String? {
        guard
            let parts = URLComponents(string: address), let scheme = parts.scheme, let host = parts.host,
            ["http", "https"].contains(scheme)
        else { return nil }
        return "\(scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "")
    }
}

/// Names and values that came with a request, as a form or as a flat JSON object: the same addresses serve people with
/// a browser and tests with a script.
struct SentValues {
    private let values: [String: String]
    /// Whether the sender is a program and wants JSON back.
    let isJSON: Bool

    /// Reads a request's content of at most 64 KiB. Throws 400 when it is neither a form nor a flat JSON object.
    init(_ request: Request) async throws {
        let content = try await request.body.collect(upTo: 65_536)
        isJSON = request.headers[.contentType]?.hasPrefix("application/json") ?? false
        if isJSON {
            let object = try? JSONSerialization.jsonObject(with: Data(content.readableBytesView))
            guard let object = object as? [String: Any] else { throw HTTPError(.badRequest) }
            values = object.compactMapValues { ($0 as? String) ?? ($0 as? NSNumber)?.stringValue }
        } else {
            let form = try? URLEncodedFormDecoder().decode(
                [String: String].self, from: String(buffer: content))
            guard let form else { throw HTTPError(.badRequest) }
            values = form
        }
    }

    /// A value; nil when it is absent or blank.
    subscript(name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A number of seconds, not negative; nil when it is absent. Throws 400 for anything else.
    func seconds(_ name: String) throws -> Double? {
        guard let text = self[name] else { return nil }
        guard let value = Double(text), value >= 0, value <= 86_400 * 366 else {
            throw HTTPError(.badRequest, message: "\(name) is not a number of seconds")
        }
        return value
    }
}

/// Keeps pages of other sites from pressing the sandbox's buttons in somebody's browser.
struct SameSiteMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let site = HeaderField.Name("Sec-Fetch-Site").flatMap { request.headers[$0] }
        guard request.method != .post || site != "cross-site" else { throw HTTPError(.forbidden) }
        return try await next(request, context)
    }
}
