import COpenSSL
import Foundation

/// An X.509 certificate.
///
/// `@unchecked Sendable`: the library object is only read after `init`, which fills its caches while the object is
/// still private to one thread.
public final class Certificate: @unchecked Sendable {
    let handle: OpaquePointer

    /// The subject's common name; empty when there is none. Of several, the last, which is the most specific one.
    public let subjectCommonName: String

    /// The issuer's common name; empty when there is none.
    public let issuerCommonName: String

    /// The serial number in decimal digits: UnionPay's certId.
    public let serialDecimal: String

    /// The first moment at which the certificate is valid.
    public let notBefore: Date

    /// The moment from which on the certificate is expired. (By RFC 5280 that very second is still valid; libcrypto
    /// counts it as expired.)
    public let notAfter: Date

    /// The key that the certificate vouches for.
    public let publicKey: PublicKey

    /// Reads the first certificate of a PEM text; LF and CRLF line ends are both taken.
    public convenience init(pem: String) throws(CertificateError) {
        let handle = try? withReadingBIO(Array(pem.utf8)) { PEM_read_bio_X509($0, nil, nil, nil) }
        guard let handle else {
            drainLibraryErrors()
            throw .malformed("not a certificate in PEM")
        }
        try self.init(owning: handle)
    }

    /// Takes over a library certificate: it is freed with this object, and also when it is refused.
    init(owning certificate: OpaquePointer) throws(CertificateError) {
        do {
            // Fills the cached extensions now, before threads share the object.
            _ = X509_get_extension_flags(certificate)
            subjectCommonName = Self.commonName(X509_get_subject_name(certificate))
            issuerCommonName = Self.commonName(X509_get_issuer_name(certificate))
            serialDecimal = try Self.decimal(X509_get0_serialNumber(certificate))
            notBefore = try Self.date(X509_get0_notBefore(certificate))
            notAfter = try Self.date(X509_get0_notAfter(certificate))
            guard
                let key = X509_get0_pubkey(certificate),
                let publicKey = try? PublicKey(publicPartOf: key)
            else { throw CertificateError.malformed("its key is not RSA, P-256 or Ed25519") }
            self.publicKey = publicKey
            handle = certificate
        } catch let error as CertificateError {
            X509_free(certificate)
            drainLibraryErrors()
            throw error
        } catch {
            X509_free(certificate)
            throw .malformed("\(error)")
        }
    }

    deinit {
        X509_free(handle)
    }

    /// The certificate in PEM form, lines ended by LF.
    public var pem: String {
        guard let text = textWritten({ PEM_write_bio_X509($0, handle) }) else {
            // A certificate that was read or made can be written; only exhausted memory leads here.
            preconditionFailure("libcrypto could not write a certificate")
        }
        return text
    }

    /// Whether the certificate vouches for the public half of `key`.
    public func belongs(to key: PrivateKey) -> Bool {
        publicKey == key.publicKey
    }

    /// Throws unless `time` lies in the certificate's validity. Says nothing about who vouches for it.
    public func requireValid(at time: Date) throws(CertificateError) {
        guard notBefore <= time else { throw .notYetValid(commonName: subjectCommonName) }
        guard time < notAfter else { throw .expired(commonName: subjectCommonName) }
    }

    private static func commonName(_ name: OpaquePointer?) -> String {
        var text = ""
        var index = X509_NAME_get_index_by_NID(name, NID_commonName, -1)
        while index >= 0 {
            let data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index))
            var bytes: UnsafeMutablePointer<UInt8>?
            let length = ASN1_STRING_to_UTF8(&bytes, data)
            if length >= 0, let bytes {
                text = String(decoding: UnsafeBufferPointer(start: bytes, count: Int(length)), as: UTF8.self)
                CRYPTO_free(bytes, #fileID, #line)
            }
            index = X509_NAME_get_index_by_NID(name, NID_commonName, index)
        }
        return text
    }

    private static func decimal(_ serial: UnsafePointer<ASN1_INTEGER>?) throws(CertificateError) -> String {
        guard let number = ASN1_INTEGER_to_BN(serial, nil) else { throw .malformed("no serial number") }
        defer { BN_free(number) }
        guard let digits = BN_bn2dec(number) else { throw .malformed("no serial number") }
        defer { CRYPTO_free(digits, #fileID, #line) }
        return String(cString: digits)
    }

    private static func date(_ time: UnsafePointer<ASN1_TIME>?) throws(CertificateError) -> Date {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { throw .malformed("unreadable validity") }
        return Date(timeIntervalSince1970: Double(timegm(&parts)))
    }
}
