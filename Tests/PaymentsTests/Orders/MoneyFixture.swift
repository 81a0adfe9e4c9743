import Cryptography
import Foundation
import HTTPSignatures
import Logging
import Postgres
import Synchronization
import TestDatabase
import UnionPay

@testable import Payments

/// Keys of the bank and of the billers for tests; made once, because RSA keys take a while.
enum OutsideKeys {
    struct Bank: Sendable {
        let merchantSide: MerchantSide
        let bankSide: BankSide
        /// A bank that signs with a certificate nobody trusts.
        let strangerSide: BankSide
    }

    static let biller = Result { try PrivateKey.generate(.ed25519) }
    static let platform = Result { try PrivateKey.generate(.ed25519) }
    static let reserveBank = Result { try PrivateKey.generate(.ed25519) }

    static let bank = Result {
        let (from, until) = (
            Date(timeIntervalSince1970: 1_700_000_000), Date(timeIntervalSince1970: 2_000_000_000)
        )
        func authority(_ name: String) throws -> CertificateAuthority {
            try CertificateAuthority.makeRoot(
                commonName: name, serial: 1, notBefore: from, notAfter: until, key: PrivateKey.generate(.p256)
            )
        }
        let root = try authority("root")
        let merchantKey = try PrivateKey.generate(.rsa(bits: 2048))
        let bankKey = try PrivateKey.generate(.rsa(bits: 2048))
        func leaf(_ name: String, _ serial: UInt64, _ key: PrivateKey, by authority: CertificateAuthority)
            throws
            -> Certificate
        {
            try authority.issueLeaf(
                commonName: name, serial: serial, notBefore: from, notAfter: until, publicKey: key.publicKey)
        }
        let merchant = try leaf("merchant", 2, merchantKey, by: root)
        let name = "041@1@中国银联股份有限公司@1"
        let bank = try leaf(name, 3, bankKey, by: root)
        let strange = try leaf(name, 3, bankKey, by: authority("stranger"))
        let verifier = RequestVerifier(certificates: [merchant])
        return Bank(
            merchantSide: MerchantSide(
                gateway: Gateway(baseURL: "http://bank.example"),
                signer: try MessageSigner(certificate: merchant, key: merchantKey),
                verifier: MessageVerifier(roots: [root.certificate], intermediates: []),
                encryptionCertificate: bank),
            bankSide: BankSide(
                signer: try MessageSigner(embedding: bank, key: bankKey), verifier: verifier,
                decryptionKey: bankKey),
            strangerSide: BankSide(
                signer: try MessageSigner(embedding: strange, key: bankKey), verifier: verifier,
                decryptionKey: bankKey))
    }
}

/// The world outside of a test: what the bank and the biller answer next is the test's to say. Speaks the true protocols;
/// only the decisions are scripted.
final class OutsideWorld: Sendable {
    /// What the bank answers.
    enum Answer: Sendable {
        case query(code: String, original: String?, amountFen: Int64? = nil)
        case payout(code: String)
        /// The connection breaks, before or after the bank has acted.
        case silence
    }

    /// What the bank answers when it is asked for a file.
    enum File: Sendable {
        case silence
        /// There is none (98).
        case none
        case content(String)
    }

    struct State: Sendable {
        var bankAnswers: [Answer] = []
        var queryDefault: Answer = .query(code: "34", original: nil)
        var payoutDefault: Answer = .payout(code: "00")
        var refundDefault: Answer = .silence
        var calls: [String] = []
        var bills: [Bill] = []
        var billsUnavailable = false
        var paymentStatus = "writtenOff"
        var queryStatus = "notKnown"
        var silentPayments = 0
        /// The reconciliation file that the bank hands out for any day.
        var file = File.silence
        /// Whether the bank's answers carry a certificate that nobody trusts.
        var isForging = false
        var paid: [String: Int64] = [:]
        var phone: [TestPhone.Message] = []
        /// The statements of the reserve account that the bank has, by day.
        var statements: [String: String] = [:]
        /// What billers state of days, by `CODE yyyy-MM-dd`: JSON; of other days they have no statement yet.
        var billerStatements: [String: String] = [:]
    }

