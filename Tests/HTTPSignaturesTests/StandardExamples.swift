import Cryptography
import Foundation
import HTTPSignatures
import Testing

/// The examples of RFC 9421 in Fixtures/rfc9421.json.
struct StandardExamples: Decodable {
    struct Key: Decodable {
        let algorithm: String
        let publicKey: String?
        let privateKey: String?
        let secret: String?
    }

    struct Message: Decodable {
        let method: String?
        let scheme: String?
        let authority: String?
        let path: String?
        let query: String?
        let status: Int?
        let fields: [[String]]
        let content: String

        var lines: [HTTPField] {
            fields.map { HTTPField($0[0], $0[1]) }
        }

        var asRequest: SignableRequest {
            SignableRequest(
                method: method ?? "", scheme: scheme ?? "", authority: authority ?? "", path: path ?? "",
                query: query, fields: lines)
        }
    }

    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let section: String
        let label: String
        let keyId: String
        let valid: Bool
        let base: String?
        let request: Message?
        let response: Message?

        var testDescription: String { "\(section) \(name)" }

        var message: SignableMessage {
            if let response {
                .response(
                    SignableResponse(
                        status: response.status ?? 0, fields: response.lines, request: request?.asRequest))
            } else {
                .request(request?.asRequest ?? SignableRequest(method: "", authority: "", path: ""))
            }
        }

        var content: [UInt8] {
            Array((response ?? request)?.content.utf8 ?? "".utf8)
        }
    }

    let origin: String
    let keys: [String: Key]
    let cases: [Case]

    /// The fixture; an unreadable one stops the test run, which is what it should do.
    static let all: StandardExamples = {
        do {
            guard
                let url = Bundle.module.url(
                    forResource: "rfc9421", withExtension: "json", subdirectory: "Fixtures")
            else { fatalError("Fixtures/rfc9421.json is missing") }
            return try JSONDecoder().decode(StandardExamples.self, from: Data(contentsOf: url))
        } catch {
            fatalError("Fixtures/rfc9421.json: \(error)")
        }
    }()

    /// The verification key of an id.
    func verificationKey(_ id: String) -> MessageVerificationKey? {
        guard let key = keys[id], let algorithm = MessageSignatureAlgorithm(rawValue: key.algorithm) else {
            return nil
        }
        if let secret = key.secret.flatMap(Base64.decode) {
            return MessageVerificationKey(shared: Secret(secret))
        }
        guard let pem = key.publicKey, let publicKey = try? PublicKey(pem: pem) else { return nil }
        return MessageVerificationKey(algorithm: algorithm, key: publicKey)
    }

    /// The signing key of an id.
    func signingKey(_ id: String) throws -> MessageSigningKey? {
        guard let key = keys[id], let algorithm = MessageSignatureAlgorithm(rawValue: key.algorithm) else {
            return nil
        }
        if let secret = key.secret.flatMap(Base64.decode) {
            return MessageSigningKey(id: id, shared: Secret(secret))
        }
        return MessageSigningKey(
            id: id, algorithm: algorithm, key: try PrivateKey(pem: key.privateKey ?? ""))
    }
}
