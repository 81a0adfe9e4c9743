import Foundation
import Hummingbird
import Logging
import UnionPay

/// The bank's addresses: the gateway of UnionPay's protocol, and the buttons of the bank's page.
struct BankRoutes: Sendable {
    let bank: BankSide
    let book: BankBook
    let notifier: BankNotifier
    let faults: Faults
    let clock: SandboxClock
    let logger: Logger

    func add(to router: some RouterMethods<BasicRequestContext>) {
        router.post("/gateway/api/frontTransReq.do") { request, _ in try await showPayment(request) }
        router.post("/gateway/api/backTransReq.do") { request, _ in try await takePayout(request) }
        router.post("/gateway/api/queryTrans.do") { request, _ in try await answerQuery(request) }
        router.post("/bank/payments") { request, _ in try await decidePayment(request) }
    }

    // MARK: The payer's browser

    /// Checks the form with which a browser came and shows the bank's page.
    private func showPayment(_ request: Request) async throws -> Response {
        let body = try await content(of: request)
        do {
            let payment = try bank.frontPayment(body: body, at: clock.now)
            switch try await book.open(payment, at: clock.now) {
            case .duplicate:
                return BankPages.refusal(code: .duplicate, detail: "同一订单号已用于另一笔订单")
            case .shown(let order):
                if order.state == .paid { return try returnPage(order) }
                if order.isOverdue(at: clock.now) { return try returnPage(order, code: ResponseCode("69")) }
                return BankPages.payment(order)
            }
        } catch let error as MessageError {
            return BankPages.refusal(code: .formatError, detail: "\(error)")
        } catch let error as VerificationError {
            return BankPages.refusal(code: .wrongSignature, detail: "\(error)")
        }
    }

    /// The payer presses a button. Fields: merId, orderId, txnTime and decision, which is `pay` or `abandon`.
    private func decidePayment(_ request: Request) async throws -> Response {
        let sent = try await SentValues(request)
        guard let merId = sent["merId"], let orderId = sent["orderId"], let txnTime = sent["txnTime"] else {
            throw HTTPError(.badRequest, message: "merId, orderId, txnTime and decision are needed")
        }
        let key = OrderKey(merId: merId, orderId: orderId, txnTime: txnTime)
        let order: BankOrder?
        switch sent["decision"] {
        case "pay":
            let payment = try await book.pay(key, at: clock.now)
            if let payment, payment.isNew { await notifier.announce(payment.order) }
            order = payment?.order
        case "abandon":
            order = try await book.abandon(key, at: clock.now)
        default:
            throw HTTPError(.badRequest, message: "decision is pay or abandon")
        }
        guard let order else { throw HTTPError(.notFound) }
        if sent.isJSON {
            return try WebAnswer.json(["state": order.state.rawValue, "queryId": order.queryId ?? ""])
        }
        switch order.state {
        case .paid: return try returnPage(order)
        case .abandoned: return try returnPage(order, code: ResponseCode("30"))
        default: return try returnPage(order, code: ResponseCode("69"))
        }
    }

    private func returnPage(_ order: BankOrder, code: ResponseCode? = nil) throws -> Response {
        let form = try bank.returnForm(to: order.frontUrl ?? "", order.notification(code: code))
        return BankPages.sendBack(order, form: form, isPaid: code == nil)
    }

    // MARK: The merchant's server

    private func takePayout(_ request: Request) async throws -> Response {
        let body = try await content(of: request)
        let fault = faults.takeCallFault(.payout)
        if fault == .withoutEffect { return try await faults.leaveUnanswered() }
        let answer: Response
        var isLost = fault == .withEffect
        do {
            let payout = try bank.payout(body: body, at: clock.now)
            switch try await book.take(
                payout, delaySeconds: faults.settings.payoutDelaySeconds, at: clock.now)
            {
            case .duplicate:
                answer = try WebAnswer.bytes(
                    bank.body(of: PayoutAnswer(order: payout.order, responseCode: .duplicate)))
            case .taken(let order):
                let rule = PayoutRule(accountTail: order.accountTail)
                isLost = isLost || rule == .answerLost
                let code: ResponseCode =
                    switch rule {
                    case .refusedAtOnce: try ResponseCode(order.refusalCode ?? "61")
                    case .answeredUnclear: .accepted
                    default: .success
                    }
                if order.state == .refused { await notifier.announce(order) }
                await notifier.awaitDecision(of: order)
                answer = try WebAnswer.bytes(
                    bank.body(
                        of: PayoutAnswer(
                            order: payout.order, responseCode: code,
                            queryID: order.queryId.map { try QueryID($0) })))
            }
        } catch {
            return try refusal(of: body, error)
        }
        return isLost ? try await faults.leaveUnanswered() : answer
    }

    private func answerQuery(_ request: Request) async throws -> Response {
        let body = try await content(of: request)
        if faults.takeCallFault(.query) != nil { return try await faults.leaveUnanswered() }
        do {
            let query = try bank.query(body: body, at: clock.now)
            let key = OrderKey(query.order)
            if let known = await book.find(key) { try await notifier.decideIfDue(known) }
            let order = await book.find(key)
            return try WebAnswer.bytes(bank.body(of: answer(to: query, about: order)))
        } catch {
            return try refusal(of: body, error)
        }
    }

    /// What the bank says about an order. A payment that is not paid counts as failed only once its time is over.
    private func answer(to query: Query, about order: BankOrder?) throws -> QueryAnswer {
        guard let order, order.product == query.product.rawValue else {
            return QueryAnswer(product: query.product, order: query.order, responseCode: .noSuchTransaction)
        }
        let code: ResponseCode =
            switch order.state {
            case .paid: .success
            case .refused: try ResponseCode(order.refusalCode ?? "61")
            case .accepted: .accepted
            case .opened: order.isOverdue(at: clock.now) ? try ResponseCode("69") : .accepted
            case .abandoned: try ResponseCode("30")
            }
        return QueryAnswer(
            product: query.product, order: query.order, responseCode: .success, originalCode: code,
            transaction: try order.transaction())
    }

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
}
