import Foundation
import Testing

@testable import Cryptography

@Suite("Certificates")
struct CertificateTests {
    /// A root, a middle authority and a leaf. The leaf is valid from ten days before the tests' moment, the others
    /// from twenty, all until ten days after it unless told otherwise.
    struct Chain {
        let root: CertificateAuthority
        let middle: CertificateAuthority
        let leaf: Certificate
        let leafKey: PrivateKey

        init(rootDays: Double = 10, middleDays: Double = 10, leafDays: Double = 10) throws {
            // P-256 for the authorities, since their keys are made in no time.
            root = try CertificateAuthority.makeRoot(
                commonName: "测试根", serial: 1, notBefore: day(-20), notAfter: day(rootDays),
                key: .generate(.p256))
            middle = try root.issueIntermediate(
                commonName: "Middle", serial: 2, notBefore: day(-20), notAfter: day(middleDays),
                key: .generate(.p256))
            leafKey = try TestKeys.rsa
            leaf = try middle.issueLeaf(
                commonName: "041@1@中国银联股份有限公司@1", serial: .max, notBefore: day(-10),
                notAfter: day(leafDays), publicKey: leafKey.publicKey)
        }
    }

    @Test("What the authority writes is what the certificate says")
    func content() throws {
        let chain = try Chain()
        #expect(chain.leaf.subjectCommonName == "041@1@中国银联股份有限公司@1")
        #expect(chain.leaf.issuerCommonName == "Middle")
        #expect(chain.root.certificate.issuerCommonName == "测试根")
        #expect(chain.leaf.serialDecimal == "18446744073709551615")
        #expect(chain.leaf.notBefore == day(-10))
        #expect(chain.leaf.notAfter == day(10))
        #expect(chain.leaf.belongs(to: chain.leafKey))
        #expect(!chain.leaf.belongs(to: chain.middle.key))
        let reread = try Certificate(pem: chain.leaf.pem.replacingOccurrences(of: "\n", with: "\r\n"))
        #expect(reread.pem == chain.leaf.pem)
    }

    @Test("A whole chain is accepted from the first to the last second of its validity")
    func accepted() throws {
        let chain = try Chain()
        for moment in [day(-10), today, day(10).addingTimeInterval(-1)] {
            try Certificate.verifyChain(
                leaf: chain.leaf, intermediates: [chain.middle.certificate], roots: [chain.root.certificate],
                at: moment)
        }
    }

    @Test("Too early and too late are told apart, for every link of the chain")
    func validity() throws {
        let chain = try Chain()
        #expect(throws: CertificateError.notYetValid(commonName: "041@1@中国银联股份有限公司@1")) {
            try Certificate.verifyChain(
                leaf: chain.leaf, intermediates: [chain.middle.certificate], roots: [chain.root.certificate],
                at: day(-10.001))
        }
        for (chain, culprit) in [
            (try Chain(leafDays: 1), "041@1@中国银联股份有限公司@1"), (try Chain(middleDays: 1), "Middle"),
            (try Chain(rootDays: 1), "测试根"),
        ] {
            #expect(throws: CertificateError.expired(commonName: culprit)) {
                try Certificate.verifyChain(
                    leaf: chain.leaf, intermediates: [chain.middle.certificate],
                    roots: [chain.root.certificate], at: day(2))
            }
        }
    }

    @Test("A certificate by itself is valid from its first moment until just before its last")
    func ownValidity() throws {
        let leaf = try Chain().leaf
        for moment in [day(-10), today, day(10).addingTimeInterval(-1)] { try leaf.requireValid(at: moment) }
        #expect(throws: CertificateError.notYetValid(commonName: leaf.subjectCommonName)) {
            try leaf.requireValid(at: day(-10).addingTimeInterval(-1))
        }
        #expect(throws: CertificateError.expired(commonName: leaf.subjectCommonName)) {
            try leaf.requireValid(at: day(10))
        }
    }

    @Test("Without the middle, without a root, or under another root of the same name, nothing is trusted")
    func untrusted() throws {
        let chain = try Chain()
        let other = try Chain()
        let attempts: [([Certificate], [Certificate])] = [
            ([], [chain.root.certificate]),
            ([chain.middle.certificate], []),
            ([chain.middle.certificate], [other.root.certificate]),
            ([other.middle.certificate], [chain.root.certificate]),
            // A middle authority is not a root, whoever hands it in as one.
            ([], [chain.middle.certificate]),
        ]
        for (intermediates, roots) in attempts {
            #expect {
                try Certificate.verifyChain(
                    leaf: chain.leaf, intermediates: intermediates, roots: roots, at: today)
            } throws: { error in
                if case CertificateError.untrusted = error { true } else { false }
            }
        }
    }

    @Test("A leaf cannot vouch for another certificate")
    func leafIsNoAuthority() throws {
        let chain = try Chain()
        let forger = try CertificateAuthority(certificate: chain.leaf, key: chain.leafKey)
        let forged = try forger.issueLeaf(
            commonName: "041@1@中国银联股份有限公司@1", serial: 9, notBefore: day(-1), notAfter: day(1),
            publicKey: chain.leafKey.publicKey)
        #expect(throws: CertificateError.self) {
            try Certificate.verifyChain(
                leaf: forged, intermediates: [chain.middle.certificate, chain.leaf],
                roots: [chain.root.certificate], at: today)
        }
    }

    @Test("A certificate whose content was changed after signing is not trusted")
    func tampered() throws {
        let chain = try Chain()
        let body = chain.leaf.pem.split(separator: "\n").dropFirst().dropLast().joined()
        var der = try #require(Base64.decode(body))
        let name = Array("041@1".utf8)
        let index = try #require(der.indices.first { der[$0...].starts(with: name) })
        der[index + 4] = UInt8(ascii: "2")
        let pem = "-----BEGIN CERTIFICATE-----\n\(Base64.encode(der))\n-----END CERTIFICATE-----\n"
        let changed = try Certificate(pem: pem)
        #expect(changed.subjectCommonName == "041@2@中国银联股份有限公司@1")
        #expect(throws: CertificateError.self) {
            try Certificate.verifyChain(
                leaf: changed, intermediates: [chain.middle.certificate], roots: [chain.root.certificate],
                at: today)
        }
    }

    @Test(
        "Text that is not a certificate is refused",
        arguments: ["", "x", "-----BEGIN CERTIFICATE-----\nAA==\n"])
    func malformed(text: String) {
        #expect(throws: CertificateError.self) { try Certificate(pem: text) }
    }

    @Test("An authority needs the key of its own certificate")
    func foreignKey() throws {
        let chain = try Chain()
        #expect(throws: CryptographyError.self) {
            try CertificateAuthority(certificate: chain.root.certificate, key: chain.middle.key)
        }
    }

    @Test("One certificate is verified from many threads at a time")
    func parallelUse() async throws {
        let chain = try Chain()
        let (leaf, middle, root) = (chain.leaf, chain.middle.certificate, chain.root.certificate)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    try Certificate.verifyChain(leaf: leaf, intermediates: [middle], roots: [root], at: today)
                }
            }
            try await group.waitForAll()
        }
    }
}
