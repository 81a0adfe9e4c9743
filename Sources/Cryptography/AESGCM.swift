import COpenSSL

/// AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce for each message.
///
/// Random nonces are safe for about 2³² messages under one key; fields of a portal's database stay far below that.
public struct AESGCM: Sendable {
    private static let nonceLength = 12
    private static let tagLength = 16

    private let key: Secret<[UInt8]>

    /// Takes a key of 32 bytes; throws `invalidKey` for any other length.
    public init(key: [UInt8]) throws(CryptographyError) {
        guard key.count == 32 else {
            throw .invalidKey("AES-256-GCM needs 32 bytes, not \(key.count)")
        }
        self.key = Secret(key)
    }

    /// Encrypts: nonce (12 bytes), then the cipher text, then the tag (16 bytes). `authenticating` is bound to the
    /// result without being in it, for example table and row, so that a sealed value cannot be moved elsewhere.
    public func seal(_ plain: [UInt8], authenticating: [UInt8] = []) throws(CryptographyError) -> [UInt8] {
        try seal(plain, authenticating: authenticating, nonce: SystemRandom.bytes(Self.nonceLength))
    }

    /// Decrypts what `seal` made; throws `authenticationFailed` when anything about it was changed.
    public func open(_ sealed: [UInt8], authenticating: [UInt8] = []) throws(CryptographyError) -> [UInt8] {
        guard sealed.count >= Self.nonceLength + Self.tagLength else { throw .authenticationFailed }
        let nonce = Array(sealed.prefix(Self.nonceLength))
        var tag = Array(sealed.suffix(Self.tagLength))
        let cipherText = Array(sealed.dropFirst(Self.nonceLength).dropLast(Self.tagLength))
        guard let context = EVP_CIPHER_CTX_new() else { throw .fromLibrary("AES-GCM open") }
        defer { EVP_CIPHER_CTX_free(context) }
        var plain = [UInt8](repeating: 0, count: cipherText.count + 16)
        var rest = [UInt8](repeating: 0, count: 16)
        var written: Int32 = 0
        var last: Int32 = 0
        guard
            EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key.revealed, nonce) == 1,
            authenticating.isEmpty
                || EVP_DecryptUpdate(context, nil, &written, authenticating, Int32(authenticating.count))
                    == 1,
            EVP_DecryptUpdate(context, &plain, &written, cipherText, Int32(cipherText.count)) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagLength), &tag) == 1
        else { throw .fromLibrary("AES-GCM open") }
        guard EVP_DecryptFinal_ex(context, &rest, &last) == 1 else {
            drainLibraryErrors()
            throw .authenticationFailed
        }
        return Array(plain.prefix(Int(written)))
    }

    /// Sealing with a chosen nonce, for the published test vectors only: using a nonce twice under one key gives the
    /// plain texts away.
    func seal(
        _ plain: [UInt8], authenticating: [UInt8], nonce: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        guard let context = EVP_CIPHER_CTX_new() else { throw .fromLibrary("AES-GCM seal") }
        defer { EVP_CIPHER_CTX_free(context) }
        var cipherText = [UInt8](repeating: 0, count: plain.count + 16)
        var tag = [UInt8](repeating: 0, count: Self.tagLength)
        var written: Int32 = 0
        var last: Int32 = 0
        var rest = [UInt8](repeating: 0, count: 16)
        guard
            EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key.revealed, nonce) == 1,
            authenticating.isEmpty
                || EVP_EncryptUpdate(context, nil, &written, authenticating, Int32(authenticating.count))
                    == 1,
            EVP_EncryptUpdate(context, &cipherText, &written, plain, Int32(plain.count)) == 1,
            EVP_EncryptFinal_ex(context, &rest, &last) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagLength), &tag) == 1
        else { throw .fromLibrary("AES-GCM seal") }
        return nonce + cipherText.prefix(Int(written)) + tag
    }
}
