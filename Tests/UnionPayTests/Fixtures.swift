import Cryptography
import Foundation

@testable import UnionPay

/// The bytes of a file of `Fixtures`; its README tells where each comes from.
func fixture(_ name: String) throws -> Data {
    guard let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil) else {
        throw FixtureError(problem: "no fixture \(name)")
    }
    return try Data(contentsOf: url)
}

/// Why a fixture cannot be used.
struct FixtureError: Error {
    let problem: String
}

/// One vector of sign-vectors.json.
struct SignVector: Decodable {
    private let fields: [String: String]
    let canonical: String
    let digest: String?
    let key: String?
    let signature: String?

    private enum CodingKeys: String, CodingKey {
        case fields, canonical, signature
        case digest = "sha256_hex"
        case key = "secure_key"
    }

    /// The message of the vector.
    var message: Message {
        Message(received: Dictionary(uniqueKeysWithValues: fields.map { (Field($0.key), $0.value) }))
    }

    static func named(_ name: String) throws -> SignVector {
        let vectors = try JSONDecoder().decode(
            [String: SignVector].self, from: fixture("sign-vectors.json"))
        guard let vector = vectors[name] else { throw FixtureError(problem: "no vector \(name)") }
        return vector
    }
}

/// A moment of the tests: 2026-11-22T02:03:04Z, 10:03:04 in Beijing. Nothing here reads the clock.
let now = Date(timeIntervalSince1970: 1_795_313_784)

/// `days` after the tests' moment.
func day(_ days: Double) -> Date {
    now.addingTimeInterval(days * 86_400)
}

/// A merchant and a bank with certificates of their own, as the sandbox has them.
struct World: Sendable {
    static let merchantNumber = "777290058110097"

    let root: CertificateAuthority
    let middle: CertificateAuthority
    let bankCertificate: Certificate
    let bankKey: PrivateKey
    let merchantCertificate: Certificate
    let merchantKey: PrivateKey
    let encryptionCertificate: Certificate

    /// One world for all tests: making RSA keys takes up to a second each.
    static var shared: World { get throws { try made.get() } }

    private static let made = Result { try World() }

    private init() throws {
        root = try CertificateAuthority.makeRoot(
            commonName: "SANDBOX ROOT", serial: 1, notBefore: day(-100), notAfter: day(100))
        middle = try root.issueIntermediate(
            commonName: "SANDBOX OCA1", serial: 2, notBefore: day(-100), notAfter: day(100))
        bankKey = try PrivateKey.generate(.rsa(bits: 2048))
        bankCertificate = try middle.issueLeaf(
            commonName: "041@8310000000083040@中国银联股份有限公司@00000001", serial: 3, notBefore: day(-50),
            notAfter: day(50), publicKey: bankKey.publicKey)
        merchantKey = try PrivateKey.generate(.rsa(bits: 2048))
        merchantCertificate = try middle.issueLeaf(
            commonName: "041@Z@\(Self.merchantNumber):SIGN@00000006", serial: 68_759_663_125,
            notBefore: day(-50), notAfter: day(50), publicKey: merchantKey.publicKey)
        encryptionCertificate = try middle.issueLeaf(
            commonName: "encryption", serial: 68_759_622_183, notBefore: day(-50), notAfter: day(50),
            publicKey: bankKey.publicKey)
    }

    var verifier: MessageVerifier {
        MessageVerifier(roots: [root.certificate], intermediates: [middle.certificate])
    }

    func merchantSide() throws -> MerchantSide {
        MerchantSide(
            gateway: Gateway(baseURL: "http://localhost:8090/"),
            signer: try MessageSigner(certificate: merchantCertificate, key: merchantKey), verifier: verifier,
            encryptionCertificate: encryptionCertificate)
    }

    func bankSide() throws -> BankSide {
        BankSide(
            signer: try MessageSigner(embedding: bankCertificate, key: bankKey),
            verifier: RequestVerifier(certificates: [merchantCertificate]), decryptionKey: bankKey)
    }
}

/// An order of the tests' merchant at the tests' moment.
func order(_ number: String = "TP20261122000001", at date: Date = now) throws -> OrderIdentity {
    OrderIdentity(
        merchant: try MerchantNumber(World.merchantNumber), number: try OrderNumber(number),
        time: BeijingTime(date))
}

/// A transaction as the bank records it.
func transaction(fen: Int64 = 123_456) throws -> BankTransaction {
    BankTransaction(
        queryID: try QueryID("782611221003040000018"), amountFen: fen, traceNumber: "000001",
        traceTime: "1122100304", settleDate: "1122", settleAmountFen: fen, settleCurrencyCode: "156")
}

extension Message {
    /// The bytes of a Base64 field.
    func decoded(_ field: Field) throws -> [UInt8] {
        guard let bytes = self[field].flatMap(Base64.decode) else {
            throw FixtureError(problem: "no Base64 in \(field)")
        }
        return bytes
    }

    /// The certificate that the message carries.
    func carriedCertificate() throws -> Certificate {
        try Certificate(pem: self[.signPubKeyCert] ?? "")
    }
}
