import COpenSSL
import Foundation

/// Makes certificates: for the sandbox, which has a certification authority of its own, and for tests. Nobody outside
/// trusts what it signs.
public struct CertificateAuthority: Sendable {
    /// The authority's own certificate.
    public let certificate: Certificate

    /// The key that signs what the authority issues.
    public let key: PrivateKey

    /// An authority from a stored certificate and its key. Throws `unsuitableKey` when they do not belong together.
    public init(certificate: Certificate, key: PrivateKey) throws {
        guard certificate.belongs(to: key) else {
            throw CryptographyError.unsuitableKey("the certificate is of another key")
        }
        self.certificate = certificate
        self.key = key
    }

    /// Makes a root, which signs itself.
    public static func makeRoot(
        commonName: String, serial: UInt64, notBefore: Date, notAfter: Date, key: PrivateKey? = nil
    ) throws -> CertificateAuthority {
        let key = try key ?? PrivateKey.generate(.rsa(bits: 2048))
        let content = CertificateContent(
            commonName: commonName, serial: serial, notBefore: notBefore, notAfter: notAfter,
            publicKey: key.publicKey, role: .authority)
        let certificate = try content.sign(issuer: nil, issuerKey: key)
        return try CertificateAuthority(certificate: certificate, key: key)
    }

    /// Makes an authority below this one.
    public func issueIntermediate(
        commonName: String, serial: UInt64, notBefore: Date, notAfter: Date, key: PrivateKey? = nil
    ) throws -> CertificateAuthority {
        let key = try key ?? PrivateKey.generate(.rsa(bits: 2048))
        let content = CertificateContent(
            commonName: commonName, serial: serial, notBefore: notBefore, notAfter: notAfter,
            publicKey: key.publicKey, role: .authority)
        let issued = try content.sign(issuer: certificate, issuerKey: self.key)
        return try CertificateAuthority(certificate: issued, key: key)
    }

    /// Makes a certificate for somebody's public key; it can sign and encrypt, and cannot issue certificates.
    public func issueLeaf(
        commonName: String, serial: UInt64, notBefore: Date, notAfter: Date, publicKey: PublicKey
    ) throws -> Certificate {
        let content = CertificateContent(
            commonName: commonName, serial: serial, notBefore: notBefore, notAfter: notAfter,
            publicKey: publicKey, role: .endEntity)
        return try content.sign(issuer: certificate, issuerKey: key)
    }
}

/// What a new certificate says.
private struct CertificateContent {
    enum Role {
        case authority
        case endEntity
    }

    let commonName: String
    let serial: UInt64
    let notBefore: Date
    let notAfter: Date
    let publicKey: PublicKey
    let role: Role

    /// The certificate, signed with SHA-256 by the issuer's key; without an issuer it is its own.
    func sign(issuer: Certificate?, issuerKey: PrivateKey) throws -> Certificate {
        guard let certificate = X509_new() else { throw CryptographyError.fromLibrary("make a certificate") }
        do {
            try fill(certificate, issuer: issuer)
            let digest = issuerKey.kind == .ed25519 ? nil : EVP_sha256()
            guard X509_sign(certificate, issuerKey.handle, digest) > 0 else {
                throw CryptographyError.fromLibrary("sign a certificate")
            }
        } catch {
            X509_free(certificate)
            throw error
        }
        return try Certificate(owning: certificate)
    }

    private func fill(_ certificate: OpaquePointer, issuer: Certificate?) throws {
        let version3 = 2  // X.509 counts from zero.
        let name = Array(commonName.utf8)
        let subject = X509_get_subject_name(certificate)
        guard
            X509_set_version(certificate, version3) == 1,
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1,
            ASN1_TIME_set(X509_getm_notBefore(certificate), time_t(notBefore.timeIntervalSince1970)) != nil,
            ASN1_TIME_set(X509_getm_notAfter(certificate), time_t(notAfter.timeIntervalSince1970)) != nil,
            X509_NAME_add_entry_by_NID(
                subject, NID_commonName, shim_MBSTRING_UTF8, name, Int32(name.count), -1, 0) == 1,
            X509_set_issuer_name(certificate, issuer.map { X509_get_subject_name($0.handle) } ?? subject)
                == 1,
            X509_set_pubkey(certificate, publicKey.handle) == 1
        else { throw CryptographyError.fromLibrary("make a certificate") }
        for (identifier, value) in extensions {
            var context = X509V3_CTX()
            shim_X509V3_set_ctx(&context, issuer?.handle ?? certificate, certificate)
            guard let entry = X509V3_EXT_conf_nid(nil, &context, identifier, value) else {
                throw CryptographyError.fromLibrary("make a certificate extension")
            }
            defer { X509_EXTENSION_free(entry) }
            guard X509_add_ext(certificate, entry, -1) == 1 else {
                throw CryptographyError.fromLibrary("add a certificate extension")
            }
        }
    }

    /// In this order: the key identifier of a root must exist before it refers to itself.
    private var extensions: [(Int32, String)] {
        let keyIdentifiers = [
            (NID_subject_key_identifier, "hash"),
            (NID_authority_key_identifier, "keyid:always"),
        ]
        switch role {
        case .authority:
            return [
                (NID_basic_constraints, "critical,CA:TRUE"),
                (NID_key_usage, "critical,keyCertSign,cRLSign"),
            ] + keyIdentifiers
        case .endEntity:
            return [
                (NID_basic_constraints, "critical,CA:FALSE"),
                (NID_key_usage, "critical,digitalSignature,nonRepudiation,keyEncipherment"),
            ] + keyIdentifiers
        }
    }
}
