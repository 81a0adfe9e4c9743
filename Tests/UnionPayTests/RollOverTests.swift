import Cryptography
import Foundation
import Testing

@testable import UnionPay

/// UnionPay's certificates, and ours, end and are replaced while orders are under way.
@Suite("Roll-over of certificates")
struct RollOverTests {
    private static let bankName = "041@8310000000083040@中国银联股份有限公司@00000001"

    /// An authority with a middle one, and the certificate with which the bank signs under it.
    private struct Chain {
        let root: CertificateAuthority
        let middle: CertificateAuthority
        let certificate: Certificate
        let signer: MessageSigner

        init(
            _ key: PrivateKey, from start: Double, to end: Double, serial: UInt64,
            commonName: String = RollOverTests.bankName
        ) throws {
            // Old and new authorities have the same names, as renewed ones do.
            root = try CertificateAuthority.makeRoot(
                commonName: "ROOT", serial: serial, notBefore: day(start), notAfter: day(end),
                key: .generate(.p256))
            middle = try root.issueIntermediate(
                commonName: "OCA1", serial: serial + 1, notBefore: day(start), notAfter: day(end),
                key: .generate(.p256))
            certificate = try middle.issueLeaf(
                commonName: commonName, serial: serial + 2, notBefore: day(start), notAfter: day(end),
                publicKey: key.publicKey)
            signer = try MessageSigner(embedding: certificate, key: key)
        }
    }

    private let message = Message([.orderId: "TP20261122000001"])

    /// Whether the verifier takes what the chain's certificate signs at this time.
    private func accepts(_ verifier: MessageVerifier, _ chain: Chain, at time: Date) throws -> Bool {
        let signed = try chain.signer.sign(message)
        do {
            return try verifier.verify(signed, at: time).message == signed
        } catch VerificationError.certificate {
            return false
        }
    }

    @Test("The old and the new certificate, with chains of their own, are both good while they are valid")
    func twoChains() throws {
        let world = try World.shared
        let old = try Chain(world.bankKey, from: -20, to: 5, serial: 10)
        let new = try Chain(world.merchantKey, from: -5, to: 20, serial: 20)
        for isReversed in [false, true] {
            let chains = isReversed ? [new, old] : [old, new]
            let verifier = MessageVerifier(
                roots: chains.map(\.root.certificate), intermediates: chains.map(\.middle.certificate))
            for (time, oldIsGood, newIsGood) in [
                (day(-6), true, false), (day(-5), true, true), (now, true, true),
                (day(5).addingTimeInterval(-1), true, true), (day(5), false, true),
                (day(20), false, false), (day(-21), false, false),
            ] {
                #expect(try accepts(verifier, old, at: time) == oldIsGood)
                #expect(try accepts(verifier, new, at: time) == newIsGood)
            }
        }
    }

    @Test("Two certificates under one chain are both good, and each only with its own key")
    func twoLeaves() throws {
        let world = try World.shared
        let new = try world.middle.issueLeaf(
            commonName: Self.bankName, serial: 31, notBefore: day(-1), notAfter: day(90),
            publicKey: world.merchantKey.publicKey)
        let signed = try MessageSigner(embedding: new, key: world.merchantKey).sign(message)
        #expect(try world.verifier.verify(signed, at: now).message == signed)
        let old = try MessageSigner(embedding: world.bankCertificate, key: world.bankKey).sign(message)
        #expect(try world.verifier.verify(old, at: now).message == old)
        var mixed = signed
        mixed[.signPubKeyCert] = old[.signPubKeyCert]
        #expect(throws: VerificationError.wrongSignature) { try world.verifier.verify(mixed, at: now) }
    }

