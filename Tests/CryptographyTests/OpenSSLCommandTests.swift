import Testing

@testable import Cryptography

@Suite("Signatures, with the openssl command on the other side")
struct OpenSSLCommandTests {
    @Test("openssl verifies our RSA signatures, and we verify its own")
    func rsa() throws {
        let command = try OpenSSLCommand()
        defer { command.cleanUp() }
        let key = try TestKeys.rsa
        let message = Array("orderId=TP20261122000001&txnAmt=100".utf8)
        try command.write("key.pem", Array(key.pem.utf8))
        try command.write("public.pem", Array(key.publicKey.pem.utf8))
        try command.write("message", message)
        try command.write("signature", key.sign(message, with: .rsaPKCS1SHA256))
        let checked = try command.run(
            "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "message")
        #expect(checked.status == 0)
        #expect(checked.output.contains("Verified OK"))
        try command.run("dgst", "-sha256", "-sign", "key.pem", "-out", "theirs", "message")
        #expect(
            key.publicKey.isValid(
                signature: try command.read("theirs"), for: message, with: .rsaPKCS1SHA256))
    }

    @Test("RSA-PSS with SHA-512 and 64 bytes of salt is what openssl understands by it, both ways")
    func rsaPSS() throws {
        let command = try OpenSSLCommand()
        defer { command.cleanUp() }
        let key = try TestKeys.rsa
        let message = Array("pss".utf8)
        try command.write("key.pem", Array(key.pem.utf8))
        try command.write("public.pem", Array(key.publicKey.pem.utf8))
        try command.write("message", message)
        try command.write("signature", key.sign(message, with: .rsaPSSSHA512))
        let checked = try command.run(
            "dgst", "-sha512", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:64", "-verify",
            "public.pem", "-signature", "signature", "message")
        #expect(checked.output.contains("Verified OK"))
        try command.run(
            "dgst", "-sha512", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:64", "-sign",
            "key.pem", "-out", "theirs", "message")
        #expect(
            key.publicKey.isValid(signature: try command.read("theirs"), for: message, with: .rsaPSSSHA512))
    }

    @Test("Keys that openssl makes are read in every form it writes them")
    func keyForms() throws {
        let command = try OpenSSLCommand()
        defer { command.cleanUp() }
        let text = { (name: String) in String(decoding: try command.read(name), as: UTF8.self) }
        try command.run("genrsa", "-traditional", "-out", "old.pem", "2048")
        try command.run("rsa", "-in", "old.pem", "-RSAPublicKey_out", "-out", "oldpublic.pem")
        try command.run("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", "ec.pem")
        try command.run("genpkey", "-algorithm", "RSA-PSS", "-out", "pss.pem")
        try command.run("genpkey", "-algorithm", "ed25519", "-out", "ed.pem")
        try command.run("ecparam", "-genkey", "-name", "secp384r1", "-noout", "-out", "p384.pem")
        let old = try PrivateKey(pem: text("old.pem"))
        #expect(old.kind == .rsa(bits: 2048))
        #expect(try text("old.pem").contains("BEGIN RSA PRIVATE KEY"))
        #expect(try text("oldpublic.pem").contains("BEGIN RSA PUBLIC KEY"))
        #expect(try PublicKey(pem: text("oldpublic.pem")) == old.publicKey)
        #expect(try PrivateKey(pem: text("ec.pem")).kind == .p256)
        #expect(try PrivateKey(pem: text("ed.pem")).kind == .ed25519)
        let pss = try PrivateKey(pem: text("pss.pem"))
        #expect(pss.kind == .rsaPSSOnly(bits: 2048))
        let signature = try pss.sign([1, 2], with: .rsaPSSSHA512)
        #expect(pss.publicKey.isValid(signature: signature, for: [1, 2], with: .rsaPSSSHA512))
        #expect(throws: CryptographyError.self) { try PrivateKey(pem: text("p384.pem")) }
    }

    @Test("openssl decrypts what we encrypt, and the other way round")
    func encryption() throws {
        let command = try OpenSSLCommand()
        defer { command.cleanUp() }
        let key = try TestKeys.rsa
        let plain = Array("6222021234567890123".utf8)
        try command.write("key.pem", Array(key.pem.utf8))
        try command.write("ours", key.publicKey.encryptPKCS1(plain))
        try command.write("plain", plain)
        try command.run("pkeyutl", "-decrypt", "-inkey", "key.pem", "-in", "ours", "-out", "decrypted")
        #expect(try command.read("decrypted") == plain)
        try command.run("pkeyutl", "-encrypt", "-inkey", "key.pem", "-in", "plain", "-out", "theirs")
        #expect(try key.decryptPKCS1(command.read("theirs")) == plain)
    }

    @Test("openssl accepts a chain that our authority made")
    func chain() throws {
        let command = try OpenSSLCommand()
        defer { command.cleanUp() }
        let root = try CertificateAuthority.makeRoot(
            commonName: "Root", serial: 1, notBefore: day(-10), notAfter: day(10))
        let middle = try root.issueIntermediate(
            commonName: "Middle", serial: 2, notBefore: day(-10), notAfter: day(10))
        let key = try TestKeys.rsa
        let leaf = try middle.issueLeaf(
            commonName: "041@1@中国银联股份有限公司@00000001", serial: 68_759_663_125, notBefore: day(-10),
            notAfter: day(10), publicKey: key.publicKey)
        try command.write("root.pem", Array(root.certificate.pem.utf8))
        try command.write("middle.pem", Array(middle.certificate.pem.utf8))
        try command.write("leaf.pem", Array(leaf.pem.utf8))
        let moment = String(Int(today.timeIntervalSince1970))
        let checked = try command.run(
            "verify", "-x509_strict", "-attime", moment, "-CAfile", "root.pem", "-untrusted", "middle.pem",
            "leaf.pem")
        #expect(checked.output.contains("leaf.pem: OK"), "\(checked.output)")
        let shown = try command.run(
            "x509", "-in", "leaf.pem", "-noout", "-serial", "-subject", "-nameopt", "utf8")
        #expect(shown.output.contains("serial=1002653215"))
        #expect(shown.output.contains("中国银联股份有限公司"))
    }
}
