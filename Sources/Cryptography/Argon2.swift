import CArgon2

/// The cost of one argon2id hash.
public struct Argon2Parameters: Sendable, Equatable {
    /// Memory in KiB.
    public let memoryKiB: Int
    /// Passes over the memory.
    public let iterations: Int
    /// Lanes; 1 means that a hash keeps one thread busy.
    public let parallelism: Int

    /// Parameters for passwords: refuses nothing; argon2 itself refuses what it cannot do.
    public init(memoryKiB: Int, iterations: Int, parallelism: Int) {
        self.memoryKiB = memoryKiB
        self.iterations = iterations
        self.parallelism = parallelism
    }

    /// The cost for real passwords: 19 MiB, two passes, one lane (OWASP), about 27 ms on one core.
    public static let production = Argon2Parameters(memoryKiB: 19456, iterations: 2, parallelism: 1)

    /// The least that argon2 accepts: for tests that are about something else, and for load measurements in a
    /// database of their own.
    public static let least = Argon2Parameters(memoryKiB: 8, iterations: 1, parallelism: 1)

    /// Whether a stored hash may ask for this cost. A damaged or planted row must not make the process take all
    /// the memory there is.
    var isBearable: Bool {
        (8...262_144).contains(memoryKiB) && (1...16).contains(iterations) && (1...8).contains(parallelism)
    }
}

/// Argon2id, version 1.3 (RFC 9106), by the reference library. Blocks the thread for the whole hash.
enum Argon2 {
    /// The raw hash of `length` bytes.
    static func hash(
        password: [UInt8], salt: [UInt8], parameters: Argon2Parameters, length: Int
    ) throws(CryptographyError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: length)
        let status = argon2id_hash_raw(
            UInt32(clamping: parameters.iterations), UInt32(clamping: parameters.memoryKiB),
            UInt32(clamping: parameters.parallelism),
            password, password.count, salt, salt.count, &output, output.count)
        guard status == ARGON2_OK.rawValue else {
            throw .library(operation: "argon2id", detail: String(cString: argon2_error_message(status)))
        }
        return output
    }
}
