import Cryptography
import Foundation
import Payments
import UnionPay

/// Reads the platform's secrets from files of the service account. Every missing or unusable file is told at once, by
/// name and never by content.
///
/// Of some kinds there may be several. A second certificate for the bank lies beside the first as `merchant-<name>.cert.pem`
/// with its key: the newest that is valid signs, so that it can be put there before its day. The bank's own roll over in the
/// same way, as `bank-root-<name>.pem`, `bank-middle-<name>.pem` and `bank-encryption-<name>.cert.pem`. Messages are sealed under the
/// `bank-messages-<number>.key` with the highest number, and the others open what they have sealed.
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
        let signers = names("merchant.cert.pem", and: #/merchant-.+\.cert\.pem/#).compactMap {
            name -> MessageSigner? in
            let certificate = file(name) { try Certificate(pem: $0) }
            let keyName = name.replacing(".cert.pem", with: ".key.pem")
            return file(keyName) { text in
                guard let certificate else { return nil }
                return try MessageSigner(certificate: certificate, key: PrivateKey(pem: text))
            } ?? nil
        }
        let messages = names("bank-messages-1.key", and: #/bank-messages-\d+\.key/#).map { name in
            (name: Self.number(in: name), key: file(name) { try AESGCM(key: Self.secretBytes($0)) })
        }
        func certificates(_ first: String, and pattern: some RegexComponent) -> [Certificate] {
            names(first, and: pattern).compactMap { file($0) { try Certificate(pem: $0) } }
        }
        let roots = certificates("bank-root.pem", and: #/bank-root-.+\.pem/#)
        let middles = certificates("bank-middle.pem", and: #/bank-middle-.+\.pem/#)
        let encryption = certificates("bank-encryption.cert.pem", and: #/bank-encryption-.+\.cert\.pem/#)
        let platformHTTP = file("platform-http.key.pem") { try PrivateKey(pem: $0) }
        let billerHTTP = file("biller.pub.pem") { try PublicKey(pem: $0) }
        let bankHTTP = file("bank-http.pub.pem") { try PublicKey(pem: $0) }
        guard mistakes.isEmpty, let field, let lookup, let pepper, let platformHTTP, let billerHTTP,
            let bankHTTP,
            let newest = messages.max(by: { $0.name < $1.name }), let newestKey = newest.key
        else { throw Mistakes(sentences: mistakes) }
        let side = MerchantSide(
            gateway: Gateway(baseURL: settings.bankAddress, fileURL: settings.bankFileAddress),
            signers: signers,
            verifier: MessageVerifier(roots: roots, intermediates: middles),
            encryptionCertificates: encryption)
        return (
            Keys(
                fieldEncryption: field, lookup: lookup, unionPay: side, platformHTTP: platformHTTP,
                billerHTTP: billerHTTP, bankHTTP: bankHTTP,
                messages: MessageKeys(
                    newest: String(newest.name), key: newestKey,
                    older: Dictionary(
                        messages.compactMap { message in message.key.map { (String(message.name), $0) } },
                        uniquingKeysWith: { first, _ in first }))), pepper
        )
    }

    /// The files of a kind that are there: the one that has to be, and all others that `pattern` names.
    private func names(_ first: String, and pattern: some RegexComponent) -> [String] {
        let there =
            (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
        let found = there.filter { $0.wholeMatch(of: pattern) != nil }.sorted()
        return there.contains(first) || found.isEmpty ? [first] + found.filter { $0 != first } : found
    }

    /// The number that a file's name ends with.
    private static func number(in name: String) -> Int {
        Int(name.filter { $0.isNumber }) ?? 0
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
