import Cryptography
import Foundation
import Payments
import UnionPay

/// Reads the platform's secrets from files of the service account. Every missing or unusable file is told at once, by
/// name and never by content.
struct KeyFiles {
    let folder: URL

    /// What is wrong with the files, one sentence each.
    struct Mistakes: Error, CustomStringConvertible {
        let sentences: [String]
        var description: String {
            "the keys are not usable:\n" + sentences.map { "  - \($0)" }.joined(separator: "\n")
        }
    }

    /// The keys of the platform, and the pepper of its passwords.
    func read(_ settings: PaymentSettings) throws -> (keys: Keys, pepper: Pepper) {
        var mistakes: [String] = []
        func file<Value>(_ name: String, _ make: (String) throws -> Value) -> Value? {
            do {
                return try make(String(contentsOf: folder.appending(path: name), encoding: .utf8))
            } catch {
                mistakes.append("\(folder.appending(path: name).path()): \(Self.reason(error))")
                return nil
            }
        }
        let field = file("field-encryption.key") { try AESGCM(key: Self.secretBytes($0)) }
        let lookup = file("lookup.key") { Secret(try Self.secretBytes($0)) }
        let pepper = file("pepper.key") { try Pepper(id: "1", secret: Secret(Self.secretBytes($0))) }
        let certificate = file("merchant.cert.pem") { try Certificate(pem: $0) }
        let key = file("merchant.key.pem") { try PrivateKey(pem: $0) }
        let root = file("bank-root.pem") { try Certificate(pem: $0) }
        let middle = file("bank-middle.pem") { try Certificate(pem: $0) }
        let encryption = file("bank-encryption.cert.pem") { try Certificate(pem: $0) }
        let platformHTTP = file("platform-http.key.pem") { try PrivateKey(pem: $0) }
        let billerHTTP = file("biller.pub.pem") { try PublicKey(pem: $0) }
        guard let field, let lookup, let pepper, let certificate, let key, let root, let middle,
            let encryption,
            let platformHTTP, let billerHTTP
        else { throw Mistakes(sentences: mistakes) }
        let side = MerchantSide(
            gateway: Gateway(baseURL: settings.bankAddress),
            signer: try MessageSigner(certificate: certificate, key: key),
            verifier: MessageVerifier(roots: [root], intermediates: [middle]),
            encryptionCertificate: encryption)
        return (
            Keys(
                fieldEncryption: field, lookup: lookup, unionPay: side, platformHTTP: platformHTTP,
                billerHTTP: billerHTTP), pepper
        )
    }

    private static func secretBytes(_ text: String) throws -> [UInt8] {
        guard let bytes = Base64.decode(text.trimmingCharacters(in: .whitespacesAndNewlines)),
            bytes.count == 32
        else {
            throw NotASecret()
        }
        return bytes
    }

    private static func reason(_ error: any Error) -> String {
        if error is NotASecret { return "must hold 32 random bytes in Base64" }
        if (error as? CocoaError)?.code == .fileReadNoSuchFile { return "is missing" }
        return "cannot be used"
    }

    private struct NotASecret: Error {}
}
