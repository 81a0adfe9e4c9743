import Testing

@testable import Cryptography

@Suite("Keys and signatures")
struct KeyTests {
    struct Ed25519Vector: Decodable {
        let seed: String
        let `public`: String
        let message: String
        let signature: String
    }

    @Test("Ed25519 gives the signatures of RFC 8032")
    func ed25519Vectors() throws {
        let vectors = try fixture("ed25519.json", as: [Ed25519Vector].self)
        #expect(vectors.count == 3)
        for vector in vectors {
            let key = try PrivateKey(ed25519Seed: bytes(vector.seed))
            let published = try PublicKey(ed25519: bytes(vector.public))
            let message = try bytes(vector.message)
            #expect(key.publicKey == published)
            let signature = try key.sign(message, with: .ed25519)
            #expect(Hex.encode(signature) == vector.signature)
            #expect(published.isValid(signature: signature, for: message, with: .ed25519))
            #expect(!published.isValid(signature: signature, for: message + [0], with: .ed25519))
        }
    }

    static let pairs: [(KeyKind, SignatureAlgorithm)] = [
        (.rsa(bits: 2048), .rsaPKCS1SHA256), (.rsa(bits: 2048), .rsaPKCS1SHA1),
        (.rsa(bits: 2048), .rsaPSSSHA512), (.p256, .ecdsaP256SHA256), (.ed25519, .ed25519),
    ]

    @Test("Each algorithm's signatures are right for its key and message only", arguments: pairs)
    func signAndVerify(kind: KeyKind, algorithm: SignatureAlgorithm) throws {
        let key = try TestKeys.key(kind)
        let stranger = try TestKeys.otherKey(kind)
        let message = Array("缴费 1,234.56".utf8)
        let signature = try key.sign(message, with: algorithm)
        #expect(key.publicKey.isValid(signature: signature, for: message, with: algorithm))
        #expect(!key.publicKey.isValid(signature: signature, for: message + [1], with: algorithm))
        #expect(!stranger.publicKey.isValid(signature: signature, for: message, with: algorithm))
        #expect(!key.publicKey.isValid(signature: [], for: message, with: algorithm))
        #expect(!key.publicKey.isValid(signature: Array(signature.dropLast()), for: message, with: algorithm))
        var changed = signature
        changed[changed.count / 2] ^= 0x40
        #expect(!key.publicKey.isValid(signature: changed, for: message, with: algorithm))
        let reread = try PublicKey(pem: key.publicKey.pem)
        #expect(reread == key.publicKey)
        #expect(reread.isValid(signature: signature, for: message, with: algorithm))
        let again = try PrivateKey(pem: key.pem)
        #expect(again.kind == kind)
        #expect(
            reread.isValid(
                signature: try again.sign(message, with: algorithm), for: message, with: algorithm))
    }

    @Test("P-256 signatures are always 64 bytes, also when r or s begins with zeros")
    func ecdsaLength() throws {
        let key = try PrivateKey.generate(.p256)
        for number in 0..<600 {
            let message = Array("\(number)".utf8)
            let signature = try key.sign(message, with: .ecdsaP256SHA256)
            #expect(signature.count == 64)
            #expect(key.publicKey.isValid(signature: signature, for: message, with: .ecdsaP256SHA256))
        }
    }

    @Test("An algorithm that does not fit the key neither signs nor verifies")
    func unsuitableAlgorithms() throws {
        let ed25519 = try PrivateKey.generate(.ed25519)
        let p256 = try PrivateKey.generate(.p256)
        let rsa = try TestKeys.rsa
        for (key, algorithm) in [
            (ed25519, SignatureAlgorithm.rsaPKCS1SHA256), (rsa, .ed25519), (rsa, .ecdsaP256SHA256),
            (p256, .ed25519), (p256, .rsaPSSSHA512),
        ] {
            #expect(throws: CryptographyError.self) { try key.sign([1], with: algorithm) }
            let anything = [UInt8](repeating: 1, count: 64)
            #expect(!key.publicKey.isValid(signature: anything, for: [1], with: algorithm))
        }
        #expect(throws: CryptographyError.self) { try ed25519.publicKey.encryptPKCS1([1]) }
        #expect(throws: CryptographyError.self) { try ed25519.decryptPKCS1([1]) }
    }

    @Test("What is encrypted to a public key only its private key decrypts")
    func encryption() throws {
        let key = try TestKeys.rsa
        let stranger = try TestKeys.otherRSA
        let plain = Array("6222021234567890123".utf8)
        let encrypted = try key.publicKey.encryptPKCS1(plain)
        #expect(encrypted.count == 256)
        #expect(try key.decryptPKCS1(encrypted) == plain)
        // With this padding a wrong key may, by rare chance, produce bytes; never the right ones.
        #expect((try? stranger.decryptPKCS1(encrypted)) != plain)
        #expect(throws: CryptographyError.decryptionFailed) { try key.decryptPKCS1([1, 2, 3]) }
        #expect(throws: CryptographyError.self) {
            try key.publicKey.encryptPKCS1([UInt8](repeating: 1, count: 246))
        }
    }

    @Test("Text that is not a key is refused, an encrypted key without asking anybody")
    func unreadableKeys() throws {
        let command = try OpenSSLCommand()
        defer { command.cleanUp() }
        try command.run(
            "genpkey", "-algorithm", "RSA", "-aes256", "-pass", "pass:secret", "-out", "encrypted.pem")
        let encrypted = String(decoding: try command.read("encrypted.pem"), as: UTF8.self)
        #expect(encrypted.contains("ENCRYPTED PRIVATE KEY"))
        for text in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", encrypted] {
            #expect(throws: CryptographyError.self) { try PrivateKey(pem: text) }
            #expect(throws: CryptographyError.self) { try PublicKey(pem: text) }
        }
        #expect(throws: CryptographyError.self) { try PrivateKey(ed25519Seed: [1, 2, 3]) }
        #expect(throws: CryptographyError.self) { try PublicKey(ed25519: [1, 2, 3]) }
        #expect(throws: CryptographyError.self) { try PrivateKey.generate(.rsa(bits: 1024)) }
    }

    @Test("A public key does not contain the private one, and a private key does not print itself")
    func noLeaks() throws {
        let key = try TestKeys.rsa
        #expect(!key.publicKey.pem.contains("PRIVATE"))
        #expect("\(key)" == "PrivateKey(***)")
    }

    @Test("One key signs and verifies from many threads at a time")
    func parallelUse() async throws {
        let key = try TestKeys.rsa
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let message = Array("\(number)".utf8)
                    let signature = try key.sign(message, with: .rsaPKCS1SHA256)
                    return key.publicKey.isValid(signature: signature, for: message, with: .rsaPKCS1SHA256)
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }
}
