import Cryptography
import Foundation

/// A message whose signature was found right: only the verifiers of this target make one, so whatever takes a
/// `VerifiedMessage` cannot be handed a forged one.
public struct VerifiedMessage: Sendable, Equatable {
    /// The message.
    public let message: Message

    /// Common name of the certificate that signed; empty with a shared key, where there is none.
    public let signerCommonName: String

    init(message: Message, signerCommonName: String) {
        self.message = message
        self.signerCommonName = signerCommonName
    }
}

/// Why a message's signature is not accepted. Every one of these means for the order: the result is unknown.
public enum VerificationError: Error, Equatable, Sendable {
    /// Another version than 5.1.0, or none.
    case unsupportedVersion(String?)
    /// Another signMethod than the verifier's, or none.
    case unsupportedSignMethod(String?)
    /// No signature, or one that is not Base64.
    case missingSignature
    /// The message carries no certificate, or no certId.
    case missingCertificate
    /// The certificate, or its chain, is not accepted.
    case certificate(CertificateError)
    /// The certificate is a good one, but of somebody else; the name is the part of its subject that counts.
    case foreignSigner(String)
    /// No certificate is known under this certId.
    case unknownCertificate(certId: String)
    /// The signature does not fit the content.
    case wrongSignature
}

/// Checks what UnionPay signs (version 5.1.0, signMethod 01): the certificate comes with the message, must lead to a
/// root that we hold, be valid at the time, and belong to UnionPay.
///
/// Which certificate signs is not pinned: when UnionPay rolls over to a new one, the old and the new are both good
/// while they are valid, and so are those of two authorities.
public struct MessageVerifier: Sendable {
    /// The signer's name in production: third part, between `@`, of the certificate's common name.
    public static let productionNames: Set<String> = ["中国银联股份有限公司"]

    /// The names in UnionPay's test environment.
    public static let testNames: Set<String> = ["中国银联股份有限公司", "00040000:SIGN"]

    private let roots: [Certificate]
    private let intermediates: [Certificate]
    private let acceptedNames: Set<String>

    /// A verifier that trusts `roots` only, with `intermediates` at hand to reach them. Of both there may be old and new
    /// ones side by side, also of the same name.
    public init(
        roots: [Certificate], intermediates: [Certificate],
        acceptedNames: Set<String> = MessageVerifier.productionNames
    ) {
        self.roots = roots
        self.intermediates = intermediates
        self.acceptedNames = acceptedNames
    }

    /// Checks a message received at `time`.
    public func verify(_ message: Message, at time: Date) throws(VerificationError) -> VerifiedMessage {
        try SignatureCheck.requireCertificateMethod(message)
        guard let pem = message[.signPubKeyCert] else { throw .missingCertificate }
        let certificate: Certificate
        do {
            certificate = try Certificate(pem: pem)
            try Certificate.verifyChain(
                leaf: certificate, intermediates: intermediates, roots: roots, at: time)
        } catch {
            throw .certificate(error)
        }
        let name = Self.organisation(in: certificate.subjectCommonName)
        guard acceptedNames.contains(name) else { throw .foreignSigner(name) }
        return try SignatureCheck.check(message, with: certificate)
    }

    /// The third part of a common name like `041@8310000000083040@中国银联股份有限公司@00016495`; the whole name when it
    /// has fewer parts.
    static func organisation(in commonName: String) -> String {
        let parts = commonName.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count > 2 ? String(parts[2]) : commonName
    }
}

/// Checks what merchants sign, as UnionPay does: the message names a certificate by its serial, and the receiver holds
/// it already. For a simulator.
public struct RequestVerifier: Sendable {
    private let certificates: [String: Certificate]

    /// A verifier that knows these merchants' certificates; one merchant may have an old and a new one.
    public init(certificates: [Certificate]) {
        self.certificates = Dictionary(
            certificates.map { ($0.serialDecimal, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Checks a message received at `time`.
    public func verify(_ message: Message, at time: Date) throws(VerificationError) -> VerifiedMessage {
        try SignatureCheck.requireCertificateMethod(message)
        guard let serial = message[.certId] else { throw .missingCertificate }
        guard let certificate = certificates[serial] else { throw .unknownCertificate(certId: serial) }
        do { try certificate.requireValid(at: time) } catch { throw .certificate(error) }
        return try SignatureCheck.check(message, with: certificate)
    }
}

/// What both verifiers have in common.
private enum SignatureCheck {
    static func requireCertificateMethod(_ message: Message) throws(VerificationError) {
        guard message[.version] == SignedText.version else {
            throw .unsupportedVersion(message[.version])
        }
        guard message[.signMethod] == SignedText.certificateMethod else {
            throw .unsupportedSignMethod(message[.signMethod])
        }
    }

    static func check(
        _ message: Message, with certificate: Certificate
    ) throws(VerificationError) -> VerifiedMessage {
        guard let signature = message[.signature].flatMap(Base64.decode) else { throw .missingSignature }
        let isRight = certificate.publicKey.isValid(
            signature: signature, for: SignedText.bytes(of: message), with: .rsaPKCS1SHA256)
        guard isRight else { throw .wrongSignature }
        return VerifiedMessage(message: message, signerCommonName: certificate.subjectCommonName)
    }
}
