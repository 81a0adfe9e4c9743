import Cryptography
import Foundation
import HTTPSignatures

/// The line on which we speak JSON with billers and the message centre, and ask the reserve bank for its statements: signed
/// both ways by HTTP Message Signatures (RFC 9421) over a Content-Digest (RFC 9530).
struct SignedLine: Sendable {
    let platform: Platform

    /// The name of our key in signatures.
    static let platformKeyID = "platform"

    private static let requestComponents: [ComponentIdentifier] = [
        .method, .authority, .path, .field("content-type"), .field("content-digest"),
    ]

    /// What an answer must cover: itself, and the request it answers.
    private static let answerComponents: [ComponentIdentifier] = [
        .status, .field("content-digest"), .field("content-type"),
        ComponentIdentifier.field("signature").ofRequest,
    ]

    /// An answer, with the reason not to believe it if there is one.
    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
        let problem: HTTPSignatureError?
    }

    /// Sends a signed body and gives the answer, once its signature is found to be right.
    ///
    /// - Parameters:
    ///   - tag: what the signatures are for; the answer bears the same.
    ///   - answerLimit: how many bytes of an answer are taken.
    /// - Throws: whatever kept a believable answer from us; the caller takes it as *unknown*.
    func exchange(
        url: String, body: [UInt8], tag: String, timeoutSeconds: Double, answerLimit: Int = 4 << 20
    ) async throws -> (status: Int, body: [UInt8]) {
        let answer = try await send(
            "POST", url: url,
            header: [HTTPField("Content-Type", "application/json"), ContentDigest.field(for: body)],
            body: body, covering: Self.requestComponents, tag: tag, answerKey: platform.keys.billerHTTP,
            timeoutSeconds: timeoutSeconds, answerLimit: answerLimit)
        if let problem = answer.problem { throw problem }
        return (answer.status, answer.body)
    }

    /// Asks the reserve bank for something, by a signed request without content.
    ///
    /// - Throws: when no answer came; whether one that came is to be believed is the caller's to look at.
    func ask(url: String, tag: String, timeoutSeconds: Double) async throws -> Answer {
        try await send(
            "GET", url: url, covering: [.method, .authority, .path], tag: tag,
            answerKey: platform.keys.bankHTTP, timeoutSeconds: timeoutSeconds)
    }

    private func send(
        _ method: String, url: String, header: [HTTPField] = [], body: [UInt8] = [],
        covering components: [ComponentIdentifier], tag: String, answerKey: PublicKey, timeoutSeconds: Double,
        answerLimit: Int = 4 << 20
    ) async throws -> Answer {
        let unsigned = try SignableRequest(method: method, url: url, fields: header)
        let fields =
            try header
            + SignatureProfile(components: components, tag: tag).sign(
                .request(unsigned),
                key: MessageSigningKey(id: Self.platformKeyID, ed25519: platform.keys.platformHTTP),
                nonce: Base64URL.encode(platform.effects.randomBytes(16)), at: platform.effects.now())
        let answer = try await platform.effects.send(
            OutsideCall(
                method: method, url: url, headers: fields.map { ($0.name, $0.value) }, body: body,
                timeoutSeconds: timeoutSeconds, answerLimit: answerLimit))
        let response = SignableResponse(
            status: answer.status, fields: answer.headers.map { HTTPField($0.name, $0.value) },
            request: try SignableRequest(method: method, url: url, fields: fields))
        let key = MessageVerificationKey(ed25519: answerKey)
        do throws(HTTPSignatureError) {
            _ = try SignatureProfile(components: Self.answerComponents, tag: tag, requiresNonce: false)
                .verify(
                    .response(response), content: answer.body, at: platform.effects.now(), keys: { _ in key })
            return Answer(status: answer.status, body: answer.body, problem: nil)
        } catch {
            return Answer(status: answer.status, body: answer.body, problem: error)
        }
    }
}

extension Platform {
    /// The signed line to billers and the message centre.
    var signedLine: SignedLine { SignedLine(platform: self) }
}
