import Cryptography
import Foundation
import HTTPSignatures
import Hummingbird
import Logging
import Synchronization
import Testing
import UnionPay

@testable import Sandbox

/// The sandbox within this process, its clock held still, and a merchant who calls it as the portal does.
final class Play: Sendable {
    /// 2026-11-24, a Tuesday, 10:00 in Beijing.
    static let start = Date(timeIntervalSince1970: 1_795_485_600)
    static let address = "http://127.0.0.1:8090"
    private static let keys = Result { try Keys() }

    let folder: TemporaryFolder
    let sandbox: Sandbox
    let merchant: MerchantSide
    let inbox = Inbox()
    /// What the sandbox would have waited for.
    let pauses = Pauses()
    private let keys: Keys

    /// A sandbox whose books lie in `folder`; the clock stands at `start`.
    init(folder: TemporaryFolder? = nil, at moment: Date = Play.start) async throws {
        keys = try Self.keys.get()
        self.folder = try folder ?? TemporaryFolder()
        merchant = keys.merchant
        let clock = SandboxClock(base: { Self.start })
        clock.offsetSeconds = moment.timeIntervalSince(Self.start)
        sandbox = try await Sandbox(
            keys: keys.sandbox, directory: self.folder.url, authorities: ["127.0.0.1:8090"], portal: "",
            clock: clock, faults: Faults(payoutDelaySeconds: 20, pause: { [pauses] in pauses.add($0) }),
            send: { [inbox] in await inbox.take($0) }, logger: Logger(label: "play"))
        await sandbox.start()
    }

    /// The same sandbox after a restart at the same moment.
    func restarted() async throws -> Play {
        try await Play(folder: folder, at: now)
    }

    var now: Date { sandbox.clock.now }

    /// Lets seconds pass and does what becomes due.
    func pass(_ seconds: Double) async {
        sandbox.clock.offsetSeconds += seconds
        await sandbox.advance()
    }

    func adopt(_ rules: FaultPlan.Rule...) async throws {
        try await sandbox.bank.adopt(FaultPlan(seed: 1, rules: rules))
    }

    // MARK: The merchant

    func identity(_ number: String) throws -> OrderIdentity {
        OrderIdentity(
            merchant: try MerchantNumber(Keys.merchantNumber), number: try OrderNumber(number),
            time: BeijingTime(Self.start))
    }

    /// A browser comes with a payment that may be paid within 15 minutes; without a bank's code it is to be chosen.
    func visit(_ number: String, fen: Int64 = 10_000, bank: String? = "ICBC") async throws -> InProcessAnswer
    {
        let payment = try FrontPayment(
            order: identity(number), amountFen: fen, frontURL: "http://portal.example/return",
            backURL: "http://portal.example/notify", payTimeout: BeijingTime(now + 900), bankCode: bank)
        let form = try merchant.form(for: payment, at: now)
        return try await sandbox.answer(
            .post, form.action, headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: Message(pairs: form.inputs.map { ($0.name, $0.value) }).formBody)
    }

    /// A button of the gateway's page on which the payer chooses a bank.
    func choose(bank: String, _ number: String) async throws -> InProcessAnswer {
        let key = OrderKey(try identity(number))
        let body = "merId=\(key.merId)&orderId=\(key.orderId)&txnTime=\(key.txnTime)&bank=\(bank)"
        return try await sandbox.answer(
            .post, Self.address + "/bank/choices",
            headers: [("Content-Type", "application/x-www-form-urlencoded")], body: Array(body.utf8))
    }

    /// A button of the bank's page.
    func press(_ decision: String, _ number: String) async throws -> InProcessAnswer {
        let key = OrderKey(try identity(number))
        let body = "merId=\(key.merId)&orderId=\(key.orderId)&txnTime=\(key.txnTime)&decision=\(decision)"
        return try await sandbox.answer(
            .post, Self.address + "/bank/payments",
            headers: [("Content-Type", "application/x-www-form-urlencoded")], body: Array(body.utf8))
    }

    /// A payment from the visit to the button, and the notification as far as it is due.
    func pay(_ number: String, fen: Int64 = 10_000) async throws {
        _ = try await visit(number, fen: fen)
        _ = try await press("pay", number)
        await sandbox.advance()
    }

    func send(_ request: GatewayRequest) async throws -> InProcessAnswer {
        try await sandbox.answer(
            .post, request.url, headers: [("Content-Type", GatewayRequest.contentType)], body: request.body)
    }

    func ask(_ number: String, of product: Product = .businessGateway, kind: TransactionKind? = nil)
        async throws
        -> QueryAnswer
    {
        let query = try Query(product: product, order: identity(number), kind: kind)
        let answer = try await send(merchant.request(for: query, at: now))
        return try merchant.answer(to: query, body: answer.body, at: now)
    }

