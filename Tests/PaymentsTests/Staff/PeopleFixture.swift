import Cryptography
import Foundation
import HTTPSignatures
import Logging
import Postgres
import Synchronization
import TestDatabase
import UnionPay

@testable import Payments

/// A clock that stands still until a test moves it.
final class MovedClock: Sendable {
    private let moment: Mutex<Date>

    /// 23 November 2026, a Monday, 10:00 in Beijing.
    static let start = Date(timeIntervalSince1970: 1_795_399_200)

    init(_ start: Date = MovedClock.start) { moment = Mutex(start) }

    var now: Date { moment.withLock(\.self) }

    func advance(_ seconds: Double) { moment.withLock { $0 += seconds } }
}

/// The message centre of a test: takes messages, or is down.
final class TestPhone: Sendable {
    struct Message: Sendable, Decodable {
        let to: String
        let text: String
    }

    private let state = Mutex((taken: [Message](), isDown: false))

    var messages: [Message] { state.withLock { $0.taken } }

    func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }

    /// The token of the newest activation link in a message.
    var newestToken: String? {
        messages.last.flatMap { message in
            message.text.firstRange(of: Activations.pathPrefix).map {
                String(message.text[$0.upperBound...].prefix(43))
            }
        }
    }

    /// Answers a call as the sandbox would, signed.
    func answer(_ call: OutsideCall, key: PrivateKey, at moment: Date) throws -> OutsideAnswer {
        struct Down: Error {}
        guard !state.withLock({ $0.isDown }) else { throw Down() }
        let message = try JSONDecoder().decode(Message.self, from: Data(call.body))
        state.withLock { $0.taken.append(message) }
        let body = Array("{}".utf8)
        var fields = [HTTPField("Content-Type", "application/json"), ContentDigest.field(for: body)]
        let request = try SignableRequest(
            method: call.method, url: call.url, fields: call.headers.map { HTTPField($0.name, $0.value) })
        let profile = SignatureProfile(
            components: [
                .status, .field("content-digest"), .field("content-type"),
                ComponentIdentifier.field("signature").ofRequest,
            ], tag: "message", requiresNonce: false)
        let response = SignableResponse(status: 202, fields: fields, request: request)
        fields += try profile.sign(
            .response(response), key: MessageSigningKey(id: "phone", ed25519: key), nonce: nil, at: moment)
        return OutsideAnswer(status: 202, headers: fields.map { ($0.name, $0.value) }, body: body)
    }
}

/// Keys for tests; made once, because RSA keys take a while.
enum TestKeys {
    static let phone = Result { try PrivateKey.generate(.ed25519) }

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
            platformHTTP: try PrivateKey.generate(.ed25519), billerHTTP: try phone.get().publicKey,
            bankHTTP: try PrivateKey.generate(.ed25519).publicKey,
            messages: MessageKeys(newest: "1", key: try AESGCM(key: [UInt8](repeating: 5, count: 32))))
    }
}

/// Lets only so many go on at a time.
actor TestPlaces {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func release() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}

/// A platform on a database of its own, with people to act: an account manager and two supervisors in
/// Changsha, one of operations, and one supervisor of Guangdong.
struct PeopleFixture: Sendable {
    let platform: Platform
    let test: TestDatabase
    let owner: Database
    let clock: MovedClock
    let phone: TestPhone
    let origin = Origin(address: "192.0.2.1", requestID: "R1")

    var now: Date { clock.now }

    /// Runs `body` on a fresh database and drops it.
    static func with(
        parameters: Argon2Parameters = .least, _ body: (PeopleFixture) async throws -> Void
    ) async throws {
        await places.take()
        do {
            let fixture = try PeopleFixture(try await TestDatabase.make(), parameters)
            do {
                try await body(fixture)
            } catch {
                try? await fixture.end()
                throw error
            }
            try await fixture.end()
        } catch {
            await places.release()
            throw error
        }
        await places.release()
    }

    /// Tests run side by side; this many at a time have a database, so that the server is not asked for hundreds of
    /// connections at once.
    static let places = TestPlaces(8)

