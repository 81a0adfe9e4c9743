import Testing

@testable import Cryptography

@Suite("AES-256-GCM")
struct AESGCMTests {
    struct Vector: Decodable {
        let key: String
        let nonce: String
        let plain: String
        let additional: String
        let cipher: String
        let tag: String
    }

    @Test("Sealing gives the published cipher texts and tags, opening gives the plain texts")
    func publishedVectors() throws {
        let vectors = try fixture("aes-256-gcm.json", as: [Vector].self)
        #expect(vectors.count == 4)
        for vector in vectors {
            let cipher = try AESGCM(key: bytes(vector.key))
            let sealed = try cipher.seal(
                bytes(vector.plain), authenticating: bytes(vector.additional), nonce: bytes(vector.nonce))
            #expect(Hex.encode(sealed) == vector.nonce + vector.cipher + vector.tag)
            let opened = try cipher.open(sealed, authenticating: bytes(vector.additional))
            #expect(Hex.encode(opened) == vector.plain)
        }
    }

    @Test("What was sealed opens again, and no two sealings are equal")
    func roundTrip() throws {
        let cipher = try AESGCM(key: SystemRandom.bytes(32))
        for length in [0, 1, 15, 16, 17, 5000] {
            let plain = SystemRandom.bytes(length)
            let first = try cipher.seal(plain, authenticating: [1, 2])
            let second = try cipher.seal(plain, authenticating: [1, 2])
            #expect(first != second)
            #expect(first.count == length + 28)
            #expect(try cipher.open(first, authenticating: [1, 2]) == plain)
        }
    }

    @Test("Any changed byte, other additional data, another key and a cut text are refused")
    func tampering() throws {
        let cipher = try AESGCM(key: SystemRandom.bytes(32))
        let sealed = try cipher.seal(Array("6222021234567890123".utf8), authenticating: Array("a:1".utf8))
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: CryptographyError.authenticationFailed) {
                try cipher.open(changed, authenticating: Array("a:1".utf8))
            }
        }
        #expect(throws: CryptographyError.authenticationFailed) {
            try cipher.open(sealed, authenticating: Array("a:2".utf8))
        }
        #expect(throws: CryptographyError.authenticationFailed) { try cipher.open(sealed) }
        #expect(throws: CryptographyError.authenticationFailed) {
            try AESGCM(key: SystemRandom.bytes(32)).open(sealed, authenticating: Array("a:1".utf8))
        }
        for length in [0, 12, 27, sealed.count - 1] {
            #expect(throws: CryptographyError.authenticationFailed) {
                try cipher.open(Array(sealed.prefix(length)), authenticating: Array("a:1".utf8))
            }
        }
    }

    @Test("A key that is not 32 bytes long is refused")
    func keyLength() {
        for length in [0, 16, 31, 33] {
            #expect(throws: CryptographyError.self) { try AESGCM(key: [UInt8](repeating: 1, count: length)) }
        }
    }
}
