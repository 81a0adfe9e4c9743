import Cryptography

/// Signs messages with a certificate's key (version 5.1.0, signMethod 01).
public struct MessageSigner: Sendable {
    /// How the receiver learns which certificate to check against.
    private enum Reference {
        case serial(String)
        case certificate(String)
    }

    /// The certificate whose key signs.
    public let certificate: Certificate
    private let key: PrivateKey
    private let reference: Reference

    /// A merchant's signer: the message names the certificate by its serial, which UnionPay knows.
    public init(certificate: Certificate, key: PrivateKey) throws {
        try self.init(key: key, certificate: certificate, reference: .serial(certificate.serialDecimal))
    }

    /// UnionPay's signer, for a simulator: the message carries the certificate itself.
    public init(embedding certificate: Certificate, key: PrivateKey) throws {
        // Genuine messages have CRLF line ends and none after the last line; these bytes are signed.
        let lines = certificate.pem.split(separator: "\n").joined(separator: "\r\n")
        try self.init(key: key, certificate: certificate, reference: .certificate(lines))
    }

    private init(key: PrivateKey, certificate: Certificate, reference: Reference) throws {
        guard certificate.belongs(to: key) else {
            throw CryptographyError.unsuitableKey("the signing certificate is of another key")
        }
        guard case .rsa = key.kind else {
            throw CryptographyError.unsuitableKey("signMethod 01 signs with RSA")
        }
        self.certificate = certificate
        self.key = key
        self.reference = reference
    }

    /// The message with version, encoding, signMethod, certificate and signature set.
    public func sign(_ message: Message) throws -> Message {
        var signed = message
        signed[.version] = SignedText.version
        signed[.encoding] = SignedText.encoding
        signed[.signMethod] = SignedText.certificateMethod
        switch reference {
        case .serial(let serial): signed[.certId] = serial
        case .certificate(let pem): signed[.signPubKeyCert] = pem
        }
        let signature = try key.sign(SignedText.bytes(of: signed), with: .rsaPKCS1SHA256)
        signed[.signature] = Base64.encode(signature)
        return signed
    }
}

/// What of a message goes into the signature.
enum SignedText {
    static let version = "5.1.0"
    static let encoding = "UTF-8"
    static let certificateMethod = "01"

    /// The 64 ASCII bytes of the canonical string's SHA-256 in hexadecimal: the protocol signs this text, not the
    /// digest itself.
    static func bytes(of message: Message) -> [UInt8] {
        Array(SHA256.hex(message.canonicalString).utf8)
    }
}