    private init(_ test: TestDatabase, _ parameters: Argon2Parameters) throws {
        let clock = MovedClock()
        let phone = TestPhone()
        let key = try TestKeys.phone.get()
        let effects = Effects(
            now: { clock.now }, randomBytes: SystemRandom.bytes,
            send: { try phone.answer($0, key: key, at: clock.now) })
        platform = Platform(
            database: test.open(.app, poolSize: 6), effects: effects, keys: try TestKeys.keys.get(),
            settings: PaymentSettings(
                publicAddress: "https://portal.example", callbackAddress: "https://portal.example",
                bankAddress: "http://bank.example", merchantID: "777290058110097",
                phoneAddress: "http://phone.example"),
            passwords: try Self.hasher(parameters),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        self.test = test
        owner = test.open(.owner, poolSize: 2)
        self.clock = clock
        self.phone = phone
    }

    /// Closes the pools and drops the database. A closed connection's process lives on for a moment, and
    /// the owner may not end the application's processes.
    private func end() async throws {
        await platform.database.close()
        await owner.close()
        for attempt in 1... {
            do {
                return try await test.drop()
            } catch let error as PostgresError where error.kind == .insufficientPrivilege && attempt < 100 {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    static func hasher(_ parameters: Argon2Parameters) throws -> PasswordHasher {
        PasswordHasher(
            parameters: parameters,
            pepper: try Pepper(id: "test", secret: Secret([UInt8](repeating: 3, count: 32))), queueLimit: 500)
    }

    /// The same platform with another cost of hashing.
    func rehashing(_ parameters: Argon2Parameters) throws -> Platform {
        Platform(
            database: platform.database, effects: platform.effects, keys: platform.keys,
            settings: platform.settings, passwords: try Self.hasher(parameters), logger: platform.logger)
    }

    /// Adds a member of staff and gives it with its password.
    @discardableResult
    func add(
        _ number: String, _ role: StaffRole, _ region: Region = .city("430100"), mobile: String
    ) async throws -> (member: StaffMember, password: String) {
        let added = try await platform.staff.add(
            number: number, name: "员工\(number)", role: role, region: region, mobile: mobile, at: now)
        let member = StaffMember(
            id: added.id, number: number, name: "员工\(number)", role: role, region: region)
        return (member, added.password.revealed)
    }

    func accountManager() async throws -> StaffMember {
        try await add("KH0001", .accountManager, mobile: "13900000001").member
    }

    func supervisor() async throws -> StaffMember {
        try await add("SH0001", .supervisor, mobile: "13900000002").member
    }

    func command() -> CommandID { CommandID(effects: platform.effects) }

    /// A good form; several have to differ in credit code and login ID.
    static func form(creditCode: String = "91430100MA4L0002XB", loginID: String = "changsha01")
        -> AccountOpeningForm
    {
        var form = AccountOpeningForm()
        form.enterpriseName = "长沙示例实业有限公司"
        form.creditCode = creditCode
        form.legalRepresentative = "王建国"
        form.operatorName = "李小梅"
        form.operatorMobile = "138 0013 8000"
        form.cityCode = "430100"
        form.internetBankingBank = "ICBC"
        form.accountBank = "CCB"
        form.lineNumber = "105100000017"
        form.accountNumber = "4300 1234 5678 9012 3456"
        form.holderName = "长沙示例实业有限公司"
        form.loginID = loginID
        return form
    }

    /// An enterprise opened in the ordinary way, not activated yet.
    @discardableResult
    func open(_ form: AccountOpeningForm = form()) async throws -> (merchantNumber: String, token: String) {
        let manager: StaffMember
        let checker: StaffMember
        if let found = try await platform.staff.find(number: "KH0001"),
            let other = try await platform.staff.find(number: "SH0001")
        {
            (manager, checker) = (found, other)
        } else {
            (manager, checker) = (try await accountManager(), try await supervisor())
        }
        let number = try await platform.accountOpenings.submit(
            form, command: command(), by: manager, from: origin, at: now)
        let outcome = try await platform.accountOpenings.approve(
            number, version: 1, command: command(), by: checker, from: origin, at: now)
        guard case .approved(let merchantNumber) = outcome else { throw RowMissing() }
        try await deliverMessages()
        guard let token = phone.newestToken else { throw RowMissing() }
        return (merchantNumber, token)
    }

    static let loginPassword = "绿茶 harbour 0417"
    static let paymentPassword = "quiet-lantern-88x"

    /// An enterprise whose operator has activated and can sign in.
    @discardableResult
    func openActive(
        _ form: AccountOpeningForm = form()
    ) async throws -> (merchantNumber: String, operatorID: Operator.ID) {
        let opened = try await open(form)
        try await platform.activations.activate(
            token: opened.token, loginPassword: Self.loginPassword, paymentPassword: Self.paymentPassword,
            from: origin, at: now)
        let row = try await owner.query("SELECT id FROM operators WHERE login_id = \(form.loginID)").only()
        return (opened.merchantNumber, try row["id"])
    }

    /// Delivers what is queued, as the worker would.
    func deliverMessages() async throws {
        let rows = try await platform.database.query(
            "SELECT id FROM messages WHERE state = 'queued' ORDER BY id")
        for row in rows { try await platform.messages.deliver(try row["id"], attempts: 0) }
    }

    func count(_ table: String, where condition: SQL = "TRUE") async throws -> Int {
        try await owner.query("SELECT count(*) AS n FROM \(unsafeRaw: table) WHERE \(fragment: condition)")
            .only()["n"]
    }
}
