import Cryptography
import Foundation
import Payments
import Testing
import UnionPay

@testable import Server

@Suite("Files of keys")
struct KeyFilesTests {
    private static let settings = PaymentSettings(
        publicAddress: "https://portal.example", callbackAddress: "https://portal.example",
        bankAddress: "http://bank.example", merchantID: "777290058110097",
        phoneAddress: "http://phone.example")
    private static let now = Date(timeIntervalSince1970: 1_795_399_200)

    private static func day(_ offset: Double) -> Date { now.addingTimeInterval(offset * 86_400) }

    /// A folder with everything that is needed, and what `change` makes of it.
    private static func folder(
        _ change: (URL, CertificateAuthority) throws -> Void = { _, _ in },
        then body: (KeyFiles) throws -> Void
    ) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ text: String, _ name: String) throws {
            try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
        }
        let root = try CertificateAuthority.makeRoot(
            commonName: "root", serial: 1, notBefore: day(-100), notAfter: day(100), key: .generate(.p256))
        for name in ["field-encryption", "lookup", "pepper", "bank-messages-1"] {
            try write(Base64.encode(SystemRandom.bytes(32)), "\(name).key")
        }
        for name in ["bank-root", "bank-middle"] { try write(root.certificate.pem, "\(name).pem") }
        let http = try PrivateKey.generate(.ed25519)
        try write(http.pem, "platform-http.key.pem")
        for name in ["biller", "bank-http"] { try write(http.publicKey.pem, "\(name).pub.pem") }
        try pair("merchant", serial: 2, from: -30, to: 10, by: root, in: folder)
        try write(
            String(contentsOf: folder.appending(path: "merchant.cert.pem"), encoding: .utf8),
            "bank-encryption.cert.pem")
        try change(folder, root)
        try body(KeyFiles(folder: folder))
    }

    private static func pair(
        _ name: String, serial: UInt64, from: Double, to: Double, by root: CertificateAuthority,
        in folder: URL
    ) throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        let certificate = try root.issueLeaf(
            commonName: "041@Z@M:SIGN@\(serial)", serial: serial, notBefore: day(from), notAfter: day(to),
            publicKey: key.publicKey)
        try key.pem.write(to: folder.appending(path: "\(name).key.pem"), atomically: true, encoding: .utf8)
        try certificate.pem.write(
            to: folder.appending(path: "\(name).cert.pem"), atomically: true, encoding: .utf8)
    }

    /// The serial of the certificate that signs at a moment.
    private static func signer(_ keys: Keys, at moment: Date) throws -> String? {
        let query = Query(
            product: .businessGateway,
            order: OrderIdentity(
                merchant: try UnionPay.MerchantNumber(settings.merchantID),
                number: try OrderNumber("TP20261123A"),
                time: BeijingTime(moment)))
        return try Message(formBody: keys.unionPay.request(for: query, at: moment).body)[.certId]
    }

    @Test("A second certificate lies beside the first and signs from its day on")
    func rollOver() throws {
        try Self.folder { folder, root in
            try Self.pair("merchant-2027", serial: 3, from: 5, to: 60, by: root, in: folder)
        } then: { files in
            let keys = try files.read(Self.settings).keys
            #expect(try Self.signer(keys, at: Self.day(4)) == "2")
            #expect(try Self.signer(keys, at: Self.day(6)) == "3")
            #expect(try Self.signer(keys, at: Self.day(40)) == "3")
            #expect(throws: (any Error).self) { try Self.signer(keys, at: Self.day(70)) }
        }
    }

    @Test("Everything that is missing or unusable is told at once, a second certificate without its key too")
    func mistakes() throws {
        try Self.folder { folder, root in
            try Self.pair("merchant-2027", serial: 3, from: 5, to: 60, by: root, in: folder)
            for name in ["merchant-2027.key.pem", "bank-messages-1.key", "bank-http.pub.pem"] {
                try FileManager.default.removeItem(at: folder.appending(path: name))
            }
            try "short".write(
                to: folder.appending(path: "pepper.key"), atomically: true, encoding: .utf8)
        } then: { files in
            let error = #expect(throws: KeyFiles.Mistakes.self) { try files.read(Self.settings) }
            let told = error?.description ?? ""
            for sentence in [
                "merchant-2027.key.pem: is missing", "bank-messages-1.key: is missing",
                "bank-http.pub.pem: is missing", "pepper.key: must hold 32 random bytes in Base64",
            ] {
                #expect(told.contains(sentence))
            }
        }
    }

    @Test("The first certificate and the first key of messages may go when others are there")
    func oldOnesGone() throws {
        try Self.folder { folder, root in
            try Self.pair("merchant-2027", serial: 3, from: -5, to: 60, by: root, in: folder)
            for name in ["merchant.cert.pem", "merchant.key.pem", "bank-messages-1.key"] {
                try FileManager.default.removeItem(at: folder.appending(path: name))
            }
            try Base64.encode(SystemRandom.bytes(32)).write(
                to: folder.appending(path: "bank-messages-2.key"), atomically: true, encoding: .utf8)
        } then: { files in
            let keys = try files.read(Self.settings).keys
            #expect(try Self.signer(keys, at: Self.now) == "3")
        }
    }
}
