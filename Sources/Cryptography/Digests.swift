import COpenSSL

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
    /// The 32 bytes of the digest.
    public static func digest(_ bytes: [UInt8]) -> [UInt8] {
        LibraryDigest.sha256.digest(bytes)
    }

    /// The digest as 64 lower-case hexadecimal characters.
    public static func hex(_ bytes: [UInt8]) -> String {
        Hex.encode(digest(bytes))
    }

    /// The digest of the text's UTF-8 bytes as 64 lower-case hexadecimal characters.
    public static func hex(_ text: String) -> String {
        hex(Array(text.utf8))
    }
}

/// SHA-512 (FIPS 180-4).
public enum SHA512 {
    /// The 64 bytes of the digest.
    public static func digest(_ bytes: [UInt8]) -> [UInt8] {
        LibraryDigest.sha512.digest(bytes)
    }
}

/// SM3, the Chinese national digest (GB/T 32905).
public enum SM3 {
    /// The 32 bytes of the digest.
    public static func digest(_ bytes: [UInt8]) -> [UInt8] {
        LibraryDigest.sm3.digest(bytes)
    }

    /// The digest as 64 lower-case hexadecimal characters.
    public static func hex(_ bytes: [UInt8]) -> String {
        Hex.encode(digest(bytes))
    }
}

/// HMAC (RFC 2104).
public enum HMAC {
    /// The 32 bytes of HMAC-SHA-256. The key may have any length, also none.
    public static func sha256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        LibraryDigest.sha256.hmac(key: key, message)
    }

    /// The 64 bytes of HMAC-SHA-512. The key may have any length, also none.
    public static func sha512(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        LibraryDigest.sha512.hmac(key: key, message)
    }

    /// Whether `code` is HMAC-SHA-256 of the message, compared in constant time.
    public static func isValidSHA256(_ code: [UInt8], key: [UInt8], _ message: [UInt8]) -> Bool {
        constantTimeEquals(code, sha256(key: key, message))
    }
}

/// Whether two byte strings are equal, in time that depends on their length only. The length itself is not secret:
/// all our codes and digests have known lengths.
public func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return CRYPTO_memcmp(left, right, left.count) == 0
}

/// The digests of libcrypto that are in use here.
enum LibraryDigest {
    case sha1, sha256, sha512, sm3

    var algorithm: OpaquePointer? {
        switch self {
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        case .sha512: EVP_sha512()
        case .sm3: EVP_sm3()
        }
    }

    func digest(_ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        let status = EVP_Digest(bytes, bytes.count, &result, &count, algorithm, nil)
        // These digests are built into the library and have no input they refuse; only a broken installation or
        // exhausted memory leads here, and going on with an empty digest would be worse than stopping.
        precondition(status == 1, "libcrypto could not compute a digest: \(drainLibraryErrors())")
        return Array(result.prefix(Int(count)))
    }

    func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        // A nil key would mean "the key used before": an empty array can hand over nil, hence the single zero byte,
        // which HMAC's own padding makes equal to the empty key.
        let keyBytes = key.isEmpty ? [0] : key
        let code = COpenSSL.HMAC(
            algorithm, keyBytes, Int32(keyBytes.count), message, message.count, &result, &count)
        precondition(code != nil, "libcrypto could not compute an HMAC: \(drainLibraryErrors())")
        return Array(result.prefix(Int(count)))
    }
}
