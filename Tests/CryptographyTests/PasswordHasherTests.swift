import Foundation
import Testing

@testable import Cryptography

@Suite("Password hashing")
struct PasswordHasherTests {
    struct Vectors: Decodable {
        struct Raw: Decodable {
            let passwordText: String
            let saltText: String
            let memoryKiB: Int
            let iterations: Int
            let parallelism: Int
            let hash: String
        }
        struct Stored: Decodable {
            let passwordText: String
            let pepperID: String
            let pepper: String
            let text: String
        }
        let raw: [Raw]
        let stored: Stored
    }

    static func pepper(_ id: String = "test-1", filledWith byte: UInt8 = 7) throws -> Pepper {
        try Pepper(id: id, secret: Secret([UInt8](repeating: byte, count: 32)))
    }

    static func hasher() throws -> PasswordHasher {
        PasswordHasher(parameters: .least, pepper: try pepper())
    }

    @Test("argon2id gives the hashes of the reference library's own test")
    func referenceVectors() throws {
        let vectors = try fixture("argon2id.json", as: Vectors.self).raw
        #expect(vectors.count == 3)
        for vector in vectors {
            let hash = try Argon2.hash(
                password: Array(vector.passwordText.utf8), salt: Array(vector.saltText.utf8),
                parameters: Argon2Parameters(
                    memoryKiB: vector.memoryKiB, iterations: vector.iterations,
                    parallelism: vector.parallelism),
                length: 32)
            #expect(Hex.encode(hash) == vector.hash)
        }
    }

    @Test(
        "A string that another implementation made at the production cost is accepted, and only with its password"
    )
    func storedVector() async throws {
        let vector = try fixture("argon2id.json", as: Vectors.self).stored
        let pepper = try Pepper(id: vector.pepperID, secret: Secret(bytes(vector.pepper)))
        let hasher = PasswordHasher(pepper: pepper)
        #expect(
            try await hasher.verify(vector.passwordText, against: vector.text) == .matches(needsRehash: false)
        )
        #expect(try await hasher.verify("正确的密码-Correct2", against: vector.text) == .differs)
    }

    @Test("A stored string tells cost and pepper, a new salt each time, and not the password")
    func storedForm() async throws {
        let hasher = PasswordHasher(pepper: try Self.pepper("2026a"))
        let first = try await hasher.hash("Str0ng enough")
        let second = try await hasher.hash("Str0ng enough")
        #expect(first.hasPrefix("$argon2id-hmac-sha256$v=19$m=19456,t=2,p=1,keyid=2026a$"))
        #expect(first != second)
        #expect(!first.contains("Str0ng"))
        let parsed = try #require(PasswordHash(first))
        #expect(parsed.salt.count == 16)
        #expect(parsed.code.count == 32)
        #expect(parsed.text == first)
    }

    @Test("Passwords of every kind match themselves and nothing else")
    func roundTrip() async throws {
        let hasher = try Self.hasher()
        for password in ["", " ", "密码密码密码", "a\u{0}b", "🔐", String(repeating: "长", count: 300)] {
            let stored = try await hasher.hash(password)
            #expect(try await hasher.verify(password, against: stored) == .matches(needsRehash: false))
            #expect(try await hasher.verify(password + "x", against: stored) == .differs)
        }
        let cut = try await hasher.hash("a\u{0}b")
        #expect(try await hasher.verify("a", against: cut) == .differs)
    }

    @Test("Without the pepper the right password does not match")
    func pepperMatters() async throws {
        let stored = try await Self.hasher().hash("password")
        let other = PasswordHasher(parameters: .least, pepper: try Self.pepper(filledWith: 8))
        #expect(try await other.verify("password", against: stored) == .differs)
        let unnamed = PasswordHasher(parameters: .least, pepper: try Self.pepper("other"))
        await #expect(throws: PasswordHasherError.unknownPepper(id: "test-1")) {
            try await unnamed.verify("password", against: stored)
        }
    }

    @Test("An older pepper and another cost still match, and ask for a new hash")
    func rehash() async throws {
        let stored = try await Self.hasher().hash("password")
        let rotated = PasswordHasher(
            parameters: .least, pepper: try Self.pepper("test-2", filledWith: 9),
            olderPeppers: [try Self.pepper()])
        #expect(try await rotated.verify("password", against: stored) == .matches(needsRehash: true))
        #expect(try await rotated.verify("passwort", against: stored) == .differs)
        let dearer = PasswordHasher(
            parameters: Argon2Parameters(memoryKiB: 16, iterations: 1, parallelism: 1),
            pepper: try Self.pepper())
        #expect(try await dearer.verify("password", against: stored) == .matches(needsRehash: true))
    }

    @Test("Damaged strings and unbearable costs are refused without hashing")
    func damagedStrings() async throws {
        let hasher = try Self.hasher()
        let stored = try await hasher.hash("password")
        let damaged = [
            "", "$", "password", String(stored.dropLast()), stored + "$", stored + "A",
            stored.replacingOccurrences(of: "v=19", with: "v=16"),
            stored.replacingOccurrences(of: "argon2id-hmac-sha256", with: "argon2id"),
            stored.replacingOccurrences(of: "m=8,", with: "m=99999999,"),
            stored.replacingOccurrences(of: "m=8,", with: "m=-8,"),
            stored.replacingOccurrences(of: "t=1,", with: "t=99999,"),
            stored.replacingOccurrences(of: ",keyid=test-1", with: ""),
        ]
        for text in damaged {
            await #expect(throws: PasswordHasherError.unreadableHash) {
                try await hasher.verify("password", against: text)
            }
        }
    }

    @Test("For a login that does not exist the same work is done, and the answer is no")
    func nobody() async throws {
        let hasher = PasswordHasher(pepper: try Self.pepper())
        let stored = try await hasher.hash("password")
        let clock = ContinuousClock()
        var somebody = Duration.seconds(60)
        var nobody = Duration.seconds(60)
        // The least of several, and wide bounds, since other tests run beside this one: without the work the answer
        // would take a thousandth of the time.
        for _ in 0..<5 {
            somebody = min(
                somebody, try await clock.measure { _ = try await hasher.verify("x", against: stored) })
            nobody = min(nobody, try await clock.measure { _ = try await hasher.verify("x", against: nil) })
        }
        #expect(try await hasher.verify("x", against: nil) == .differs)
        #expect(nobody > somebody / 20)
        #expect(nobody < somebody * 20)
    }

    @Test("A pepper needs a name that fits a stored string and 32 bytes")
    func peppers() throws {
        for id in ["", "a$b", "a,b", "UPPER", "年", String(repeating: "a", count: 33)] {
            #expect(throws: CryptographyError.self) { try Self.pepper(id) }
        }
        #expect(throws: CryptographyError.self) {
            try Pepper(id: "a", secret: Secret([UInt8](repeating: 1, count: 31)))
        }
        #expect(!"\(try Self.pepper(filledWith: 123))".contains("123"))
    }
}
