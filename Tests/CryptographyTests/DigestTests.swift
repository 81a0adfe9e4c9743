import Testing

@testable import Cryptography

@Suite("Digests and codes")
struct DigestTests {
    @Test("SHA-256, SHA-512 and SM3 of abc are what the standards print")
    func standardExamples() {
        let abc = Array("abc".utf8)
        #expect(SHA256.hex(abc) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Hex.encode(SHA512.digest(abc))
                == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
        #expect(SM3.hex(abc) == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
        #expect(SHA256.hex([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    struct CodeVector: Decodable {
        let key: String
        let data: String
        let code: String
    }

    @Test("HMAC-SHA-256 gives the codes of RFC 4231")
    func requestForCommentsCodes() throws {
        let vectors = try fixture("hmac-sha256.json", as: [CodeVector].self)
        #expect(vectors.count == 6)
        for vector in vectors {
            let code = HMAC.sha256(key: try bytes(vector.key), try bytes(vector.data))
            #expect(Hex.encode(code) == vector.code)
            #expect(HMAC.isValidSHA256(code, key: try bytes(vector.key), try bytes(vector.data)))
        }
    }

    @Test("HMAC takes an empty key and an empty message, not the key of the call before")
    func emptyKey() {
        _ = HMAC.sha256(key: [1, 2, 3], [4])
        #expect(
            Hex.encode(HMAC.sha256(key: [], []))
                == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test("Comparison in constant time tells equal from different, also by length")
    func comparison() {
        #expect(constantTimeEquals([], []))
        #expect(constantTimeEquals([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2]))
        #expect(!constantTimeEquals([], [0]))
    }

    @Test("Hexadecimal, Base64 and Base64URL come back, and broken text is refused")
    func encodings() {
        let sample: [UInt8] = [0xFB, 0xEF, 0xFF, 0x00, 0x3E]
        #expect(Hex.encode(sample) == "fbefff003e")
        #expect(Hex.decode("FBefFF003e") == sample)
        #expect(Hex.decode("f") == nil)
        #expect(Hex.decode("zz") == nil)
        #expect(Base64.encode(sample) == "++//AD4=")
        #expect(Base64.decode("++//AD4=") == sample)
        #expect(Base64.decode("++//AD4") == nil)
        #expect(Base64URL.encode(sample) == "--__AD4")
        #expect(Base64URL.decode("--__AD4") == sample)
        #expect(Base64URL.decode("--__AD4=") == nil)
        #expect(Base64URL.decode("++//AD4") == nil)
        for length in 0..<40 {
            let random = SystemRandom.bytes(length)
            #expect(Base64URL.decode(Base64URL.encode(random)) == random)
            #expect(Hex.decode(Hex.encode(random)) == random)
        }
    }

    @Test("Random bytes have the length asked for and do not repeat; a token has 43 safe characters")
    func random() {
        #expect(SystemRandom.bytes(0).isEmpty)
        for length in [1, 7, 8, 9, 33] { #expect(SystemRandom.bytes(length).count == length) }
        let tokens = Set((0..<1000).map { _ in SystemRandom.token(bytes: 32) })
        #expect(tokens.count == 1000)
        #expect(tokens.allSatisfy { $0.utf8.count == 43 && Base64URL.decode($0)?.count == 32 })
    }

    @Test("A secret shows itself in no description, interpolation or dump")
    func secrets() {
        let secret = Secret("correct horse")
        struct Holder { let secret: Secret<String> }
        var dumped = ""
        dump(Holder(secret: secret), to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(Holder(secret: secret))", dumped] {
            #expect(!text.contains("horse"))
        }
        #expect("\(secret)" == "***")
        #expect(secret.revealed == "correct horse")
    }
}
