import Cryptography

/// The algorithms of RFC 9421 section 3.3 that are in use here, by their registered names.
public enum MessageSignatureAlgorithm: String, Sendable, CaseIterable {
    /// RSASSA-PSS with SHA-512.
    case rsaPSSSHA512 = "rsa-pss-sha512"
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rsaPKCS1SHA256 = "rsa-v1_5-sha256"
    /// HMAC with SHA-256.
    case hmacSHA256 = "hmac-sha256"
    /// ECDSA on P-256 with SHA-256.
    case ecdsaP256SHA256 = "ecdsa-p256-sha256"
    /// Ed25519.
    case ed25519 = "ed25519"

    /// The algorithm of the cryptography target; nil for the shared-key one.
    var asymmetric: SignatureAlgorithm? {
        switch self {
        case .rsaPSSSHA512: .rsaPSSSHA512
        case .rsaPKCS1SHA256: .rsaPKCS1SHA256
        case .ecdsaP256SHA256: .ecdsaP256SHA256
        case .ed25519: .ed25519
        case .hmacSHA256: nil
        }
    }
}

/// A key that signs, bound to its one algorithm.
public struct MessageSigningKey: Sendable {
    /// The name by which the verifier finds the key.
    public let id: String
    /// The algorithm the key is for.
    public let algorithm: MessageSignatureAlgorithm
    private let material: Material

    private enum Material: Sendable {
        case key(PrivateKey, SignatureAlgorithm)
        case shared(Secret<[UInt8]>)
    }

    /// A private key. Nil for HMAC, which has no private key.
    public init?(id: String, algorithm: MessageSignatureAlgorithm, key: PrivateKey) {
        guard let asymmetric = algorithm.asymmetric else { return nil }
        self.id = id
        self.algorithm = algorithm
        material = .key(key, asymmetric)
    }

    /// An Ed25519 key.
    public init(id: String, ed25519 key: PrivateKey) {
        self.id = id
        algorithm = .ed25519
        material = .key(key, .ed25519)
    }

    /// A key shared with the verifier, for HMAC.
    public init(id: String, shared: Secret<[UInt8]>) {
        self.id = id
        algorithm = .hmacSHA256
        material = .shared(shared)
    }

    /// The signature over the bytes of a signature base.
    func sign(_ base: String) throws(HTTPSignatureError) -> [UInt8] {
        let bytes = Array(base.utf8)
        switch material {
        case .shared(let secret):
            return HMAC.sha256(key: secret.revealed, bytes)
        case .key(let key, let algorithm):
            do {
                return try key.sign(bytes, with: algorithm)
            } catch {
                throw .signingFailed("\(error)")
            }
        }
    }
}

/// A key that verifies, bound to its one algorithm: what a message says about its algorithm can be refused but never
/// chooses one (RFC 9421, section 7.3.6).
public struct MessageVerificationKey: Sendable {
    /// The algorithm the key is for.
    public let algorithm: MessageSignatureAlgorithm
    private let material: Material

    private enum Material: Sendable {
        case key(PublicKey, SignatureAlgorithm)
        case shared(Secret<[UInt8]>)
    }

    /// A public key. Nil for HMAC, which has no public key.
    public init?(algorithm: MessageSignatureAlgorithm, key: PublicKey) {
        guard let asymmetric = algorithm.asymmetric else { return nil }
        self.algorithm = algorithm
        material = .key(key, asymmetric)
    }

    /// An Ed25519 key.
    public init(ed25519 key: PublicKey) {
        algorithm = .ed25519
        material = .key(key, .ed25519)
    }

    /// A key shared with the signer, for HMAC.
    public init(shared: Secret<[UInt8]>) {
        algorithm = .hmacSHA256
        material = .shared(shared)
    }

    /// Whether the signature was made over the bytes of this signature base.
    func isValid(_ signature: [UInt8], for base: String) -> Bool {
        let bytes = Array(base.utf8)
        switch material {
        case .shared(let secret):
            return HMAC.isValidSHA256(signature, key: secret.revealed, bytes)
        case .key(let key, let algorithm):
            return key.isValid(signature: signature, for: bytes, with: algorithm)
        }
    }
}
