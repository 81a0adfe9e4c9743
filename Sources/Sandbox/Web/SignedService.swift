import Cryptography
import Foundation
import HTTPSignatures
import Hummingbird

/// The server side of a JSON service with HTTP Message Signatures both ways (RFC 9421): takes only signed requests, each
/// of them once, and signs its answers so that each belongs to its own request.
struct SignedService: Sendable {
    private let requests: SignatureProfile
    private let answers: SignatureProfile
    private let nonces: NonceMemory
    private let platform: MessageVerificationKey
    private let signing: MessageSigningKey
    private let clock: SandboxClock
    private let authorities: Set<String>

    /// - Parameters:
    ///   - tag: what the signatures are for.
    ///   - signing: the key that signs answers.
    ///   - hasContent: whether requests bring JSON; without, their signatures cover method and address.
    ///   - authorities: the hosts with port under which the sandbox is reached; another one is not ours to answer for.
    init(
        tag: String, platform: MessageVerificationKey, signing: MessageSigningKey, hasContent: Bool = true,
        clock: SandboxClock, authorities: Set<String>
    ) {
        let content = hasContent ? [ComponentIdentifier.field("content-type"), .field("content-digest")] : []
        requests = SignatureProfile(components: [.method, .authority, .path] + content, tag: tag)
        answers = SignatureProfile(
            components: [
                .status, .field("content-digest"), .field("content-type"),
                ComponentIdentifier.field("signature").ofRequest,
            ], tag: tag)
        nonces = NonceMemory(profile: requests)
        self.platform = platform
        self.signing = signing
        self.clock = clock
        self.authorities = authorities
    }

    /// A request whose signature was found right.
    struct Accepted: Sendable {
        fileprivate let signable: SignableRequest
        /// The content.
        let content: [UInt8]

        /// The content read as JSON; throws 400 when it is not.
        func decode<T: Decodable>(_ type: T.Type) throws -> T {
            do {
                return try JSONDecoder().decode(type, from: Data(content))
            } catch {
                throw HTTPError(.badRequest, message: "\(error)")
            }
        }
    }

    /// Checks a request. Gives the answer to send when it is refused: 401, unsigned, with the reason, which a real
    /// service would keep to itself.
    func accept(_ request: Request) async throws -> Result<Accepted, Refusal> {
        let content = Array(try await request.body.collect(upTo: 65_536).readableBytesView)
        let authority = request.head.authority ?? ""
        guard authorities.contains(authority.lowercased()) else {
            return .failure(Refusal(reason: "not an address of the sandbox: \(authority)"))
        }
        let signable = SignableRequest(
            method: request.method.rawValue, scheme: "http", authority: authority, path: request.uri.path,
            query: request.uri.query,
            fields: request.headers.map { HTTPField($0.name.rawName, $0.value) })
        do {
            let key = platform
            let now = clock.now
            let verified = try requests.verify(.request(signable), content: content, at: now) {
                $0 == SandboxKeys.platformKeyID ? key : nil
            }
            try nonces.accept(verified, at: now)
            return .success(Accepted(signable: signable, content: content))
        } catch {
            return .failure(Refusal(reason: "\(error)"))
        }
    }

    /// Why a request was not taken.
    struct Refusal: Error, Encodable {
        let error = "signatureRefused"
        let reason: String

        /// The answer to send.
        func response() throws -> Response {
            try WebAnswer.json(self, status: .unauthorized)
        }
    }

    /// The signed answer to an accepted request.
    func answer(_ value: some Encodable, status: HTTPResponse.Status = .ok, to request: Accepted) throws
        -> Response
    {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try answer(
            content: Array(try encoder.encode(value)), type: "application/json", status: status, to: request)
    }

    /// The signed answer with any content.
    func answer(
        content: [UInt8], type: String, status: HTTPResponse.Status = .ok, to request: Accepted
    ) throws -> Response {
        var fields = [
            HTTPField("Content-Type", type), ContentDigest.field(for: content),
        ]
        let unsigned = SignableResponse(status: status.code, fields: fields, request: request.signable)
        fields += try answers.sign(
            .response(unsigned), key: signing, nonce: SystemRandom.token(bytes: 16), at: clock.now)
        var headers = HTTPFields()
        for field in fields {
            guard let name = HeaderField.Name(field.name) else { continue }
            headers.append(HeaderField(name: name, value: field.value))
        }
        return Response(
            status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: content)))
    }
}