    let state = Mutex(State())
    let clock: MovedClock

    init(clock: MovedClock) { self.clock = clock }

    struct Silence: Error {}

    func change(_ body: (inout sending State) -> Void) { state.withLock { body(&$0) } }
    var calls: [String] { state.withLock(\.calls) }

    func answer(_ call: OutsideCall) throws -> OutsideAnswer {
        let path = URL(string: call.url)?.path() ?? ""
        state.withLock { $0.calls.append(path) }
        if path.hasPrefix("/gateway") { return try bank(call, path) }
        if path == Gateway.filePath { return try file(call) }
        if path.hasPrefix("/phone") { return try phone(call) }
        if path.hasPrefix("/bank/reserve-statements/") { return try statement(call, path) }
        return try biller(call, path)
    }

    // MARK: Bank

    private func bank(_ call: OutsideCall, _ path: String) throws -> OutsideAnswer {
        let keys = try OutsideKeys.bank.get()
        let side = state.withLock(\.isForging) ? keys.strangerSide : keys.bankSide
        if path.hasSuffix("queryTrans.do") {
            let query = try side.query(body: call.body, at: clock.now)
            guard case .query(let code, let original, let amount) = next(\.queryDefault) else {
                throw Silence()
            }
            let transaction =
                try (original == "00" || amount != nil) ? transaction(query.order, amount ?? 0) : nil
            return ok(
                try side.body(
                    of: QueryAnswer(
                        product: query.product, order: query.order,
                        kind: query.order.number.text.hasPrefix("RF") ? .refund : nil,
                        responseCode: ResponseCode(code),
                        originalCode: original.map { try ResponseCode($0) }, transaction: transaction)))
        }
        if try Message(formBody: call.body)[.txnType] == "04" {
            let refund = try side.refund(body: call.body, at: clock.now)
            guard case .payout(let code) = next(\.refundDefault) else { throw Silence() }
            return ok(try side.body(of: RefundAnswer(to: refund, responseCode: ResponseCode(code))))
        }
        let payout = try side.payout(body: call.body, at: clock.now)
        guard case .payout(let code) = next(\.payoutDefault) else { throw Silence() }
        return ok(try side.body(of: PayoutAnswer(order: payout.order, responseCode: ResponseCode(code))))
    }

    private func file(_ call: OutsideCall) throws -> OutsideAnswer {
        let side = try OutsideKeys.bank.get().bankSide
        let download = try side.fileDownload(body: call.body, at: clock.now)
        return switch state.withLock(\.file) {
        case .silence: throw Silence()
        case .none:
            ok(try side.body(of: FileDownloadAnswer(to: download, responseCode: ResponseCode("98"))))
        case .content(let content):
            ok(
                try side.body(
                    of: FileDownloadAnswer(to: download, fileName: "file.zip", fileContent: content)))
        }
    }

    private func next(_ standing: KeyPath<State, Answer> & Sendable) -> Answer {
        state.withLock { $0.bankAnswers.isEmpty ? $0[keyPath: standing] : $0.bankAnswers.removeFirst() }
    }

    func transaction(_ order: OrderIdentity, _ amountFen: Int64, serial: String? = nil) throws
        -> BankTransaction
    {
        // The bank's serial follows from the order, so that a repeated answer brings the same one.
        let digits = String(abs(order.number.text.hashValue) % 1_000_000_000_000_000 + 1_000_000_000_000_000)
        return BankTransaction(
            queryID: try QueryID(serial ?? "20261" + digits), amountFen: amountFen, settleDate: "1123")
    }