    func payout(_ number: String, fen: Int64 = 3000, account: String = "6222000012345678") throws -> Payout {
        try Payout(
            order: identity(number), amountFen: fen, accountNumber: Secret(account), holderName: Secret("示例"),
            licenceNumber: "91430100MA4L16JJ0E", backURL: "http://portal.example/notify")
    }

    func send(_ payout: Payout) async throws -> InProcessAnswer {
        try await send(merchant.request(for: payout, at: now))
    }

    /// A payout that is taken.
    func payOut(_ number: String, fen: Int64 = 3000) async throws {
        let payout = try payout(number, fen: fen)
        let answer = try await merchant.answer(to: payout, body: send(payout).body, at: now)
        guard case .accepted = answer.outcome else {
            Issue.record("\(number) not accepted")
            return
        }
    }

    func refund(_ number: String, of payment: String, fen: Int64) async throws -> RefundAnswer {
        let serial = try #require(try await order(payment).queryId)
        let refund = try Refund(
            order: identity(number), originalQueryID: QueryID(serial), amountFen: fen,
            backURL: "http://portal.example/notify")
        let answer = try await send(merchant.request(for: refund, at: now))
        return try merchant.answer(to: refund, body: answer.body, at: now)
    }

    /// The lines of the file of a day; nil while there is none.
    func file(_ day: String) async throws -> [ReconciliationRecord]? {
        guard let content = try await fileContent(day) else { return nil }
        let reader = try ReconciliationFileReader(fileContent: content)
        var records: [ReconciliationRecord] = []
        while let record = try reader.next() { records.append(record) }
        return records
    }

    func fileContent(_ day: String) async throws -> String? {
        let parts = day.split(separator: "-").compactMap { Int($0) }
        let download = FileDownload(
            merchant: try MerchantNumber(Keys.merchantNumber),
            settlementDate: try #require(SettlementDate(year: parts[0], month: parts[1], day: parts[2])),
            time: BeijingTime(now))
        let answer = try await send(merchant.request(for: download, at: now))
        switch try merchant.answer(to: download, body: answer.body, at: now).outcome {
        case .file(_, let content): return content
        case .noFile: return nil
        case .askAgain(let code), .refused(let code): throw SandboxFailure("answered \(code)")
        }
    }

    /// The statement of a day with the status of the answer, whose signature is checked.
    func statement(_ day: String) async throws -> (status: Int, text: String) {
        let profile = SignatureProfile(components: [.method, .authority, .path], tag: "reserve-statement")
        var request = SignableRequest(
            method: "GET", scheme: "http", authority: "127.0.0.1:8090",
            path: "/bank/reserve-statements/\(day)")
        request.fields = try profile.sign(
            .request(request), key: keys.platform, nonce: SystemRandom.token(bytes: 16), at: now)
        let answer = try await sandbox.answer(
            .get, Self.address + request.path, headers: request.fields.map { ($0.name, $0.value) })
        let answers = SignatureProfile(
            components: [
                .status, .field("content-digest"), .field("content-type"),
                ComponentIdentifier.field("signature").ofRequest,
            ], tag: "reserve-statement")
        let response = SignableResponse(
            status: answer.status, fields: answer.headers.map { HTTPField($0.name.rawName, $0.value) },
            request: request)
        let key = keys.bankHTTP
        _ = try answers.verify(.response(response), content: answer.body, at: now) {
            $0 == "bank" ? key : nil
        }
        return (answer.status, answer.text)
    }

    // MARK: The billers

    /// Calls a biller as the platform does; gives the answer, whose signature is checked.
    func call(biller path: String, _ question: [String: String]) async throws -> InProcessAnswer {
        try await call(biller: path, body: JSONEncoder().encode(question))
    }

    private func call(biller path: String, body: Data) async throws -> InProcessAnswer {
        let content = Array(body)
        let profile = SignatureProfile(
            components: [
                .method, .authority, .path, .field("content-type"), .field("content-digest"),
            ], tag: "biller-payment")
        var request = SignableRequest(
            method: "POST", scheme: "http", authority: "127.0.0.1:8090", path: "/billers/\(path)",
            fields: [HTTPField("Content-Type", "application/json"), ContentDigest.field(for: content)])
        request.fields += try profile.sign(
            .request(request), key: keys.platform, nonce: SystemRandom.token(bytes: 16), at: now)
        let answer = try await sandbox.answer(
            .post, Self.address + request.path, headers: request.fields.map { ($0.name, $0.value) },
            body: content)
        let answers = SignatureProfile(
            components: [
                .status, .field("content-digest"), .field("content-type"),
                ComponentIdentifier.field("signature").ofRequest,
            ], tag: "biller-payment")
        let response = SignableResponse(
            status: answer.status, fields: answer.headers.map { HTTPField($0.name.rawName, $0.value) },
            request: request)
        let key = keys.billerHTTP
        _ = try answers.verify(.response(response), content: answer.body, at: now) { _ in key }
        return answer
    }

