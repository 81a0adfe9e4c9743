import Cryptography
import Foundation
import HTTPSignatures
import UnionPay

/// The keys and certificates of everybody in the play, in one folder. In real life each party makes its own and hands
/// over the public part; here the sandbox makes them all at the first start.
struct SandboxKeys: Sendable {
    /// The bank's side of the UnionPay protocol.
    let bank: BankSide
    /// The bank with a signing certificate that is over.
    let expiredBank: BankSide
    /// Signs the statements of the reserve bank.
    let statementSigning: MessageSigningKey
    /// Signs the answers of billers and message centre.
    let billerSigning: MessageSigningKey
    /// Checks what the platform signs towards billers and message centre.
    let platformVerification: MessageVerificationKey

    /// The key id in the platform's signatures.
    static let platformKeyID = "platform"
    /// The key id in the signatures of the reserve bank.
    static let bankKeyID = "bank"
    /// The key id in the signatures of billers and message centre.
    static let billerKeyID = "biller"

    /// Reads the folder after making what is missing in it.
    init(folder: URL, merchantNumber: String) throws {
        let files = try KeyFolder(folder)
        try files.exclusively { try files.makeMissing(merchantNumber: merchantNumber) }
        let verifier = RequestVerifier(certificates: [try Certificate(pem: files.read("merchant.cert.pem"))])
        let decryptionKey = try PrivateKey(pem: files.read("bank-encryption.key.pem"))
        let side = { (name: String) in
            BankSide(
                signer: try MessageSigner(
                    embedding: Certificate(pem: files.read("\(name).cert.pem")),
                    key: PrivateKey(pem: files.read("\(name).key.pem"))),
                verifier: verifier, decryptionKey: decryptionKey)
        }
        bank = try side("bank-signing")
        expiredBank = try side("bank-expired")
        statementSigning = MessageSigningKey(
            id: Self.bankKeyID, ed25519: try PrivateKey(pem: files.read("bank-http.key.pem")))
        billerSigning = MessageSigningKey(
            id: Self.billerKeyID, ed25519: try PrivateKey(pem: files.read("biller.key.pem")))
        platformVerification = MessageVerificationKey(
            ed25519: try PublicKey(pem: files.read("platform-http.pub.pem")))
    }
}

/// The files of the keys. Private ones are readable to their owner only.
private struct KeyFolder {
    private let folder: URL

    /// Long enough for a demo whose clock is moved by months or years.
    private static let notBefore = Date(timeIntervalSince1970: 1_577_836_800)  // 2020-01-01
    private static let notAfter = Date(timeIntervalSince1970: 2_524_608_000)  // 2050-01-01

    init(_ folder: URL) throws {
        self.folder = folder
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Runs `body` while no other sandbox process makes keys in this folder.
    func exclusively(_ body: () throws -> Void) throws {
        let lock = open(folder.appendingPathComponent(".lock").path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else {
            throw SandboxFailure("cannot lock \(folder.path)")
        }
        defer { close(lock) }
        try body()
    }

    func read(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    func makeMissing(merchantNumber: String) throws {
        if !has("bank-root.pem", "bank-middle.pem", "bank-middle.key.pem") { try makeAuthorities() }
        let middle = try CertificateAuthority(
            certificate: Certificate(pem: read("bank-middle.pem")),
            key: PrivateKey(pem: read("bank-middle.key.pem")))
        // The third part of the name is by what receivers know the bank.
        try makePair("bank-signing", "041@8310000000083040@中国银联股份有限公司@00000001", issuer: middle)
        try makePair(
            "bank-expired", "041@8310000000083040@中国银联股份有限公司@00000004", issuer: middle,
            notAfter: Self.notBefore.addingTimeInterval(86_400))
        try makePair("bank-encryption", "041@8310000000083040@中国银联股份有限公司@00000002", issuer: middle)
        try makePair("merchant", "041@Z2026-01-01@\(merchantNumber):SIGN@00000003", issuer: middle)
        try makeEd25519Pair("biller")
        try makeEd25519Pair("bank-http")
        try makeEd25519Pair("platform-http")
    }

    /// New authorities make all certificates under older ones worthless, so these are made anew as well.
    private func makeAuthorities() throws {
        let root = try CertificateAuthority.makeRoot(
            commonName: "Sandbox Root CA", serial: Self.newSerial(), notBefore: Self.notBefore,
            notAfter: Self.notAfter)
        let middle = try root.issueIntermediate(
            commonName: "Sandbox Middle CA", serial: Self.newSerial(), notBefore: Self.notBefore,
            notAfter: Self.notAfter)
        for name in ["bank-signing", "bank-expired", "bank-encryption", "merchant"] {
            try? FileManager.default.removeItem(at: folder.appendingPathComponent("\(name).cert.pem"))
        }
        try write(root.key.pem, to: "bank-root.key.pem", mode: 0o600)
        try write(root.certificate.pem, to: "bank-root.pem", mode: 0o644)
        try write(middle.key.pem, to: "bank-middle.key.pem", mode: 0o600)
        try write(middle.certificate.pem, to: "bank-middle.pem", mode: 0o644)
    }

    private func makePair(
        _ name: String, _ commonName: String, issuer: CertificateAuthority, notAfter: Date = Self.notAfter
    ) throws {
        guard !has("\(name).key.pem", "\(name).cert.pem") else { return }
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        let certificate = try issuer.issueLeaf(
            commonName: commonName, serial: Self.newSerial(), notBefore: Self.notBefore, notAfter: notAfter,
            publicKey: key.publicKey)
        try write(key.pem, to: "\(name).key.pem", mode: 0o600)
        try write(certificate.pem, to: "\(name).cert.pem", mode: 0o644)
    }

    private func makeEd25519Pair(_ name: String) throws {
        guard !has("\(name).key.pem", "\(name).pub.pem") else { return }
        let key = try PrivateKey.generate(.ed25519)
        try write(key.pem, to: "\(name).key.pem", mode: 0o600)
        try write(key.publicKey.pem, to: "\(name).pub.pem", mode: 0o644)
    }

    private func has(_ names: String...) -> Bool {
        names.allSatisfy { FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path) }
    }

    /// Writes beside the file and renames, so that nobody ever reads half a key; the mode is right from the start.
    private func write(_ text: String, to name: String, mode: Int) throws {
        let target = folder.appendingPathComponent(name)
        let draft = folder.appendingPathComponent(".\(name).new")
        try? FileManager.default.removeItem(at: draft)
        let isMade = FileManager.default.createFile(
            atPath: draft.path, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
        guard isMade, rename(draft.path, target.path) == 0 else {
            throw SandboxFailure("cannot write \(target.path)")
        }
    }

    private static func newSerial() -> UInt64 {
        UInt64.random(in: 1_000_000_000...9_999_999_999)
    }
}
