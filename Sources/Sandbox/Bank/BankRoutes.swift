import Foundation
import Hummingbird
import Logging
import UnionPay

/// The bank's addresses: the gateway of UnionPay's protocol, the buttons of the bank's pages, files and statements.
struct BankRoutes: Sendable {
    let bank: BankSide
    let book: BankBook
    let notifier: BankNotifier
    let faults: Faults
    let answers: FaultedAnswers
    let statements: SignedService
    let clock: SandboxClock
    let logger: Logger

    func add(to router: some RouterMethods<SandboxContext>) {
        router.post("/gateway/api/frontTransReq.do") { request, _ in try await showPayment(request) }
        router.post("/gateway/api/backTransReq.do") { request, _ in try await takeTransaction(request) }
        router.post("/gateway/api/queryTrans.do") { request, _ in try await answerQuery(request) }
        router.post("\(Gateway.filePath)") { request, _ in try await answerDownload(request) }
        router.get("/bank/payments") { request, _ in try await showWaiting(request) }
        router.post("/bank/choices") { request, _ in try await chooseBank(request) }
        router.post("/bank/payments") { request, _ in try await decidePayment(request) }
        router.get("/bank/reserve-statements/:day") { request, context in
            try await answerStatement(request, day: context.parameters.require("day"))
        }
    }

    // MARK: The payer's browser

    /// Checks the form with which a browser came and shows the bank's page.
    private func showPayment(_ request: Request) async throws -> Response {
        let body = try await content(of: request)
        return try await answers.answer(.front, about: Self.orderNumber(in: body)) {
            do {
                let payment = try bank.frontPayment(body: body, at: clock.now)
                switch try await book.open(payment, at: clock.now) {
                case .duplicate:
                    return BankPages.refusal(code: .duplicate, detail: "同一订单号已用于另一笔订单")
                case .shown(let order): return try page(of: order)
                }
            } catch let error as MessageError {
                return BankPages.refusal(code: .formatError, detail: "\(error)")
            } catch let error as VerificationError {
                return BankPages.refusal(code: .wrongSignature, detail: "\(error)")
            }
        }
    }

    /// The payment's page as long as somebody can decide, then the way back.
    private func page(of order: BankOrder) throws -> Response {
        switch order.state {
        case .paid: return try returnPage(order)
        case .accepted, .debitedLate: return try returnPage(order, code: .accepted)
        case .opened, .submitted, .abandoned, .refused:
            if order.isOverdue(at: clock.now) { return try returnPage(order, code: ResponseCode("69")) }
            // Who comes without a bank's code chooses it here first.
            let isChosen = order.bankCode != nil || order.state == .submitted
            return isChosen ? BankPages.payment(order) : BankPages.choice(order)
        }
    }

    /// The payer has chosen a bank on the gateway's page. Fields: merId, orderId, txnTime and bank.
    private func chooseBank(_ request: Request) async throws -> Response {
        let sent = try await SentValues(request)
        guard let merId = sent["merId"], let orderId = sent["orderId"], let txnTime = sent["txnTime"],
            let bank = sent["bank"], BankPages.choices.contains(where: { $0.code == bank })
        else { throw HTTPError(.badRequest, message: "merId, orderId, txnTime and a bank are needed") }
        let key = OrderKey(merId: merId, orderId: orderId, txnTime: txnTime)
        guard let order = try await book.choose(bank, for: key) else { throw HTTPError(.notFound) }
        return try page(of: order)
    }

    /// The payments that wait for a person; with merId, orderId and txnTime one payment's page.
    private func showWaiting(_ request: Request) async throws -> Response {
        let sent = request.uri.queryParameters
        guard let merId = sent["merId"], let orderId = sent["orderId"], let txnTime = sent["txnTime"] else {
            return BankPages.waiting(await book.waitingPayments(50), at: clock.now)
        }
        let key = OrderKey(merId: String(merId), orderId: String(orderId), txnTime: String(txnTime))
        guard let order = await book.find(key), order.kind == .payment else { throw HTTPError(.notFound) }
        return try page(of: order)
    }

