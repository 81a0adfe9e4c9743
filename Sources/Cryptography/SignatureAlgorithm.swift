import COpenSSL

/// How a message is signed. Each algorithm fits one kind of key.
public enum SignatureAlgorithm: Sendable, CaseIterable {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017).
    case rsaPKCS1SHA256
    /// RSASSA-PKCS1-v1_5 with SHA-1: only to read old UnionPay 5.0.0 messages.
    case rsaPKCS1SHA1
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512 and 64 bytes of salt (RFC 9421, section 3.3.1).
    case rsaPSSSHA512
    /// ECDSA on P-256 with SHA-256; the signature is r‖s, 64 bytes (RFC 9421, section 3.3.4).
    case ecdsaP256SHA256
    /// Ed25519 (RFC 8032).
    case ed25519

    /// The digest that the library applies to the message; Ed25519 has its own inside.
    var digest: OpaquePointer? {
        switch self {
        case .rsaPKCS1SHA256, .ecdsaP256SHA256: EVP_sha256()
        case .rsaPKCS1SHA1: EVP_sha1()
        case .rsaPSSSHA512: EVP_sha512()
        case .ed25519: nil
        }
    }

    /// Whether a key of this kind can be used.
    func fits(_ kind: KeyKind) -> Bool {
        switch (self, kind) {
        case (.rsaPKCS1SHA256, .rsa), (.rsaPKCS1SHA1, .rsa): true
        case (.rsaPSSSHA512, .rsa), (.rsaPSSSHA512, .rsaPSSOnly): true
        case (.ecdsaP256SHA256, .p256): true
        case (.ed25519, .ed25519): true
        default: false
        }
    }

    /// Sets the padding of RSA in a context made by EVP_DigestSignInit or EVP_DigestVerifyInit.
    func configure(_ context: OpaquePointer?) -> Bool {
        guard self == .rsaPSSSHA512 else { return true }
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha512()) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, 64) == 1
    }
}

/// What a key is.
public enum KeyKind: Sendable, Equatable {
    /// RSA with a modulus of `bits`.
    case rsa(bits: Int)
    /// RSA bound to PSS signatures by its own header (id-RSASSA-PSS).
    case rsaPSSOnly(bits: Int)
    /// The NIST curve P-256.
    case p256
    /// Ed25519.
    case ed25519

    /// The kind of a library key; nil for kinds that are not in use here.
    init?(_ key: OpaquePointer) {
        let bits = Int(EVP_PKEY_get_bits(key))
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: self = .rsa(bits: bits)
        case EVP_PKEY_RSA_PSS: self = .rsaPSSOnly(bits: bits)
        case EVP_PKEY_ED25519: self = .ed25519
        case EVP_PKEY_EC:
            var name = [CChar](repeating: 0, count: 64)
            var length = 0
            guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return nil }
            let text = String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text == "prime256v1" || text == "P-256" else { return nil }
            self = .p256
        default: return nil
        }
    }
}
