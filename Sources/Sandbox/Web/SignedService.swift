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
    private let keys: SandboxKeys
    private let clock: SandboxClock
    private let authorities: Set<String>

    /// - Parameters:
    ///   - tag: what the signatures are for.
    ///   - authorities: the hosts with port under which the sandbox is reached; another one is not ours to answer for.
    init(tag: String, keys: SandboxKeys, clock: SandboxClock, authorities: Set<String>) {
        requests = SignatureProfile(
            components: [.method, .authority, .path, .field("content-type"), .field("content-digest")],
            tag: tag)
        answers = SignatureProfile(
            components: [
                .status, .field("content-digest"), .field("content-type"),
                ComponentIdentifier.field("signature").ofRequest,
            ], tag: tag)
        nonces = NonceMemory(profile: requests)
        self.keys = keys
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
            let key = keys.platformVerification
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
        let content = Array(try encoder.encode(value))
        var fields = [
            HTTPField("Content-Type", "application/json"), ContentDigest.field(for: content),
        ]
        let unsigned = SignableResponse(status: status.code, fields: fields, request: request.signable)
        fields += try answers.sign(
            .response(unsigned), key: keys.billerSigning, nonce: SystemRandom.token(bytes: 16), at: clock.now)
        var headers = HTTPFields()
        for field in fields {
            guard let name = HeaderField.Name(field.name) else { continue }
            headers.append(HeaderField(name: name, value: field.value))
        }
        return Response(
            status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: content)))
    }
}