    /// A person at the bank presses a button. Fields: merId, orderId, txnTime and decision: `pay`; `submit`, and then
    /// `release` or `sendBack`; `abandon`; `wait`.
    private func decidePayment(_ request: Request) async throws -> Response {
        let sent = try await SentValues(request)
        guard let merId = sent["merId"], let orderId = sent["orderId"], let txnTime = sent["txnTime"] else {
            throw HTTPError(.badRequest, message: "merId, orderId, txnTime and decision are needed")
        }
        let key = OrderKey(merId: merId, orderId: orderId, txnTime: txnTime)
        try await notifier.catchUp()
        let order: BankOrder?
        let decision = sent["decision"]
        switch decision {
        case "pay", "release":
            // What waits for its second person is released and not paid, everything else the other way round.
            let isSubmitted = await book.find(key)?.state == .submitted
            if isSubmitted == (decision == "release") {
                let payment = try await book.pay(key, at: clock.now)
                if let payment, payment.isNew { await notifier.announce(payment.order) }
                try await notifier.catchUp()
            }
            order = await book.find(key)
        case "submit": order = try await book.submit(key, at: clock.now)
        case "sendBack": order = try await book.sendBack(key, at: clock.now)
        case "abandon": order = try await book.abandon(key, at: clock.now)
        case "wait": order = await book.find(key)
        default:
            throw HTTPError(
                .badRequest, message: "decision is pay, submit, release, sendBack, abandon or wait")
        }
        guard let order, order.kind == .payment else { throw HTTPError(.notFound) }
        if sent.isJSON {
            return try WebAnswer.json(["state": order.state.rawValue, "queryId": order.queryId ?? ""])
        }
        switch order.state {
        case .abandoned: return try returnPage(order, code: ResponseCode("30"))
        case .opened where decision == "wait", .submitted where decision == "wait":
            return try returnPage(order, code: .accepted)
        default: return try page(of: order)
        }
    }

    private func returnPage(_ order: BankOrder, code: ResponseCode? = nil) throws -> Response {
        let form = try bank.returnForm(to: order.frontUrl ?? "", order.notification(code: code))
        return BankPages.sendBack(
            order, form: form, outcome: code.map { $0 == .accepted ? .open : .notPaid } ?? .paid)
    }

    // MARK: The merchant's server

    /// Payouts and refunds come to one address.
    private func takeTransaction(_ request: Request) async throws -> Response {
        let body = try await content(of: request)
        let isRefund = (try? Message(formBody: body))?[.txnType] == "04"
        return try await answers.answer(
            isRefund ? .refund : .payout, about: Self.orderNumber(in: body), call: isRefund ? nil : .payout
        ) {
            do {
                try await notifier.catchUp()
                return try await isRefund ? takeRefund(body) : takePayout(body)
            } catch {
                return try refusal(of: body, error)
            }
        }
    }

    private func takePayout(_ body: [UInt8]) async throws -> Response {
        let payout = try bank.payout(body: body, at: clock.now)
        let receipt = try await book.take(
            payout, delaySeconds: faults.settings.payoutDelaySeconds, at: clock.now)
        guard case .taken(let order) = receipt else {
            return try WebAnswer.bytes(
                bank.body(of: PayoutAnswer(order: payout.order, responseCode: .duplicate)))
        }
        let rule = PayoutRule(accountTail: order.accountTail)
        let code: ResponseCode =
            switch rule {
            case .refusedAtOnce: try ResponseCode(order.refusalCode ?? "61")
            case .answeredUnclear: .accepted
            default: .success
            }
        if order.state == .refused { await notifier.announce(order) }
        if rule == .answerLost { return try await faults.leaveUnanswered() }
        return try WebAnswer.bytes(
            bank.body(
                of: PayoutAnswer(
                    order: payout.order, responseCode: code, queryID: order.queryId.map { try QueryID($0) })))
    }

    private func takeRefund(_ body: [UInt8]) async throws -> Response {
        let refund = try bank.refund(body: body, at: clock.now)
        guard case .taken(let order) = try await book.take(refund, at: clock.now) else {
            return try WebAnswer.bytes(bank.body(of: RefundAnswer(to: refund, responseCode: .duplicate)))
        }
        let rule = RefundRule(amount: order.amount)
        var code: ResponseCode = rule == .answeredUnclear ? .accepted : .success
        if let refusal = order.refusalCode {
            code = try ResponseCode(refusal)
            await notifier.announce(order)
        } else if rule == .answerLost {
            return try await faults.leaveUnanswered()
        }
        return try WebAnswer.bytes(
            bank.body(
                of: RefundAnswer(
                    to: refund, responseCode: code, queryID: order.queryId.map { try QueryID($0) })))
    }

    private func answerQuery(_ request: Request) async throws -> Response {
        let body = try await content(of: request)
        return try await answers.answer(.query, about: Self.orderNumber(in: body), call: .query) {
            do {
                let query = try bank.query(body: body, at: clock.now)
                try await notifier.catchUp()
                let order = await book.find(OrderKey(query.order))
                return try WebAnswer.bytes(bank.body(of: answer(to: query, about: order)))
            } catch {
                return try refusal(of: body, error)
            }
        }
    }

