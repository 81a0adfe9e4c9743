import Cryptography
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
@testable import Payments
import Postgres
import Synchronization
import TestDatabase
import UnionPay

@testable import Portal

/// A clock that stands still until a test moves it.
final class StandingClock: Sendable {
    private let moment: Mutex<Date>

    /// 23 November 2026, a Monday, 10:00 in Beijing.
    init() { moment = Mutex(Date(timeIntervalSince1970: 1_795_399_200)) }

    var now: Date { moment.withLock(\.self) }

    func advance(_ seconds: Double) { moment.withLock { $0 += seconds } }
}

/// The whole site on a database of its own, with nothing outside but a phone that keeps what it is sent.
struct SiteFixture: Sendable {
    let platform: Platform
    let portal: Portal
    let application: Application<RouterResponder<PortalContext>>
    let clock: StandingClock
    let owner: Database
    private let messages: Messages

    /// What the message centre was sent.
    private final class Messages: Sendable {
        let bodies = Mutex<[String]>([])
    }

    /// Runs `body` with a fresh site and removes its database afterwards.
    static func with(_ body: @Sendable (SiteFixture) async throws -> Void) async throws {
        try await TestDatabase.with { test in
            let clock = StandingClock()
            let messages = Messages()
            struct NothingOutside: Error {}
            let effects = Effects(
                now: { clock.now }, randomBytes: SystemRandom.bytes,
                send: { call in
                    messages.bodies.withLock { $0.append(String(decoding: call.body, as: UTF8.self)) }
                    throw NothingOutside()
                })
            let database = test.open(.app, poolSize: 4)
            let owner = test.open(.owner, poolSize: 1)
            let platform = Platform(
                database: database, effects: effects, keys: try SiteKeys.keys.get(),
                settings: PaymentSettings(
                    publicAddress: "https://portal.example", callbackAddress: "https://portal.example",
                    bankAddress: "http://bank.example", merchantID: "777290058110097",
                    phoneAddress: "http://phone.example"),
                passwords: PasswordHasher(
                    parameters: .least,
                    pepper: try Pepper(id: "test", secret: Secret([UInt8](repeating: 3, count: 32)))),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let portal = try Portal(
                platform: platform,
                settings: PortalSettings(
                    publicAddress: "https://portal.example", bankOrigin: "http://bank.example",
                    publicFolder: Repository.root.appending(path: "Public").path))
            let fixture = SiteFixture(
                platform: platform, portal: portal, application: portal.application(), clock: clock,
                owner: owner, messages: messages)
            do {
                try await body(fixture)
            } catch {
                await database.close()
                await owner.close()
                throw error
            }
            await database.close()
            await owner.close()
        }
    }

    /// A browser of its own, with an empty jar of cookies.
    func browser() -> Browser { Browser(application: application) }

    // MARK: People

    /// Adds a member of staff; gives the password, which may be kept unless it is said to be a first one.
    func add(
        _ number: String, _ role: StaffRole, _ region: Region = .city("430100"), mobile: String,
        isLasting: Bool = true
    ) async throws -> String {
        try await platform.staff.add(
            number: number, name: "员工\(number)", role: role, region: region, mobile: mobile,
            isLasting: isLasting, at: clock.now
        ).password.revealed
    }

    /// A browser in which a new member of staff is signed in.
    func staff(
        _ number: String, _ role: StaffRole, _ region: Region = .city("430100"), mobile: String
    ) async throws -> Browser {
        let password = try await add(number, role, region, mobile: mobile)
        let browser = browser()
        try await browser.get("/admin/login")
        let answer = try await browser.post("/admin/login", ["login": number, "password": password])
        guard answer.status == .seeOther else { throw SiteFixtureError("\(number) was not signed in") }
        return browser
    }

    static let loginPassword = "绿茶 harbour 0417"
    static let paymentPassword = "quiet-lantern-88x"

    /// The fields of a good application.
    static func openingForm(
        name: String = "长沙示例实业有限公司", creditCode: String = "91430100MA4L0002XB", loginID: String = "changsha01"
    ) -> [String: String] {
        [
            "enterpriseName": name, "creditCode": creditCode, "legalRepresentative": "王建国",
            "operatorName": "李小梅", "operatorMobile": "138 0013 8000", "cityCode": "430100",
            "internetBankingBank": "ICBC", "accountBank": "CCB", "lineNumber": "105100000017",
            "accountNumber": "4300 1234 5678 9012 3456", "holderName": name, "loginID": loginID,
        ]
    }

    /// Opens a company through the pages, by two people, and activates it; gives its merchant number.
    @discardableResult
    func openCompany() async throws -> String {
        let manager = try await staff("KH9001", .accountManager, mobile: "13900009001")
        try await manager.get("/admin/enterprises/new")
        let submitted = try await manager.post("/admin/enterprises", Self.openingForm())
        let number = submitted.location.split(separator: "/").last.map(String.init) ?? ""
        let supervisor = try await staff("SH9001", .supervisor, mobile: "13900009002")
        try await supervisor.get("/admin/approvals")
        try await supervisor.post("/admin/approvals/\(number)/approval")
        let link = try await activationLink()
        let person = browser()
        try await person.get(link)
        let activated = try await person.post(link, Self.passwords)
        guard activated.location == "/activated" else {
            throw SiteFixtureError("the company was not activated: \(activated.body)")
        }
        return try await owner.query("SELECT merchant_number FROM enterprises").only()["merchant_number"]
    }

    /// A browser in which the operator of ``openCompany()`` is signed in.
    func clerk() async throws -> Browser {
        let browser = browser()
        try await browser.get("/login")
        let answer = try await browser.post(
            "/login", ["login": "changsha01", "password": Self.loginPassword])
        guard answer.status == .seeOther else { throw SiteFixtureError("the clerk was not signed in") }
        return browser
    }

    /// The passwords of an activation, each typed twice.
    static let passwords = [
        "loginPassword": loginPassword, "loginPasswordAgain": loginPassword,
        "paymentPassword": paymentPassword, "paymentPasswordAgain": paymentPassword,
    ]

    /// The address in the newest activation message, as the operator's phone shows it.
    func activationLink() async throws -> String {
        let rows = try await platform.database.query(
            "SELECT id FROM messages WHERE state = 'queued' ORDER BY id")
        for row in rows { try? await platform.messages.deliver(try row["id"], attempts: 0) }
        let newest = messages.bodies.withLock(\.last) ?? ""
        guard let range = newest.firstRange(of: Activations.pathPrefix) else {
            // JSON may escape the slash.
            guard let escaped = newest.firstRange(of: "\\/activation\\/") else {
                throw SiteFixtureError("no link was sent: \(newest)")
            }
            return Activations.pathPrefix + newest[escaped.upperBound...].prefix(43)
        }
        return Activations.pathPrefix + newest[range.upperBound...].prefix(43)
    }
}

/// A step of the fixture that did not go as it should.
struct SiteFixtureError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Keys for tests; made once, because RSA keys take a while.
enum SiteKeys {
    static let keys = Result {
        let notBefore = Date(timeIntervalSince1970: 1_700_000_000)
        let notAfter = Date(timeIntervalSince1970: 2_000_000_000)
        let root = try CertificateAuthority.makeRoot(
            commonName: "test", serial: 1, notBefore: notBefore, notAfter: notAfter,
            key: try PrivateKey.generate(.p256))
        let merchantKey = try PrivateKey.generate(.rsa(bits: 2048))
        let certificate = try root.issueLeaf(
            commonName: "merchant", serial: 2, notBefore: notBefore, notAfter: notAfter,
            publicKey: merchantKey.publicKey)
        let side = MerchantSide(
            gateway: Gateway(baseURL: "http://bank.example"),
            signer: try MessageSigner(certificate: certificate, key: merchantKey),
            verifier: MessageVerifier(roots: [root.certificate], intermediates: []),
            encryptionCertificate: certificate)
        return Keys(
            fieldEncryption: try AESGCM(key: [UInt8](repeating: 7, count: 32)),
            lookup: Secret([UInt8](repeating: 9, count: 32)), unionPay: side,
            platformHTTP: try PrivateKey.generate(.ed25519),
            billerHTTP: try PrivateKey.generate(.ed25519).publicKey,
            bankHTTP: try PrivateKey.generate(.ed25519).publicKey,
            messages: MessageKeys(newest: "1", key: try AESGCM(key: [UInt8](repeating: 5, count: 32))))
    }
}
