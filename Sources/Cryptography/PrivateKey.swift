import COpenSSL

/// A private key: signs, and decrypts what was encrypted to its public key.
///
/// `@unchecked Sendable`: the library key is never changed after `init`, every operation makes its own context, and
/// libcrypto counts references atomically, so threads may share a key.
public final class PrivateKey: @unchecked Sendable, CustomStringConvertible {
    let handle: OpaquePointer

    /// What kind of key this is.
    public let kind: KeyKind

    /// The public half.
    public let publicKey: PublicKey

    /// Reads a key in PEM form (PKCS #8, or the older RSA and EC forms), not encrypted.
    public convenience init(pem: String) throws {
        let key = try withReadingBIO(Array(pem.utf8)) { bio in
            // Without a callback of ours, libcrypto would ask for a passphrase on the terminal.
            PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil)
        }
        guard let key else {
            throw CryptographyError.invalidKey(
                "not an unencrypted private key in PEM: \(drainLibraryErrors())")
        }
        try self.init(owning: key)
    }

    /// The Ed25519 key of a 32-byte seed (RFC 8032, section 5.1.5).
    public convenience init(ed25519Seed seed: [UInt8]) throws {
        guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
            throw CryptographyError.invalidKey("not an Ed25519 seed: \(drainLibraryErrors())")
        }
        try self.init(owning: key)
    }

    /// Takes over a library key: it is freed with this object, and also when the key is refused.
    init(owning key: OpaquePointer) throws {
        do {
            guard let kind = KeyKind(key) else {
                throw CryptographyError.invalidKey("only RSA, P-256 and Ed25519 keys are in use")
            }
            self.kind = kind
            self.publicKey = try PublicKey(publicPartOf: key)
            self.handle = key
        } catch {
            EVP_PKEY_free(key)
            throw error
        }
    }

    deinit {
        EVP_PKEY_free(handle)
    }

    /// Makes a new key.
    public static func generate(_ kind: KeyKind) throws -> PrivateKey {
        let identifier: Int32
        switch kind {
        case .rsa: identifier = EVP_PKEY_RSA
        case .rsaPSSOnly: throw CryptographyError.invalidKey("keys bound to PSS are only read, not made")
        case .p256: identifier = EVP_PKEY_EC
        case .ed25519: identifier = EVP_PKEY_ED25519
        }
        guard let context = EVP_PKEY_CTX_new_id(identifier, nil) else {
            throw CryptographyError.fromLibrary("generate a key")
        }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_keygen_init(context) == 1 else {
            throw CryptographyError.fromLibrary("generate a key")
        }
        switch kind {
        case .rsa(let bits):
            guard bits >= 2048 else {
                throw CryptographyError.invalidKey("RSA keys of less than 2048 bits are not made")
            }
            guard EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(clamping: bits)) == 1 else {
                throw CryptographyError.fromLibrary("generate an RSA key")
            }
        case .p256:
            guard EVP_PKEY_CTX_set_group_name(context, "prime256v1") == 1 else {
                throw CryptographyError.fromLibrary("generate a P-256 key")
            }
        case .ed25519, .rsaPSSOnly: break
        }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen(context, &key) == 1, let key else {
            throw CryptographyError.fromLibrary("generate a key")
        }
        return try PrivateKey(owning: key)
    }

    /// The key in PEM form (PKCS #8, not encrypted). Whoever writes it to a file makes the file readable to its
    /// owner only (mode 600).
    public var pem: String {
        guard
            let text = textWritten({ PEM_write_bio_PKCS8PrivateKey($0, handle, nil, nil, 0, nil, nil) })
        else {
            // A key that was read or made can be written; only exhausted memory leads here.
            preconditionFailure("libcrypto could not write a private key")
        }
        return text
    }

    /// Always `PrivateKey(***)`, for logs.
    public var description: String { "PrivateKey(***)" }

    /// Signs the message. Throws `unsuitableKey` when the algorithm does not fit the key.
    public func sign(_ message: [UInt8], with algorithm: SignatureAlgorithm) throws -> [UInt8] {
        guard algorithm.fits(kind) else {
            throw CryptographyError.unsuitableKey("a key of kind \(kind) cannot sign with \(algorithm)")
        }
        guard let context = EVP_MD_CTX_new() else { throw CryptographyError.fromLibrary("sign") }
        defer { EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?  // Belongs to `context`.
        guard
            EVP_DigestSignInit(context, &keyContext, algorithm.digest, nil, handle) == 1,
            algorithm.configure(keyContext)
        else { throw CryptographyError.fromLibrary("sign") }
        var length = 0
        guard EVP_DigestSign(context, nil, &length, message, message.count) == 1 else {
            throw CryptographyError.fromLibrary("sign")
        }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else {
            throw CryptographyError.fromLibrary("sign")
        }
        signature.removeLast(signature.count - length)
        return algorithm == .ecdsaP256SHA256 ? try ECDSASignature.raw(fromDER: signature) : signature
    }

    /// Decrypts RSAES-PKCS1-v1_5, as UnionPay's encrypted fields use it.
    ///
    /// Tell the sender nothing about why it failed: with this padding the difference between "bad padding" and
    /// "bad content" would help an attacker to decrypt (Bleichenbacher).
    public func decryptPKCS1(_ encrypted: [UInt8]) throws -> [UInt8] {
        guard case .rsa = kind else {
            throw CryptographyError.unsuitableKey("only an RSA key decrypts")
        }
        guard let context = EVP_PKEY_CTX_new(handle, nil) else {
            throw CryptographyError.fromLibrary("decrypt")
        }
        defer { EVP_PKEY_CTX_free(context) }
        guard
            EVP_PKEY_decrypt_init(context) == 1,
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        else { throw CryptographyError.fromLibrary("decrypt") }
        var plain = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(handle)))
        var length = plain.count
        guard EVP_PKEY_decrypt(context, &plain, &length, encrypted, encrypted.count) == 1 else {
            drainLibraryErrors()
            throw CryptographyError.decryptionFailed
        }
        return Array(plain.prefix(length))
    }
}
