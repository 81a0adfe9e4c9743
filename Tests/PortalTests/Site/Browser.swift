import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore

@testable import Portal

/// A browser as far as these tests need one: keeps cookies, reads hidden fields of the page it shows, sends the headers
/// that browsers send with a form. Follows no redirect by itself.
actor Browser {
    /// What came back.
    struct Answer: Sendable {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        let body: String

        var location: String { headers[.location] ?? "" }
        var cookies: [String] { headers[values: .setCookie] }
        var title: String {
            guard let start = body.firstRange(of: "<title>"), let end = body.firstRange(of: "</title>")
            else { return "" }
            return String(body[start.upperBound..<end.lowerBound])
        }
    }

    private let application: Application<RouterResponder<PortalContext>>
    private(set) var cookies: [String: String] = [:]
    private(set) var page = ""
    private var address = "/"

    init(application: Application<RouterResponder<PortalContext>>) {
        self.application = application
    }

    /// Opens a page; its hidden fields are filled into the next post.
    @discardableResult
    func get(_ path: String, headers: HTTPFields = [:]) async throws -> Answer {
        let answer = try await send(.get, path, headers: headers, body: nil)
        page = answer.body
        address = path
        return answer
    }

    /// Posts a form of the page shown: its hidden fields (those of the form with this address first), over which
    /// `fields` win.
    @discardableResult
    func post(_ path: String, _ fields: [String: String] = [:]) async throws -> Answer {
        try await postRaw(
            path, Self.encode(hiddenFields(of: path).merging(fields) { $1 }.map { ($0.key, $0.value) }))
    }

    /// Posts exactly these pairs.
    @discardableResult
    func postRaw(_ path: String, _ body: String, headers: HTTPFields = Browser.ownForm) async throws -> Answer
    {
        var headers = headers
        headers[.contentType] = headers[.contentType] ?? "application/x-www-form-urlencoded"
        headers[.referer] = "https://portal.example\(address)"
        let answer = try await send(.post, path, headers: headers, body: body)
        if !answer.body.isEmpty { page = answer.body }
        return answer
    }

    /// The headers a browser sends with a form of this site.
    static let ownForm: HTTPFields = [.origin: "https://portal.example", .secFetchSite: "same-origin"]

    func setCookie(_ name: String, _ value: String?) { cookies[name] = value }

    /// The value of a hidden field of the page shown.
    func hidden(_ name: String) -> String? { hiddenFields(of: "")[name] }

    static func encode(_ pairs: [(String, String)]) -> String {
        pairs.map { PercentEncoding.encode($0.0) + "=" + PercentEncoding.encode($0.1) }.joined(separator: "&")
    }

    private func hiddenFields(of path: String) -> [String: String] {
        // The form with this address, or, when none has it, the whole page.
        var scope = page[...]
        if let start = page.firstRange(of: "action=\"\(path)\"") {
            let rest = page[start.upperBound...]
            scope = rest[..<(rest.firstRange(of: "</form>")?.lowerBound ?? rest.endIndex)]
        }
        var fields: [String: String] = [:]
        for match in scope.matches(of: #/type="hidden" name="([^"]*)" value="([^"]*)"/#) {
            fields[String(match.1)] = String(match.2).replacing("&amp;", with: "&")
        }
        return fields
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields, body: String?
    ) async throws -> Answer {
        var headers = headers
        if !cookies.isEmpty {
            headers[.cookie] = cookies.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "; ")
        }
        let fields = headers
        let answer = try await application.test(.router) { client in
            try await client.executeRequest(
                uri: path, method: method, headers: fields, body: body.map { ByteBuffer(string: $0) })
        }
        for text in answer.headers[values: .setCookie] {
            let pair = text.prefix { $0 != ";" }
            let name = String(pair.prefix { $0 != "=" })
            cookies[name] = text.contains("Max-Age=0") ? nil : String(pair.dropFirst(name.count + 1))
        }
        return Answer(status: answer.status, headers: answer.headers, body: String(buffer: answer.body))
    }
}
