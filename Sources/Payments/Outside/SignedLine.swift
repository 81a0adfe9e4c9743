import Cryptography
import Foundation
import HTTPSignatures

/// The line on which we speak JSON with billers and the message centre: signed both ways by HTTP Message Signatures
/// (RFC 9421) over a Content-Digest (RFC 9530).
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

    /// Sends a signed body and gives the answer, once its signature is found to be right.
    ///
    /// - Parameter tag: what the signatures are for; the answer bears the same.
    /// - Throws: whatever kept a believable answer from us; the caller takes it as *unknown*.
    func exchange(
        url: String, body: [UInt8], tag: String, timeoutSeconds: Double
    ) async throws -> (status: Int, body: [UInt8]) {
        var fields = [HTTPField("Content-Type", "application/json"), ContentDigest.field(for: body)]
        let unsigned = try SignableRequest(method: "POST", url: url, fields: fields)
        let profile = SignatureProfile(components: Self.requestComponents, tag: tag)
        fields += try profile.sign(
            .request(unsigned),
            key: MessageSigningKey(id: Self.platformKeyID, ed25519: platform.keys.platformHTTP),
            nonce: Base64URL.encode(platform.effects.randomBytes(16)), at: platform.effects.now())
        let request = try SignableRequest(method: "POST", url: url, fields: fields)
        let answer = try await platform.effects.send(
            OutsideCall(
                url: url, headers: fields.map { ($0.name, $0.value) }, body: body,
                timeoutSeconds: timeoutSeconds))
        let response = SignableResponse(
            status: answer.status, fields: answer.headers.map { HTTPField($0.name, $0.value) },
            request: request)
        let key = MessageVerificationKey(ed25519: platform.keys.billerHTTP)
        _ = try SignatureProfile(components: Self.answerComponents, tag: tag, requiresNonce: false).verify(
            .response(response), content: answer.body, at: platform.effects.now(), keys: { _ in key })
        return (answer.status, answer.body)
    }
}

extension Platform {
    /// The signed line to billers and the message centre.
    var signedLine: SignedLine { SignedLine(platform: self) }
}