    /// The signed body of a notification about a top-up.
    func notification(
        of topUp: TopUp, amountFen: Int64? = nil, merchant: String = "777290058110097",
        serial: String? = nil, byStranger: Bool = false
    ) throws -> [UInt8] {
        let order = OrderIdentity(
            merchant: try UnionPay.MerchantNumber(merchant), number: try OrderNumber(topUp.number),
            time: BeijingTime(digits: topUp.transactionTime) ?? BeijingTime(clock.now))
        let keys = try OutsideKeys.bank.get()
        return try (byStranger ? keys.strangerSide : keys.bankSide).body(
            of: TransactionNotification(
                product: .businessGateway, order: order, responseCode: .success,
                transaction: transaction(order, amountFen ?? topUp.amount.fen, serial: serial)))
    }

    /// The signed body of a notification that a withdrawal was paid.
    func notification(of withdrawal: Withdrawal) throws -> [UInt8] {
        let order = OrderIdentity(
            merchant: try UnionPay.MerchantNumber("777290058110097"),
            number: try OrderNumber(withdrawal.number),
            time: withdrawal.transactionTime.flatMap { BeijingTime(digits: $0) } ?? BeijingTime(clock.now))
        return try OutsideKeys.bank.get().bankSide.body(
            of: TransactionNotification(
                product: .payout, order: order, responseCode: .success,
                transaction: transaction(order, withdrawal.amount.fen)))
    }

    private func ok(_ body: [UInt8]) -> OutsideAnswer { OutsideAnswer(status: 200, headers: [], body: body) }

    // MARK: Billers and phone

