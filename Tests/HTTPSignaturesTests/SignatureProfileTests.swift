import Cryptography
import Foundation
import HTTPSignatures
import Testing

@Suite("Profiles of signatures between two services")
struct SignatureProfileTests {
    let profile = SignatureProfile(
        components: [.method, .authority, .path, .field("content-type"), .field("content-digest")],
        tag: "test")
    let answers = SignatureProfile(
        components: [
            .status, .field("content-type"), .field("content-digest"), .field("signature").ofRequest,
        ],
        tag: "test")
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    let content = Array(#"{"amount":100}"#.utf8)
    let key: PrivateKey
    let signer: MessageSigningKey

    init() throws {
        key = try PrivateKey.generate(.ed25519)
        signer = MessageSigningKey(id: "k1", ed25519: key)
    }

    func keys(_ id: String) -> MessageVerificationKey? {
        id == "k1" ? MessageVerificationKey(ed25519: key.publicKey) : nil
    }

    func signed(
        profile: SignatureProfile? = nil, nonce: String? = "n1", at time: Date? = nil,
        key: MessageSigningKey? = nil
    ) throws -> SignableRequest {
        var request = try SignableRequest(
            method: "POST", url: "http://localhost:8090/billers/CSWATER/payments",
            fields: [HTTPField("Content-Type", "application/json"), ContentDigest.field(for: content)])
        request.fields += try (profile ?? self.profile).sign(
            .request(request), key: key ?? signer, nonce: nonce, at: time ?? now)
        return request
    }

    func verify(_ request: SignableRequest, content: [UInt8]? = nil) throws -> VerifiedSignature {
        try profile.verify(.request(request), content: content ?? self.content, at: now, keys: keys)
    }

    @Test("A signed request is accepted, with nonce and coverage to be seen")
    func accepts() throws {
        let verified = try verify(signed())
        #expect(verified.nonce == "n1")
        #expect(verified.keyID == "k1")
        #expect(verified.components == profile.components)
        #expect(verified.parameters.created == 1_800_000_000)
    }

    @Test("A change of any covered part is refused")
    func refusesChanges() throws {
        let request = try signed()
        var changed = request
        changed.method = "PUT"
        #expect(throws: HTTPSignatureError.invalidSignature) { try verify(changed) }
        changed = request
        changed.authority = "localhost:8091"
        #expect(throws: HTTPSignatureError.invalidSignature) { try verify(changed) }
        changed = request
        changed.path += "/query"
        #expect(throws: HTTPSignatureError.invalidSignature) { try verify(changed) }
        changed = request
        changed.fields[0].value = "text/plain"
        #expect(throws: HTTPSignatureError.invalidSignature) { try verify(changed) }
        changed = request
        changed.fields[2].value = changed.fields[2].value.replacingOccurrences(of: "n1", with: "n2")
        #expect(throws: HTTPSignatureError.invalidSignature) { try verify(changed) }
        #expect(throws: HTTPSignatureError.digestMismatch) { try verify(request, content: Array("{}".utf8)) }
    }

    @Test("A signature that covers less than the profile is refused, whatever it says")
    func refusesLessCoverage() throws {
        let weaker = SignatureProfile(components: [.method, .authority], tag: "test")
        #expect(throws: HTTPSignatureError.uncovered("\"@path\"")) { try verify(signed(profile: weaker)) }
    }

    @Test("A signature for another purpose, and no signature, are none")
    func refusesOtherTag() throws {
        let other = SignatureProfile(components: profile.components, tag: "other")
        #expect(throws: HTTPSignatureError.noSignature) { try verify(signed(profile: other)) }
        var bare = try signed()
        bare.fields.removeLast(2)
        #expect(throws: HTTPSignatureError.noSignature) { try verify(bare) }
    }

    @Test("Two signatures with the profile's tag are ambiguous")
    func refusesTwo() throws {
        var request = try signed()
        request.fields += try profile.sign(
            .request(request), key: signer, nonce: "n2", at: now, label: "sig2")
        #expect(throws: HTTPSignatureError.ambiguousSignature) { try verify(request) }
    }

    @Test("Signatures are taken for their life and the tolerance of clocks, not longer and not earlier")
    func times() throws {
        for age in [-60.0, 0, 300, 360] { _ = try verify(signed(at: now - age)) }
        #expect(throws: HTTPSignatureError.expired) { try verify(signed(at: now - 361)) }
        #expect(throws: HTTPSignatureError.createdInFuture) { try verify(signed(at: now + 61)) }
        let parameters = SignatureParameters(
            components: profile.components, created: 1_799_999_900, expires: 1_799_999_939, keyID: "k1",
            nonce: "n",
            tag: "test")
        var request = try signed()
        request.fields.removeLast(2)
        request.fields += try MessageSignature.fields(
            for: .request(request), label: "a", parameters: parameters, key: signer)
        #expect(throws: HTTPSignatureError.expired) { try verify(request) }
    }

    @Test("Nonce, creation time and key id must be there")
    func parameters() throws {
        #expect(throws: HTTPSignatureError.parameter("nonce")) {
            try profile.sign(.request(signed()), key: signer, nonce: nil, at: now)
        }
        let lacking: [(String, SignatureParameters)] = [
            ("created", .init(components: profile.components, keyID: "k1", nonce: "n", tag: "test")),
            ("keyid", .init(components: profile.components, created: 1_800_000_000, nonce: "n", tag: "test")),
            (
                "nonce",
                .init(components: profile.components, created: 1_800_000_000, keyID: "k1", tag: "test")
            ),
        ]
        for (name, parameters) in lacking {
            var request = try signed()
            request.fields.removeLast(2)
            request.fields += try MessageSignature.fields(
                for: .request(request), label: "a", parameters: parameters, key: signer)
            #expect(throws: HTTPSignatureError.parameter(name)) { try verify(request) }
        }
    }

