import HTTPSignatures
import Testing

@Suite("The examples of RFC 9421")
struct StandardExampleTests {
    static let examples = StandardExamples.all

    @Test(
        "A signature printed in the standard is valid or broken as the standard says",
        arguments: examples.cases)
    func verifies(example: StandardExamples.Case) throws {
        let examples = Self.examples
        if example.valid {
            let verified = try MessageSignature.verify(
                example.message, label: example.label, keys: examples.verificationKey)
            #expect(verified.keyID == example.keyId)
        } else {
            #expect(throws: HTTPSignatureError.invalidSignature) {
                try MessageSignature.verify(
                    example.message, label: example.label, keys: examples.verificationKey)
            }
        }
    }

    @Test(
        "The signature base is the text printed in the standard",
        arguments: examples.cases.filter { $0.base != nil })
    func hasTheSameBase(example: StandardExamples.Case) throws {
        let verified = try MessageSignature.verify(
            example.message, label: example.label, keys: Self.examples.verificationKey)
        #expect(try SignatureBase.text(for: example.message, verified.parameters) == example.base)
    }

    @Test(
        "Algorithms without chance give the very bytes of the standard",
        arguments: examples.cases.filter { ["B.2.5", "B.2.6"].contains($0.section) })
    func signsTheSame(example: StandardExamples.Case) throws {
        let key = try #require(try Self.examples.signingKey(example.keyId))
        let parameters = try MessageSignature.verify(
            example.message, label: example.label, keys: Self.examples.verificationKey
        ).parameters
        let fields = try MessageSignature.fields(
            for: example.message, label: example.label, parameters: parameters, key: key)
        #expect(
            fields.map(\.value) == ["Signature-Input", "Signature"].map { example.message.combinedField($0) })
    }

    @Test(
        "What each of the standard's keys signs, its public half verifies",
        arguments: examples.keys.keys.sorted())
    func signsAndVerifies(keyID: String) throws {
        let key = try #require(try Self.examples.signingKey(keyID))
        let example = try #require(Self.examples.cases.first { $0.section == "B.2.3" })
        guard case .request(var request) = example.message else { return }
        request.fields.removeAll { $0.name.hasPrefix("Signature") }
        let parameters = SignatureParameters(
            components: [.method, .targetURI, .field("Content-Type"), .queryParameter("Pet")],
            created: 1_618_884_473, keyID: keyID, algorithm: key.algorithm, tag: "test")
        request.fields += try MessageSignature.fields(
            for: .request(request), label: "a", parameters: parameters, key: key)
        _ = try MessageSignature.verify(.request(request), label: "a", keys: Self.examples.verificationKey)
        request.method = "PUT"
        #expect(throws: HTTPSignatureError.invalidSignature) {
            try MessageSignature.verify(.request(request), label: "a", keys: Self.examples.verificationKey)
        }
    }

    @Test("Content-Digest of the standard's messages agrees with their content", arguments: examples.cases)
    func digests(example: StandardExamples.Case) throws {
        guard let value = example.message.combinedField("Content-Digest") else { return }
        try ContentDigest.verify(value, content: example.content)
        #expect(throws: HTTPSignatureError.digestMismatch) {
            try ContentDigest.verify(value, content: example.content + [0x20])
        }
    }
}