    private func biller(_ call: OutsideCall, _ path: String) throws -> OutsideAnswer {
        let sent = try JSONDecoder().decode([String: JSONValue].self, from: Data(call.body))
        let state = state.withLock { $0 }
        if path.hasSuffix("/bills/query") {
            if state.billsUnavailable { throw Silence() }
            struct Bills: Encodable {
                let customerName: String
                let bills: [Bill]
            }
            return try signed(call, Bills(customerName: "长沙**公司", bills: state.bills), tag: "biller-payment")
        }
        if path.hasSuffix("/statements/query") {
            let key = "\(path.split(separator: "/")[1]) \(sent["day"]?.text ?? "")"
            return try signed(
                call, Array((state.billerStatements[key] ?? #"{"status":"notReady"}"#).utf8),
                type: "application/json", status: 200, tag: "biller-payment", by: OutsideKeys.biller.get())
        }
        let number = sent["paymentNumber"]?.text ?? ""
        let status: String
        if path.hasSuffix("/payments/query") {
            status = state.paid[number] == nil ? state.queryStatus : "writtenOff"
        } else {
            status = state.paymentStatus
            if status == "writtenOff" {
                self.state.withLock { $0.paid[number] = sent["amount"]?.number ?? 0 }
            }
            if state.silentPayments > 0 {
                self.state.withLock { $0.silentPayments -= 1 }
                throw Silence()
            }
        }
        let answer = ["paymentNumber": number, "status": status, "serial": "S\(number)", "reason": "原因"]
        return try signed(call, answer, tag: "biller-payment")
    }

    private func phone(_ call: OutsideCall) throws -> OutsideAnswer {
        let message = try JSONDecoder().decode(TestPhone.Message.self, from: Data(call.body))
        state.withLock { $0.phone.append(message) }
        return try signed(call, ["status": "delivered"], tag: "message")
    }

    private func statement(_ call: OutsideCall, _ path: String) throws -> OutsideAnswer {
        let (statement, isForging) = state.withLock { state in
            (state.statements[String(path.suffix(10))], state.isForging)
        }
        return try signed(
            call, Array((statement ?? "").utf8), type: "text/csv; charset=utf-8",
            status: statement == nil ? 404 : 200, tag: "reserve-statement",
            by: (isForging ? OutsideKeys.biller : OutsideKeys.reserveBank).get())
    }

    private func signed(_ call: OutsideCall, _ body: some Encodable, tag: String) throws -> OutsideAnswer {
        try signed(
            call, Array(try JSONEncoder().encode(body)), type: "application/json", status: 200, tag: tag,
            by: OutsideKeys.biller.get())
    }

    private func signed(
        _ call: OutsideCall, _ body: [UInt8], type: String, status: Int, tag: String, by key: PrivateKey
    ) throws -> OutsideAnswer {
        var fields = [HTTPField("Content-Type", type), ContentDigest.field(for: body)]
        let request = try SignableRequest(
            method: call.method, url: call.url, fields: call.headers.map { HTTPField($0.name, $0.value) })
        let profile = SignatureProfile(
            components: [
                .status, .field("content-digest"), .field("content-type"),
                ComponentIdentifier.field("signature").ofRequest,
            ], tag: tag, requiresNonce: false)
        fields += try profile.sign(
            .response(SignableResponse(status: status, fields: fields, request: request)),
            key: MessageSigningKey(id: "theirs", ed25519: key), nonce: nil, at: clock.now)
        return OutsideAnswer(status: status, headers: fields.map { ($0.name, $0.value) }, body: body)
    }
}

/// A text or a whole number of a JSON object.
enum JSONValue: Decodable, Sendable {
    case text(String), number(Int64), other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let number = try? container.decode(Int64.self) {
            self = .number(number)
        } else {
            self = .other
        }
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Int64? { if case .number(let number) = self { number } else { nil } }
}

extension PeopleFixture {
    /// People on a platform that a test has made itself.
    init(platform: Platform, test: TestDatabase, owner: Database, clock: MovedClock) {
        self.platform = platform
        self.test = test
        self.owner = owner
        self.clock = clock
        phone = TestPhone()
    }
}

/// A platform on a database of its own with one active enterprise, its clerk, a verified registered account, a biller, and
/// a world outside that answers as the test says.
struct MoneyFixture: Sendable {
    let platform: Platform
    let owner: Database
    let clock: MovedClock
    let world: OutsideWorld
    let clerk: Clerk
    let merchantNumber: String
    let test: TestDatabase

    static let paymentPassword = PeopleFixture.paymentPassword

    static func with(_ body: (MoneyFixture) async throws -> Void) async throws {
        await PeopleFixture.places.take()
        do {
            try await TestDatabase.with { try await run(on: $0, body) }
        } catch {
            await PeopleFixture.places.release()
            throw error
        }
        await PeopleFixture.places.release()
    }

    private static func run(on test: TestDatabase, _ body: (MoneyFixture) async throws -> Void) async throws {
        let clock = MovedClock()
        let world = OutsideWorld(clock: clock)
        let database = test.open(.app, poolSize: 6)
        let owner = test.open(.owner, poolSize: 2)
        let platform = Platform(
            database: database,
            effects: Effects(
                now: { clock.now }, randomBytes: SystemRandom.bytes, send: { try world.answer($0) }),
            keys: Keys(
                fieldEncryption: try AESGCM(key: [UInt8](repeating: 7, count: 32)),
                lookup: Secret([UInt8](repeating: 9, count: 32)),
                unionPay: try OutsideKeys.bank.get().merchantSide,
                platformHTTP: try OutsideKeys.platform.get(),
                billerHTTP: try OutsideKeys.biller.get().publicKey,
                bankHTTP: try OutsideKeys.reserveBank.get().publicKey,
                messages: MessageKeys(newest: "1", key: try AESGCM(key: [UInt8](repeating: 5, count: 32)))),
            settings: PaymentSettings(
                publicAddress: "https://portal.example", callbackAddress: "https://portal.example",
                bankAddress: "http://bank.example", merchantID: "777290058110097",
                phoneAddress: "http://phone.example"),
            passwords: try PeopleFixture.hasher(.least),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        do {
            let people = PeopleFixture(platform: platform, test: test, owner: owner, clock: clock)
            try await body(prepare(people, world: world))
        } catch {
            await database.close()
            await owner.close()
            throw error
        }
        await database.close()
        await owner.close()
    }

    private static func prepare(_ people: PeopleFixture, world: OutsideWorld) async throws -> MoneyFixture {
        let platform = people.platform
        let manager = try await people.accountManager()
        let supervisor = try await people.supervisor()
        let operations = try await people.add("YY0001", .operations, .national, mobile: "13900000003").member
        let form = PeopleFixture.form()
        let number = try await platform.accountOpenings.submit(
            form, command: people.command(), by: manager, from: people.origin, at: people.now)
        let outcome = try await platform.accountOpenings.approve(
            number, version: 1, command: people.command(), by: supervisor, from: people.origin, at: people.now
        )
        guard case .approved(let merchantNumber) = outcome else { throw RowMissing() }
        try await people.deliverMessages()
        guard let text = world.state.withLock(\.phone).last?.text,
            let match = text.firstMatch(of: #/\/activation\/([A-Za-z0-9_-]+)/#)
        else { throw RowMissing() }
        try await platform.activations.activate(
            token: String(match.1), loginPassword: PeopleFixture.loginPassword,
            paymentPassword: paymentPassword,
            from: people.origin, at: people.now)
        guard
            let details = try await platform.enterprises.details(
                merchantNumber: merchantNumber, within: .national),
            let account = details.registeredAccount, let person = details.operators.first
        else { throw RowMissing() }
        try await platform.registeredAccounts.requestManualCheck(
            of: account.id, reason: "开户许可证", by: operations, from: people.origin, at: people.now)
        try await platform.registeredAccounts.confirm(
            account.id, by: supervisor, from: people.origin, at: people.now)
        for rule in Biller.AmountRule.allCases {
            try await platform.billers.register(
                Biller(
                    code: rule.rawValue.uppercased(), name: "收费单位\(rule)", cityCode: "430100",
                    billItem: "water",
                    amountRule: rule, numberLabel: "户号", numberPattern: "[0-9]{8}", numberHint: "8 位数字",
                    least: Money(fen: 1), most: Money(fen: 10_000_000),
                    address: "http://biller.example/billers/\(rule.rawValue.uppercased())"))
        }
        return MoneyFixture(
            platform: platform, owner: people.owner, clock: people.clock, world: world,
            clerk: Clerk(enterprise: details.enterprise.id, person: person.id, origin: people.origin),
            merchantNumber: merchantNumber, test: people.test)
    }

    func command() -> CommandID { CommandID(effects: platform.effects) }

    /// Lets time pass and does what became due.
    func pass(_ seconds: Double) async throws {
        clock.advance(seconds)
        try await Worker(platform: platform).runDue()
    }

    func balances() async throws -> Balances {
        try await platform.statements.overview(of: clerk.enterprise).balances
    }

    func order(fen: Int64) async throws -> TopUp {
        let number = try await platform.topUps.order(
            command(), amount: Money(fen: fen), bank: "ICBC", by: clerk)
        return try await topUp(number)
    }

    func topUp(_ number: String) async throws -> TopUp {
        guard let topUp = try await platform.topUps.find(number, of: clerk.enterprise) else {
            throw RowMissing()
        }
        return topUp
    }

    /// Puts money on the account by a whole top-up.
    func fund(fen: Int64) async throws {
        let topUp = try await order(fen: fen)
        _ = try await platform.topUps.handOff(topUp.number, by: clerk)
        world.change { $0.bankAnswers = [.query(code: "00", original: "00", amountFen: fen)] }
        try await pass(2)
    }

    /// What waits for a person, in words, cases of reconciliation first; but for the bank's files, which this world has only
    /// when a test gives them.
    func workItems() async throws -> [String] {
        let items = try await platform.monitoring.openWorkItems(within: .national).rows
        return try await openCases() + items.filter { $0.settlementDate == nil }.map(\.detail)
    }

    /// The cases of reconciliation that wait for a person, in words.
    func openCases() async throws -> [String] {
        try await platform.differences.list(
            Differences.Filter(isOpenOnly: true), within: .national, limit: 100
        ).reversed().map(\.detail)
    }

    /// The names of broken invariants.
    func broken() async throws -> [String] {
        try await platform.monitoring.check().filter { $0.count > 0 }.map {
            "\($0.invariant.name): \($0.subjects)"
        }
    }
}
