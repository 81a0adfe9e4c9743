import Cryptography
import Foundation
import HTTPSignatures

/// Runs Fixtures/peer.py, which signs and verifies with the PyPI package http-message-signatures.
struct PythonPeer {
    /// Something went wrong outside of the protocol; the text says what to do.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Call: Encodable {
        var action: String
        var message: Message
        var algorithm: String
        var keyId: String
        var privateKey: String?
        var publicKey: String?
        var secret: String?
        var tag: String
        var created: Int64?
        var nonce: String?
        var label: String?
        var includesAlgorithm: Bool?
        var components: [String]?
    }

    final class Message: Encodable {
        var fields: [[String]]
        var method: String?
        var url: String?
        var status: Int?
        var request: Message?

        init(_ message: SignableMessage) {
            fields = message.fields.map { [$0.name, $0.value] }
            switch message {
            case .request(let request):
                method = request.method
                url =
                    "\(request.scheme)://\(request.authority)\(request.path)"
                    + (request.query.map { "?" + $0 } ?? "")
            case .response(let response):
                status = response.status
                self.request = response.request.map { Message(.request($0)) }
            }
        }
    }

    struct Answer: Decodable {
        var fields: [[String]]?
        var isValid: Bool?
        var reason: String?
        var covered: [String]?
    }

    /// The peer's answer, by the interpreter that the environment's `PYTHON` names, or else `python3`. Throws a ``Failure`` when python3 or the package is missing: a test that needs them fails.
    static func ask(_ call: Call) throws -> Answer {
        guard
            let script = Bundle.module.url(forResource: "peer", withExtension: "py", subdirectory: "Fixtures")
        else {
            throw Failure(description: "Fixtures/peer.py is missing")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [ProcessInfo.processInfo.environment["PYTHON"] ?? "python3", script.path]
        let input = Pipe()
        let output = Pipe()
        let errors = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(call))
        try input.fileHandleForWriting.close()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "python3 \(script.lastPathComponent): \(complaint)")
        }
        return try JSONDecoder().decode(Answer.self, from: text)
    }
}
