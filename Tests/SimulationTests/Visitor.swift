import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore

@testable import Portal

/// A person with a browser: keeps cookies, reads the hidden fields of the page shown, sends what browsers send with a
/// form. Follows no redirect by itself.
actor Visitor {
    /// What came back.
    struct Answer: Sendable {
        let status: Int
        /// Where a redirect leads; empty without one.
        let location: String
        let page: Page
    }

    private let application: Application<RouterResponder<PortalContext>>
    private var cookies: [String: String] = [:]
    private var page = Page(bytes: Data())
    private var address = "/"

    init(_ application: Application<RouterResponder<PortalContext>>) { self.application = application }

    /// Opens a page.
    @discardableResult
    func get(_ path: String) async throws -> Answer {
        let answer = try await send(.get, path, [:], nil)
        page = answer.page
        address = path
        return answer
    }

    /// Posts the form of the page shown that goes to `path`, or the button of another form of it: with its hidden
    /// fields, over which `fields` win.
    @discardableResult
    func post(_ path: String, _ fields: [(String, String)] = []) async throws -> Answer {
        let names = Set(fields.map(\.0))
        let hidden = page.hiddenFields(ofFormTo: path).filter { !names.contains($0.0) }
        let answer = try await send(
            .post, path,
            [
                .origin: "https://portal.example", .secFetchSite: "same-origin",
                .contentType: "application/x-www-form-urlencoded",
                .referer: "https://portal.example\(address)",
            ], Self.encode(hidden + fields))
        if answer.status != 303 { page = answer.page }
        return answer
    }

    /// Delivers a notification of the bank's server; gives the status of the answer.
    func deliver(_ contentType: String, _ body: [UInt8]) async throws -> Int {
        try await application.test(.router) { client in
            try await client.executeRequest(
                uri: "/notifications/unionpay", method: .post, headers: [.contentType: contentType],
                body: ByteBuffer(bytes: body))
        }.status.code
    }

    /// The fields of a form or query as they are sent.
    static func encode(_ fields: [(String, String)]) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        return fields.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")"
        }.joined(separator: "&")
    }

    private func send(_ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields, _ body: String?)
        async throws -> Answer
    {
        var headers = headers
        if !cookies.isEmpty {
            headers[.cookie] = cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
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
        return Answer(
            status: answer.status.code, location: answer.headers[.location] ?? "",
            page: Page(bytes: Data(answer.body.readableBytesView)))
    }
}

/// The HTML of a page, as far as a robot reads it.
struct Page: Sendable {
    let bytes: Data

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Names and values of the hidden fields of the first form to `path`; of the whole page when no form goes there, as
    /// with a button that sends its form elsewhere.
    func hiddenFields(ofFormTo path: String) -> [(String, String)] {
        guard let start = find(" action=\"\(path)\"", from: 0) else {
            var names: Set<String> = []
            return hiddenFields(from: 0, to: bytes.count).filter { names.insert($0.0).inserted }
        }
        return hiddenFields(from: start, to: find("</form>", from: start) ?? bytes.count)
    }

    /// The first form that goes to another site: its address and hidden fields.
    var formElsewhere: (action: String, fields: [(String, String)])? {
        guard let start = find("action=\"http", from: 0), let end = find("</form>", from: start),
            let quote = find("\"", from: start + 8)
        else { return nil }
        return (Self.plain(bytes[(start + 8)..<quote]), hiddenFields(from: start, to: end))
    }

    /// The values of the fields with this name, whatever kind they are.
    func values(of name: String) -> [String] {
        var found: [String] = []
        var place = 0
        let mark = "name=\"\(name)\" value=\""
        while let start = find(mark, from: place) {
            let value = start + mark.utf8.count
            guard let end = find("\"", from: value) else { break }
            found.append(Self.plain(bytes[value..<end]))
            place = end
        }
        return found
    }

    func contains(_ text: String) -> Bool { find(text, from: 0) != nil }

    private func hiddenFields(from first: Int, to last: Int) -> [(String, String)] {
        var fields: [(String, String)] = []
        var place = first
        let mark = "type=\"hidden\" name=\""
        while let start = find(mark, from: place), start < last {
            let name = start + mark.utf8.count
            guard let nameEnd = find("\" value=\"", from: name), let end = find("\"", from: nameEnd + 9)
            else { break }
            fields.append((Self.plain(bytes[name..<nameEnd]), Self.plain(bytes[(nameEnd + 9)..<end])))
            place = end
        }
        return fields
    }

    /// The place of a text at or after `start`.
    private func find(_ text: String, from start: Int) -> Int? {
        bytes.range(of: Data(text.utf8), in: start..<bytes.count)?.lowerBound
    }

    private static func plain(_ bytes: Data) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("&") else { return text }
        return text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
            .replacing("&#39;", with: "'").replacing("&amp;", with: "&")
    }
}