    @Test("An unknown key, another key and another algorithm are refused")
    func wrongKeys() throws {
        let stranger = try PrivateKey.generate(.ed25519)
        #expect(throws: HTTPSignatureError.unknownKey("k2")) {
            try verify(signed(key: MessageSigningKey(id: "k2", ed25519: stranger)))
        }
        #expect(throws: HTTPSignatureError.invalidSignature) {
            try verify(signed(key: MessageSigningKey(id: "k1", ed25519: stranger)))
        }
        let shared = MessageSigningKey(id: "k1", shared: Secret(Array(key.publicKey.pem.utf8)))
        #expect(throws: HTTPSignatureError.invalidSignature) { try verify(signed(key: shared)) }
        let parameters = SignatureParameters(
            components: profile.components, created: 1_800_000_000, keyID: "k1", algorithm: .hmacSHA256,
            nonce: "n",
            tag: "test")
        var request = try signed()
        request.fields.removeLast(2)
        request.fields += try MessageSignature.fields(
            for: .request(request), label: "a", parameters: parameters, key: shared)
        #expect(throws: HTTPSignatureError.algorithmMismatch) { try verify(request) }
    }

    @Test("An answer is bound to its own request and to no other")
    func answersAreBound() throws {
        let request = try signed()
        var response = SignableResponse(
            status: 200,
            fields: [HTTPField("Content-Type", "application/json"), ContentDigest.field(for: content)],
            request: request)
        response.fields += try answers.sign(.response(response), key: signer, nonce: "r1", at: now)
        _ = try answers.verify(.response(response), content: content, at: now, keys: keys)
        response.request = try signed(nonce: "another")
        #expect(throws: HTTPSignatureError.invalidSignature) {
            try answers.verify(.response(response), content: content, at: now, keys: keys)
        }
        response.request = nil
        #expect(throws: HTTPSignatureError.self) {
            try answers.verify(.response(response), content: content, at: now, keys: keys)
        }
        response.request = request
        response.status = 503
        #expect(throws: HTTPSignatureError.invalidSignature) {
            try answers.verify(.response(response), content: content, at: now, keys: keys)
        }
    }

    @Test("A nonce is taken once as long as its signature would be taken")
    func replay() throws {
        let memory = NonceMemory(profile: profile)
        let verified = try verify(signed())
        try memory.accept(verified, at: now)
        #expect(throws: HTTPSignatureError.replayed) { try memory.accept(verified, at: now + 360) }
        for number in 0..<5000 {
            try memory.accept(verify(signed(nonce: "x\(number)")), at: now + Double(number))
        }
        // Long after, the first nonce is forgotten; by then its signature has expired.
        try memory.accept(verified, at: now + 5000)
    }

    @Test("Digests: unknown algorithms alone are not enough, and each known one must agree")
    func digests() throws {
        #expect(throws: HTTPSignatureError.noDigest) {
            try ContentDigest.verify("md5=:AAAA:", content: content)
        }
        let both =
            ContentDigest.field(for: content, .sha256).value + ", "
            + ContentDigest.field(for: content, .sha512).value + ", md5=:AAAA:"
        try ContentDigest.verify(both, content: content)
        let half =
            ContentDigest.field(for: content, .sha256).value + ", "
            + ContentDigest.field(for: [], .sha512).value
        #expect(throws: HTTPSignatureError.digestMismatch) {
            try ContentDigest.verify(half, content: content)
        }
        #expect(throws: HTTPSignatureError.self) { try ContentDigest.verify("sha-256=1", content: content) }
        #expect(throws: HTTPSignatureError.self) { try ContentDigest.verify("?", content: content) }
        // RFC 9530, appendix B.1 and B.3: the digests of {"hello": "world"} and a line end.
        let example = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
        try ContentDigest.verify(example, content: Array("{\"hello\": \"world\"}\n".utf8))
    }
}
