import Foundation
import HTTPTypes
import Hummingbird

extension Response {
    /// A page. `formAction` names one more origin its form may be sent to; only the hand-off to the bank has one.
    static func page(
        _ page: some TemplatePage, status: HTTPResponse.Status = .ok, formAction: String? = nil
    ) -> Response {
        var response = Response(
            status: status,
            headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: page.rendered())))
        if let formAction {
            response.headers[.contentSecurityPolicy] = SecurityHeaders.contentPolicy(
                formAction: "'self' \(formAction)")
        }
        return response
    }

    /// 303: after a POST the browser asks for the result by GET, so that reloading repeats nothing. Takes an address
    /// of ours only.
    static func seeOther(_ path: Path) -> Response {
        Response(status: .seeOther, headers: [.location: path.text])
    }

    /// A short answer for a machine.
    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// A CSV file to keep. The name may be Chinese: it is sent encoded (RFC 6266, RFC 8187), with a plain one beside it.
    static func csv(_ file: CSVFile, name: String, plainName: String) -> Response {
        let disposition =
            "attachment; filename=\"\(plainName)\"; filename*=UTF-8''\(PercentEncoding.encode(name))"
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8", .contentDisposition: disposition,
                .cacheControl: "no-store",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }
}

extension Request {
    /// The query of the address, decoded like a form: filters and cursors of lists. A broken one counts as none,
    /// because a bookmark should lead somewhere.
    var queryFields: FormFields {
        guard let query = uri.query else { return .empty }
        return FormFields(urlencoded: Array(query.utf8)) ?? .empty
    }
}
