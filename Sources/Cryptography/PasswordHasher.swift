/// The secret that wraps password hashes and is kept outside the database, with the id that stored hashes name.
public struct Pepper: Sendable {
    /// Names the pepper in stored hashes: 1 to 32 lower-case letters, digits and hyphens.
    public let id: String

    /// The secret itself, 32 bytes or more.
    public let secret: Secret<[UInt8]>

    /// Throws `invalidKey` for an id outside its alphabet and for a secret of less than 32 bytes.
    public init(id: String, secret: Secret<[UInt8]>) throws(CryptographyError) {
        let isNamed =
            (1...32).contains(id.utf8.count)
            && id.utf8.allSatisfy { character in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(character)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character)
                    || character == UInt8(ascii: "-")
            }
        guard isNamed else { throw .invalidKey("a pepper's id has 1 to 32 of a-z, 0-9 and -") }
        guard secret.revealed.count >= 32 else { throw .invalidKey("a pepper has at least 32 bytes") }
        self.id = id
        self.secret = secret
    }
}

/// What checking a password came to.
public enum PasswordVerdict: Sendable, Equatable {
    /// It is the password. `needsRehash` when the stored hash has another cost or pepper than new ones get: hash the
    /// password again while it is at hand.
    case matches(needsRehash: Bool)
    /// It is not the password.
    case differs
}

/// Why a password could not be hashed or checked.
public enum PasswordHasherError: Error, Equatable, Sendable {
    /// Too many hashes are waiting already; say "try again shortly" (503).
    case busy
    /// The hasher was closed while the hash was waiting.
    case closed
    /// The stored hash is damaged.
    case unreadableHash
    /// The stored hash names a pepper that was not handed in.
    case unknownPepper(id: String)
}

/// Hashes and checks passwords with argon2id, wrapped by HMAC-SHA-256 under a pepper.
///
/// A hash takes about 27 ms of one core and 19 MiB, so hashes run on a few threads of their own with a bounded queue:
/// a flood of sign-ins waits or is turned away, and never stalls the pages.
public final class PasswordHasher: Sendable {
    private let parameters: Argon2Parameters
    private let pepper: Pepper
    private let peppers: [String: Pepper]
    private let threads: HashingThreads

    /// - Parameters:
    ///   - parameters: the cost of new hashes.
    ///   - pepper: wraps new hashes.
    ///   - olderPeppers: still accepted in stored hashes, which then need a new hash.
    ///   - threads: how many hashes run at a time.
    ///   - queueLimit: how many more may wait.
    public init(
        parameters: Argon2Parameters = .production, pepper: Pepper, olderPeppers: [Pepper] = [],
        threads: Int = 2, queueLimit: Int = 64
    ) {
        self.parameters = parameters
        self.pepper = pepper
        self.peppers = Dictionary(
            (olderPeppers + [pepper]).map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
        self.threads = HashingThreads(count: threads, queueLimit: queueLimit)
    }

    deinit {
        threads.close()
    }

    /// The string to store for a new password, with a salt of its own.
    public func hash(_ password: String) async throws -> String {
        let parameters = parameters
        let pepper = pepper
        let salt = SystemRandom.bytes(PasswordHash.saltLength)
        let bytes = Array(password.utf8)
        return try await threads.run {
            let code = try Self.code(of: bytes, salt: salt, parameters: parameters, pepper: pepper)
            return PasswordHash(parameters: parameters, pepperID: pepper.id, salt: salt, code: code).text
        }
    }

    /// Checks a password against a stored string. With nil, for a login that does not exist, it does the same work
    /// and answers `differs`, so that the time tells a stranger nothing about which logins exist.
    public func verify(_ password: String, against stored: String?) async throws -> PasswordVerdict {
        guard let stored else {
            _ = try await hash(password)
            return .differs
        }
        guard let expected = PasswordHash(stored) else { throw PasswordHasherError.unreadableHash }
        guard let pepper = peppers[expected.pepperID] else {
            throw PasswordHasherError.unknownPepper(id: expected.pepperID)
        }
        let bytes = Array(password.utf8)
        let code = try await threads.run {
            try Self.code(of: bytes, salt: expected.salt, parameters: expected.parameters, pepper: pepper)
        }
        guard constantTimeEquals(code, expected.code) else { return .differs }
        return .matches(needsRehash: needsRehash(expected))
    }

    /// How many hashes wait for a thread at this moment; for metrics.
    public var waiting: Int {
        threads.waiting
    }

    /// Ends the threads; hashes still waiting throw `closed`. Happens by itself when the hasher is released.
    public func close() {
        threads.close()
    }

    private func needsRehash(_ stored: PasswordHash) -> Bool {
        stored.parameters != parameters || stored.pepperID != pepper.id
    }

    private static func code(
        of password: [UInt8], salt: [UInt8], parameters: Argon2Parameters, pepper: Pepper
    ) throws -> [UInt8] {
        let raw = try Argon2.hash(
            password: password, salt: salt, parameters: parameters, length: PasswordHash.codeLength)
        return HMAC.sha256(key: pepper.secret.revealed, raw)
    }
}
