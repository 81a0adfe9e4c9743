import Cryptography
import Foundation
import Testing

@testable import UnionPay

/// The same rule, worked out step by step with the `openssl` command, which shares no code with this target's signing.
@Suite("Signatures, with the openssl command on the other side")
struct OpenSSLCommandTests {
    @Test("openssl verifies what a merchant signs")
    func ours() throws {
        let world = try World.shared
        let command = try OpenSSLCommand()
        defer { command.cleanUp() }
        let signed = try MessageSigner(certificate: world.merchantCertificate, key: world.merchantKey)
            .sign(
                FrontPayment(
                    order: order(), amountFen: 100, frontURL: "http://127.0.0.1:8080/return",
                    backURL: "http://127.0.0.1:8080/bank/notifications"
                ).message)
        try command.write("certificate.pem", Array(world.merchantCertificate.pem.utf8))
        try command.write("canonical", Array(Self.canonical(signed).utf8))
        try command.write("signature", try signed.decoded(.signature))
        try command.run("x509", "-in", "certificate.pem", "-pubkey", "-noout", "-out", "public.pem")
        let digest = try command.run("dgst", "-sha256", "-r", "canonical").output.prefix(64)
        try command.write("digest", Array(digest.utf8))
        let checked = try command.run(
            "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "digest")
        #expect(checked.output.contains("Verified OK"))
        try command.write("digest", Array(String(digest.reversed()).utf8))
        let wrong = try command.run(
            "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "digest")
        #expect(wrong.status != 0)
    }

    @Test("We accept what openssl signs as the bank")
    func theirs() throws {
        let world = try World.shared
        let command = try OpenSSLCommand()
        defer { command.cleanUp() }
        var message = TransactionNotification(
            product: .businessGateway, order: try order(), responseCode: .success,
            transaction: try transaction()
        ).message
        message[.version] = "5.1.0"
        message[.encoding] = "UTF-8"
        message[.signMethod] = "01"
        message[.signPubKeyCert] = world.bankCertificate.pem.replacingOccurrences(of: "\n", with: "\r\n")
        try command.write("key.pem", Array(world.bankKey.pem.utf8))
        try command.write("canonical", Array(Self.canonical(message).utf8))
        let digest = try command.run("dgst", "-sha256", "-r", "canonical").output.prefix(64)
        try command.write("digest", Array(digest.utf8))
        try command.run("dgst", "-sha256", "-sign", "key.pem", "-out", "signature", "digest")
        message[.signature] = Base64.encode(try command.read("signature"))
        let received = try Message(formBody: message.formBody)
        let notification = try TransactionNotification(world.verifier.verify(received, at: now))
        #expect(notification.outcome == .succeeded(try transaction()))
    }

    @Test("openssl decrypts the account number of a payout")
    func encryptedAccount() throws {
        let world = try World.shared
        let command = try OpenSSLCommand()
        defer { command.cleanUp() }
        let payout = try Payout(
            order: order(), amountFen: 1, accountNumber: Secret("6212142600000000167"),
            holderName: Secret("长沙某某有限公司"), licenceNumber: "91430100MA4L16JQ9B",
            backURL: "http://127.0.0.1:8080/n")
        let message = try payout.message(encryptingTo: world.encryptionCertificate)
        try command.write("key.pem", Array(world.bankKey.pem.utf8))
        try command.write("encrypted", try message.decoded(.accNo))
        try command.run("pkeyutl", "-decrypt", "-inkey", "key.pem", "-in", "encrypted", "-out", "plain")
        #expect(String(decoding: try command.read("plain"), as: UTF8.self) == "6212142600000000167")
        #expect(message[.encryptCertId] == "68759622183")
    }

    /// The canonical string, written down here a second time from the protocol's description.
    private static func canonical(_ message: Message) -> String {
        var names = message.fields.keys.map(\.name).filter { $0 != "signature" }
        names.sort { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        return names.map { $0 + "=" + (message[Field($0)] ?? "") }.joined(separator: "&")
    }
}
