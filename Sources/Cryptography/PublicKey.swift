import COpenSSL

/// A public key: checks signatures, and encrypts to the holder of the private key.
///
/// `@unchecked Sendable`: the library key is never changed after `init`, every operation makes its own context, and
/// libcrypto counts references atomically, so threads may share a key.
public final class PublicKey: @unchecked Sendable {
    let handle: OpaquePointer

    /// What kind of key this is.
    public let kind: KeyKind

    /// Reads a key in PEM form ("PUBLIC KEY", or the older "RSA PUBLIC KEY").
    public convenience init(pem: String) throws {
        // PEM_read_bio_PUBKEY does not take the older form; the decoder takes both.
        var key: OpaquePointer?
        guard
            let decoder = OSSL_DECODER_CTX_new_for_pkey(
                &key, "PEM", nil, nil, OSSL_KEYMGMT_SELECT_PUBLIC_KEY, nil, nil)
        else { throw CryptographyError.fromLibrary("read a public key") }
        defer { OSSL_DECODER_CTX_free(decoder) }
        let status = try withReadingBIO(Array(pem.utf8)) { OSSL_DECODER_from_bio(decoder, $0) }
        guard status == 1, let key else {
            throw CryptographyError.invalidKey("not a public key in PEM: \(drainLibraryErrors())")
        }
        try self.init(owning: key)
    }

    /// The Ed25519 key of its 32 bytes (RFC 8032, section 5.1.2).
    public convenience init(ed25519 bytes: [UInt8]) throws {
        guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else {
            throw CryptographyError.invalidKey("not an Ed25519 public key: \(drainLibraryErrors())")
        }
        try self.init(owning: key)
    }

    /// A copy of the public half of a library key that somebody else owns. The copy keeps the private half out of
    /// reach of whoever is handed the public key.
    convenience init(publicPartOf key: OpaquePointer) throws {
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = i2d_PUBKEY(key, &encoded)
        guard length > 0, let encoded else {
            throw CryptographyError.fromLibrary("take the public half of a key")
        }
        defer { CRYPTO_free(encoded, #fileID, #line) }
        var cursor: UnsafePointer<UInt8>? = UnsafePointer(encoded)
        guard let copy = d2i_PUBKEY(nil, &cursor, Int(length)) else {
            throw CryptographyError.fromLibrary("take the public half of a key")
        }
        try self.init(owning: copy)
    }

    /// Takes over a library key: it is freed with this object, and also when the key is refused.
    init(owning key: OpaquePointer) throws {
        guard let kind = KeyKind(key) else {
            EVP_PKEY_free(key)
            throw CryptographyError.invalidKey("only RSA, P-256 and Ed25519 keys are in use")
        }
        self.kind = kind
        self.handle = key
    }

    deinit {
        EVP_PKEY_free(handle)
    }

    /// The key in PEM form ("PUBLIC KEY", SubjectPublicKeyInfo).
    public var pem: String {
        guard let text = textWritten({ PEM_write_bio_PUBKEY($0, handle) }) else {
            // A key that was read or made can be written; only exhausted memory leads here.
            preconditionFailure("libcrypto could not write a public key")
        }
        return text
    }

    /// Whether `signature` was made over `message` by the holder of the private key. False also for a broken
    /// signature and for an algorithm that does not fit the key: no caller treats these otherwise.
    public func isValid(
        signature: [UInt8], for message: [UInt8], with algorithm: SignatureAlgorithm
    ) -> Bool {
        guard algorithm.fits(kind), !signature.isEmpty else { return false }
        var encoded = signature
        if algorithm == .ecdsaP256SHA256 {
            guard let der = ECDSASignature.der(fromRaw: signature) else { return false }
            encoded = der
        }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            drainLibraryErrors()
        }
        var keyContext: OpaquePointer?  // Belongs to `context`.
        return EVP_DigestVerifyInit(context, &keyContext, algorithm.digest, nil, handle) == 1
            && algorithm.configure(keyContext)
            && EVP_DigestVerify(context, encoded, encoded.count, message, message.count) == 1
    }

    /// Encrypts with RSAES-PKCS1-v1_5, which UnionPay prescribes for its encrypted fields. Throws when the plain text
    /// is longer than the modulus less 11 bytes.
    public func encryptPKCS1(_ plain: [UInt8]) throws -> [UInt8] {
        guard case .rsa = kind else {
            throw CryptographyError.unsuitableKey("only an RSA key encrypts")
        }
        guard let context = EVP_PKEY_CTX_new(handle, nil) else {
            throw CryptographyError.fromLibrary("encrypt")
        }
        defer { EVP_PKEY_CTX_free(context) }
        guard
            EVP_PKEY_encrypt_init(context) == 1,
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        else { throw CryptographyError.fromLibrary("encrypt") }
        var encrypted = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(handle)))
        var length = encrypted.count
        guard EVP_PKEY_encrypt(context, &encrypted, &length, plain, plain.count) == 1 else {
            throw CryptographyError.fromLibrary("encrypt")
        }
        return Array(encrypted.prefix(length))
    }
}

extension PublicKey: Equatable {
    /// Whether both are the same key.
    public static func == (left: PublicKey, right: PublicKey) -> Bool {
        EVP_PKEY_eq(left.handle, right.handle) == 1
    }
}
