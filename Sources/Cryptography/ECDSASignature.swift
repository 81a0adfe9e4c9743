import COpenSSL

/// The two forms of a P-256 signature: DER, as libcrypto makes it, and r‖s of 32 bytes each, as HTTP Message
/// Signatures carry it.
enum ECDSASignature {
    private static let coordinateLength = 32

    /// r‖s of a DER signature.
    static func raw(fromDER der: [UInt8]) throws -> [UInt8] {
        let signature: OpaquePointer? = der.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return d2i_ECDSA_SIG(nil, &cursor, buffer.count)
        }
        guard let signature else { throw CryptographyError.fromLibrary("read an ECDSA signature") }
        defer { ECDSA_SIG_free(signature) }
        var raw: [UInt8] = []
        for number in [ECDSA_SIG_get0_r(signature), ECDSA_SIG_get0_s(signature)] {
            var bytes = [UInt8](repeating: 0, count: coordinateLength)
            guard BN_bn2binpad(number, &bytes, Int32(coordinateLength)) == Int32(coordinateLength) else {
                throw CryptographyError.fromLibrary("read an ECDSA signature")
            }
            raw += bytes
        }
        return raw
    }

    /// The DER form of r‖s; nil when it is not 64 bytes.
    static func der(fromRaw raw: [UInt8]) -> [UInt8]? {
        guard raw.count == 2 * coordinateLength, let signature = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(signature) }
        let length = Int32(coordinateLength)
        let r = BN_bin2bn(Array(raw.prefix(coordinateLength)), length, nil)
        let s = BN_bin2bn(Array(raw.suffix(coordinateLength)), length, nil)
        // set0 takes ownership of both numbers when it succeeds.
        guard let r, let s, ECDSA_SIG_set0(signature, r, s) == 1 else {
            BN_free(r)
            BN_free(s)
            return nil
        }
        var encoded: UnsafeMutablePointer<UInt8>?
        let count = i2d_ECDSA_SIG(signature, &encoded)
        guard count > 0, let encoded else { return nil }
        defer { CRYPTO_free(encoded, #fileID, #line) }
        return Array(UnsafeBufferPointer(start: encoded, count: Int(count)))
    }
}