    @Test("A new chain that nobody put into the store, or of another company, is not trusted")
    func strangers() throws {
        let world = try World.shared
        let known = try Chain(world.bankKey, from: -20, to: 20, serial: 40)
        let unknown = try Chain(world.merchantKey, from: -20, to: 20, serial: 50)
        let verifier = MessageVerifier(
            roots: [known.root.certificate], intermediates: [known.middle.certificate])
        #expect(try accepts(verifier, known, at: now))
        #expect(try !accepts(verifier, unknown, at: now))
        // With the middle of one and the root of the other there is no chain.
        let crossed = MessageVerifier(
            roots: [known.root.certificate], intermediates: [unknown.middle.certificate])
        #expect(try !accepts(crossed, unknown, at: now))
        let foreign = try Chain(
            world.merchantKey, from: -20, to: 20, serial: 60, commonName: "041@1@某某支付有限公司@1")
        let both = MessageVerifier(
            roots: [known.root.certificate, foreign.root.certificate],
            intermediates: [known.middle.certificate, foreign.middle.certificate])
        #expect(throws: VerificationError.foreignSigner("某某支付有限公司")) {
            try both.verify(foreign.signer.sign(message), at: now)
        }
    }

    @Test("Of our own certificates the newest valid one signs, and the bank knows both")
    func ownKeys() throws {
        let world = try World.shared
        let old = try world.middle.issueLeaf(
            commonName: "041@Z@M:SIGN@1", serial: 101, notBefore: day(-30), notAfter: day(10),
            publicKey: world.merchantKey.publicKey)
        let new = try world.middle.issueLeaf(
            commonName: "041@Z@M:SIGN@2", serial: 102, notBefore: day(0), notAfter: day(40),
            publicKey: world.bankKey.publicKey)
        let signers = [
            try MessageSigner(certificate: old, key: world.merchantKey),
            try MessageSigner(certificate: new, key: world.bankKey),
        ]
        let bank = RequestVerifier(certificates: [old, new])
        let query = Query(product: .businessGateway, order: try order())
        for signers in [signers, signers.reversed()] {
            let merchant = MerchantSide(
                gateway: .test, signers: signers, verifier: world.verifier,
                encryptionCertificates: [world.encryptionCertificate])
            for (time, serial) in [
                (day(-30), "101"), (now.addingTimeInterval(-1), "101"), (now, "102"), (day(9), "102"),
                (day(39), "102"),
            ] {
                let body = try merchant.request(for: query, at: time).body
                let message = try Message(formBody: body)
                #expect(message[.certId] == serial)
                #expect(try bank.verify(message, at: time).message == message)
            }
            #expect(throws: CertificateError.expired(commonName: "041@Z@M:SIGN@2")) {
                try merchant.request(for: query, at: day(40))
            }
            #expect(throws: CertificateError.self) { try merchant.request(for: query, at: day(-31)) }
        }
        // What was signed with the old one on its last day is still taken then, and not after it.
        let late = try signers[0].sign(query.message)
        #expect(try bank.verify(late, at: day(9)).message == late)
        #expect(throws: VerificationError.certificate(.expired(commonName: "041@Z@M:SIGN@1"))) {
            try bank.verify(late, at: day(10))
        }
    }

    @Test(
        "Of the bank's certificates for encrypted fields the newest valid one is used, and none that has ended"
    )
    func encryption() throws {
        let world = try World.shared
        func certificate(_ serial: UInt64, from: Double, to: Double) throws -> Certificate {
            try world.middle.issueLeaf(
                commonName: "041@ENC@\(serial)", serial: serial, notBefore: day(from), notAfter: day(to),
                publicKey: world.bankKey.publicKey)
        }
        let signing = try world.middle.issueLeaf(
            commonName: "041@Z@M:SIGN@1", serial: 101, notBefore: day(-50), notAfter: day(50),
            publicKey: world.merchantKey.publicKey)
        let both = [try certificate(201, from: -30, to: 10), try certificate(202, from: 0, to: 40)]
        let payout = try Payout(
            order: order(), amountFen: 100, accountNumber: Secret("6222021001116245702"),
            holderName: Secret("长沙某某有限公司"), licenceNumber: "91430100MA4L16B0XK",
            backURL: "https://portal.example/bank")
        for certificates in [both, both.reversed()] {
            let merchant = MerchantSide(
                gateway: .test, signers: [try MessageSigner(certificate: signing, key: world.merchantKey)],
                verifier: world.verifier, encryptionCertificates: certificates)
            for (time, serial) in [(day(-1), "201"), (now, "202"), (day(39), "202")] {
                let message = try Message(formBody: merchant.request(for: payout, at: time).body)
                #expect(message[.encryptCertId] == serial)
            }
            #expect(throws: CertificateError.expired(commonName: "041@ENC@202")) {
                try merchant.request(for: payout, at: day(41))
            }
        }
    }
}
