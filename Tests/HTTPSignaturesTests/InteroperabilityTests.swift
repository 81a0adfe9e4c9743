import Cryptography
import Foundation
import HTTPSignatures
import Testing

/// Both ways against an implementation that others wrote: the PyPI package http-message-signatures. When python3 or
/// the package is missing these tests fail and say so.
@Suite("Against http-message-signatures of PyPI", .serialized)
struct InteroperabilityTests {
    static let examples = StandardExamples.all
    static let keyIDs = examples.keys.keys.sorted()

    static let request: SignableRequest = SignableRequest(
        method: "POST", scheme: "http", authority: "localhost:8090", path: "/billers/CSWATER/payments",
        query: "a=1&b=2",
        fields: [
            HTTPField("Content-Type", "application/json"), ContentDigest.field(for: Array("{}".utf8)),
            HTTPField("X-Dictionary", "one=1,  two=(a  b);c"),
        ])

    static let requestComponents: [ComponentIdentifier] = [
        .method, .authority, .path, .query, .targetURI, .queryParameter("b"), .field("content-type"),
        .field("content-digest"), ComponentIdentifier("x-dictionary", [("key", .string("two"))]),
    ]

    static let response: SignableResponse = {
        var request = Self.request
        request.fields.append(HTTPField("Signature", "sig1=:AAAA:"))
        return SignableResponse(
            status: 200,
            fields: [HTTPField("Content-Type", "application/json"), ContentDigest.field(for: [1, 2])],
            request: request)
    }()

    static let responseComponents: [ComponentIdentifier] = [
        .status, .field("content-type"), .field("content-digest"), .field("signature").ofRequest,
        .method.ofRequest,
    ]

    static let messages: [(SignableMessage, [ComponentIdentifier])] = [
        (.request(request), requestComponents), (.response(response), responseComponents),
    ]

    private func call(_ action: String, _ message: SignableMessage, _ keyID: String) throws -> PythonPeer.Call
    {
        let key = try #require(Self.examples.keys[keyID])
        return PythonPeer.Call(
            action: action, message: PythonPeer.Message(message), algorithm: key.algorithm, keyId: keyID,
            privateKey: key.privateKey, publicKey: key.publicKey,
            secret: key.secret.flatMap(Base64.decode).map { Hex.encode($0) }, tag: "peer")
    }

    private func adding(_ fields: [HTTPField], to message: SignableMessage) -> SignableMessage {
        switch message {
        case .request(var request):
            request.fields += fields
            return .request(request)
        case .response(var response):
            response.fields += fields
            return .response(response)
        }
    }

    @Test("Python verifies what we sign, and refuses it once changed", arguments: keyIDs)
    func pythonVerifies(keyID: String) throws {
        let key = try #require(try Self.examples.signingKey(keyID))
        for (message, components) in Self.messages {
            let parameters = SignatureParameters(
                components: components, created: Int64(Date().timeIntervalSince1970), keyID: keyID,
                algorithm: key.algorithm, nonce: "n\"\\1", tag: "peer")
            let fields = try MessageSignature.fields(
                for: message, label: "sig1", parameters: parameters, key: key)
            let signed = adding(fields, to: message)
            let answer = try PythonPeer.ask(call("verify", signed, keyID))
            #expect(answer.isValid == true, "\(answer.reason ?? "")")
            #expect(answer.covered?.count == components.count + 1)

            let broken = try call("verify", signed, keyID)
            broken.message.fields[0][1] = "text/plain"
            #expect(try PythonPeer.ask(broken).isValid == false)
        }
    }

    @Test("We verify what Python signs, and refuse it once changed", arguments: keyIDs)
    func weVerify(keyID: String) throws {
        for (message, components) in Self.messages {
            var call = try call("sign", message, keyID)
            call.created = Int64(Date().timeIntervalSince1970)
            call.nonce = "n\"\\2"
            call.label = "python"
            call.includesAlgorithm = true
            call.components = try components.map {
                try #require(FieldItem(.string($0.name), $0.parameters).serialized)
            }
            let fields = try #require(try PythonPeer.ask(call).fields).map { HTTPField($0[0], $0[1]) }
            let signed = adding(fields, to: message)
            let verified = try MessageSignature.verify(
                signed, label: "python", keys: Self.examples.verificationKey)
            #expect(verified.components == components)
            #expect(verified.nonce == "n\"\\2")

            var changed = fields
            changed[0].value = changed[0].value.replacingOccurrences(of: "peer", with: "reep")
            #expect(throws: HTTPSignatureError.invalidSignature) {
                try MessageSignature.verify(
                    adding(changed, to: message), label: "python", keys: Self.examples.verificationKey)
            }
        }
    }
}
