import Cryptography
import Foundation
import HTTPTypes
import NIOCore
import Hummingbird

/// The files of `Public/`, read once at the start: a handful of small ones, each with a route of its own, so that no
/// address can ever reach another file.
struct PublicFiles: Sendable {
    /// One file as it is served.
    struct File: Sendable {
        let name: String
        let type: String
        let bytes: [UInt8]
        let tag: String
    }

    let files: [File]
    /// Changes when any file does. Links carry it as `?v=…`, so that browsers may keep what they have for a year.
    let version: String

    /// Reads the folder. Files of a kind we do not serve are left out.
    ///
    /// - Throws: when the folder cannot be read.
    init(folder: String) throws {
        let types = [
            "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
            "svg": "image/svg+xml; charset=utf-8", "png": "image/png", "ico": "image/x-icon",
            "txt": "text/plain; charset=utf-8",
        ]
        var files: [File] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
            guard let type = types[name.split(separator: ".").last.map(String.init) ?? ""] else { continue }
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder).appendingPathComponent(name)))
            files.append(
                File(name: name, type: type, bytes: bytes, tag: "\"\(SHA256.hex(bytes).prefix(16))\""))
        }
        self.files = files
        version = String(SHA256.hex(Array(files.map { $0.name + $0.tag }.joined().utf8)).prefix(12))
    }

    /// Registers a route for each file.
    func register(on routes: Routes) {
        let group = routes.plain(.file)
        for file in files {
            group.get(.file(file.name)) { request, _ in
                Self.response(for: file, to: request, version: version)
            }
        }
    }

    private static func response(for file: File, to request: Request, version: String) -> Response {
        let isVersioned = request.queryFields["v"] == version
        let headers: HTTPFields = [
            .contentType: file.type, .eTag: file.tag,
            .cacheControl: isVersioned ? "public, max-age=31536000, immutable" : "no-cache",
        ]
        if request.headers[.ifNoneMatch] == file.tag {
            return Response(status: .notModified, headers: headers)
        }
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }
}