    /// What the bank says about an order. A payment that is not paid counts as failed only once its time is over. One that
    /// was reversed, and a payout that came back, stay the successes that they were: what followed is a movement of its own
    /// and stands in the files.
    private func answer(to query: Query, about order: BankOrder?) throws -> QueryAnswer {
        let silence = order?.fate?.silentUntil.map { clock.now < $0 } ?? false
        let silentCode = silence ? try order?.fate?.silentCode.map { try ResponseCode($0) } : nil
        guard let order, order.product == query.product.rawValue, silentCode != .noSuchTransaction else {
            return QueryAnswer(product: query.product, order: query.order, responseCode: .noSuchTransaction)
        }
        let code: ResponseCode =
            switch order.state {
            case .paid: .success
            case .refused: try ResponseCode(order.refusalCode ?? "61")
            case .accepted: .accepted
            case .opened, .submitted: order.isOverdue(at: clock.now) ? try ResponseCode("69") : .accepted
            case .abandoned: try ResponseCode("30")
            case .debitedLate: .debitedLate
            }
        return QueryAnswer(
            product: query.product, order: query.order, kind: order.kind, responseCode: .success,
            originalCode: silentCode ?? code, transaction: silentCode == nil ? try order.transaction() : nil)
    }

    // MARK: Files and statements

    /// Answers with the reconciliation file of a settlement day: 98 while there is none.
    private func answerDownload(_ request: Request) async throws -> Response {
        let body = try await content(of: request)
        let subject = (try? Message(formBody: body))?[.settleDate] ?? ""
        return try await answers.answer(.file, about: subject) {
            do {
                let download = try bank.fileDownload(body: body, at: clock.now)
                try await notifier.catchUp()
                return try await WebAnswer.bytes(bank.body(of: file(for: download)))
            } catch {
                return try refusal(of: body, error)
            }
        }
    }

    private func file(for download: FileDownload) async throws -> FileDownloadAnswer {
        let date = download.settlementDate
        let missing = FileDownloadAnswer(to: download, responseCode: .noFile)
        let text = "\(date.digits.prefix(4))-\(date.digits.dropFirst(4).prefix(2))-\(date.digits.suffix(2))"
        guard
            let day = BankDay(text),
            let trades = await book.fileTrades(of: day, merchant: download.merchant.text, at: clock.now)
        else { return missing }
        let planned = try await book.fileFaults(of: day, scope: .file, at: clock.now)
        guard await isThere(day, planned) else { return missing }
        let file = try BankFile(trades: trades, day: day, merchant: download.merchant.text, faults: planned)
        return FileDownloadAnswer(
            to: download,
            fileName: ReconciliationFileWriter.fileName(
                merchant: download.merchant, settlementDate: date),
            fileContent: try file.content(merchant: download.merchant, date: date))
    }

    /// Whether the fault plan lets a file be there already.
    private func isThere(_ day: BankDay, _ planned: [FaultHit]) async -> Bool {
        if planned[.fileMissing] != nil { return false }
        guard let parameters = planned[.fileLate] else { return true }
        let time = await book.state.rules.nightRun(after: day)
        return clock.now >= time.addingTimeInterval(parameters.seconds(or: 86_400))
    }

    /// Answers with the reserve account's statement of a day as CSV, signed; 404 while there is none.
    private func answerStatement(_ request: Request, day text: String) async throws -> Response {
        let accepted: SignedService.Accepted
        switch try await statements.accept(request) {
        case .failure(let refusal): return try refusal.response()
        case .success(let request): accepted = request
        }
        return try await answers.answer(.statement, about: text) {
            try await notifier.catchUp()
            let missing = try statements.answer(["error": "noStatement"], status: .notFound, to: accepted)
            guard let day = BankDay(text), let statement = await book.statement(of: day, at: clock.now) else {
                return missing
            }
            let planned = try await book.fileFaults(of: day, scope: .statement, at: clock.now)
            guard await isThere(day, planned) else { return missing }
            return try statements.answer(
                content: statement.csv(isTruncated: planned[.fileTruncated] != nil),
                type: "text/csv; charset=utf-8", to: accepted)
        }
    }

    // MARK: Requests

    private func refusal(of body: [UInt8], _ error: any Error) throws -> Response {
        logger.info("request refused", metadata: ["error": "\(error)"])
        guard let message = try? Message(formBody: body) else { throw HTTPError(.badRequest) }
        switch error {
        case is VerificationError:
            return try WebAnswer.bytes(bank.refusal(of: message, code: .wrongSignature))
        case is MessageError: return try WebAnswer.bytes(bank.refusal(of: message, code: .formatError))
        default: throw error
        }
    }

    private func content(of request: Request) async throws -> [UInt8] {
        Array(try await request.body.collect(upTo: 65_536).readableBytesView)
    }

    /// The order number in a request that nobody has checked yet; only faults are drawn for it.
    private static func orderNumber(in body: [UInt8]) -> String {
        (try? Message(formBody: body))?[.orderId] ?? ""
    }
}