    /// Pays all bills of a customer of CSGAS2; gives what the biller says of it.
    @discardableResult
    func payBill(_ number: String, of customer: String) async throws -> BillerPayment.Status? {
        let book = try #require(sandbox.billers["CSGAS2"])
        let bills = try #require(try await book.statement(of: customer, at: now)).bills
        let order = BillerBook.Order(
            paymentNumber: number, customerNumber: customer, amount: bills.reduce(0) { $0 + $1.amount },
            bills: bills.map(\.billNumber), paidAt: "2026-11-24T02:00:00Z")
        _ = try await call(biller: "CSGAS2/payments", body: JSONEncoder().encode(order))
        return try await book.find(number, at: now)?.status
    }

    /// What a biller's statement of a day says.
    struct BillerStatement: Decodable {
        struct Line: Decodable {
            let paymentNumber: String
            let serial: String
            let amount: Int64
            let customerNumber: String
            let writtenOffAt: String
        }
        let status: String
        let count: Int?
        let sum: Int64?
        let payments: [Line]?

        var numbers: [String] { payments?.map(\.paymentNumber) ?? [] }
    }

    func billerStatement(_ day: String, of biller: String = "CSGAS2") async throws -> BillerStatement {
        let answer = try await call(biller: "\(biller)/statements/query", ["day": day])
        return try JSONDecoder().decode(BillerStatement.self, from: Data(answer.body))
    }

    // MARK: The bank's book

    func order(_ number: String) async throws -> BankOrder {
        try #require(await sandbox.bank.find(OrderKey(identity(number))))
    }

    func trades() async -> [Trade] {
        await sandbox.bank.state.trades
    }

    /// How often each fault struck.
    func counts() async -> [String: Int] {
        await sandbox.bank.faultReport().counts
    }

    /// The notifications that came, as the merchant reads them; those that it does not believe are nil.
    func notifications() async -> [TransactionNotification?] {
        await inbox.all.map { sent in
            try? merchant.notification(body: sent.body, backURL: sent.url, at: now)
        }
    }
}

/// What came to the merchant's backUrl.
actor Inbox {
    private(set) var all: [OutgoingNotification] = []
    private var status = 200

    func answer(with status: Int) {
        self.status = status
    }

    func take(_ notification: OutgoingNotification) -> Int {
        all.append(notification)
        return status
    }
}

/// Seconds of real time that nobody has to wait for.
final class Pauses: Sendable {
    private let seconds = Mutex<[Double]>([])

    var all: [Double] { seconds.withLock { $0 } }

    func add(_ pause: Double) {
        seconds.withLock { $0.append(pause) }
    }
}

/// The keys of both sides, made once for all tests.
private struct Keys: Sendable {
    static let merchantNumber = "777290058110097"

    let folder: TemporaryFolder
    let sandbox: SandboxKeys
    let merchant: MerchantSide
    let platform: MessageSigningKey
    let bankHTTP: MessageVerificationKey
    let billerHTTP: MessageVerificationKey

    init() throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        sandbox = try SandboxKeys(folder: folder.url, merchantNumber: Self.merchantNumber)
        let read = { (name: String) in
            try String(contentsOf: folder.url.appendingPathComponent(name), encoding: .utf8)
        }
        merchant = MerchantSide(
            gateway: Gateway(baseURL: Play.address),
            signer: try MessageSigner(
                certificate: Certificate(pem: read("merchant.cert.pem")),
                key: PrivateKey(pem: read("merchant.key.pem"))),
            verifier: MessageVerifier(
                roots: [try Certificate(pem: read("bank-root.pem"))],
                intermediates: [try Certificate(pem: read("bank-middle.pem"))]),
            encryptionCertificate: try Certificate(pem: read("bank-encryption.cert.pem")))
        platform = MessageSigningKey(
            id: SandboxKeys.platformKeyID, ed25519: try PrivateKey(pem: read("platform-http.key.pem")))
        bankHTTP = MessageVerificationKey(ed25519: try PublicKey(pem: read("bank-http.pub.pem")))
        billerHTTP = MessageVerificationKey(ed25519: try PublicKey(pem: read("biller.pub.pem")))
    }
}
