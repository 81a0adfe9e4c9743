import COpenSSL
import Foundation

/// Why a certificate is not accepted.
public enum CertificateError: Error, Equatable, Sendable {
    /// The text is not a certificate, or a part of it cannot be read.
    case malformed(String)
    /// A certificate of the chain is not valid yet at the time asked for.
    case notYetValid(commonName: String)
    /// A certificate of the chain is no longer valid at the time asked for.
    case expired(commonName: String)
    /// No chain of valid signatures leads to a trusted root; `reason` is libcrypto's, for the log.
    case untrusted(reason: String)
}

extension Certificate {
    /// Checks that `leaf` is vouched for, over any of `intermediates`, by one of `roots`, and that every certificate
    /// of the chain is valid at `time`.
    ///
    /// Revocation lists are not asked for. SHA-1 certificates are taken, as UnionPay's own signing certificates of
    /// 2020 are signed with SHA-1: what is trusted is the short list of roots handed in, never the system's.
    public static func verifyChain(
        leaf: Certificate, intermediates: [Certificate], roots: [Certificate], at time: Date
    ) throws(CertificateError) {
        defer { drainLibraryErrors() }
        guard let store = X509_STORE_new() else { throw .untrusted(reason: drainLibraryErrors()) }
        defer { X509_STORE_free(store) }
        for root in roots {
            guard X509_STORE_add_cert(store, root.handle) == 1 else {
                throw .untrusted(reason: drainLibraryErrors())
            }
        }
        let untrusted = shim_sk_X509_new()
        defer { shim_sk_X509_free(untrusted) }
        for certificate in intermediates {
            guard shim_sk_X509_push(untrusted, certificate.handle) > 0 else {
                throw .untrusted(reason: drainLibraryErrors())
            }
        }
        guard let context = X509_STORE_CTX_new() else { throw .untrusted(reason: drainLibraryErrors()) }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, store, leaf.handle, untrusted) == 1 else {
            throw .untrusted(reason: drainLibraryErrors())
        }
        X509_STORE_CTX_set_time(context, 0, time_t(time.timeIntervalSince1970))
        // The context only borrows what it verifies; the objects must outlive this call.
        let verdict = withExtendedLifetime((leaf, intermediates, roots)) { X509_verify_cert(context) }
        guard verdict == 1 else { throw error(of: context) }
    }

    private static func error(of context: OpaquePointer) -> CertificateError {
        let code = X509_STORE_CTX_get_error(context)
        var culprit = ""
        if let current = X509_STORE_CTX_get_current_cert(context), X509_up_ref(current) == 1,
            let certificate = try? Certificate(owning: current)
        {
            culprit = certificate.subjectCommonName
        }
        switch code {
        case X509_V_ERR_CERT_NOT_YET_VALID: return .notYetValid(commonName: culprit)
        case X509_V_ERR_CERT_HAS_EXPIRED: return .expired(commonName: culprit)
        default: return .untrusted(reason: String(cString: X509_verify_cert_error_string(Int(code))))
        }
    }
}
