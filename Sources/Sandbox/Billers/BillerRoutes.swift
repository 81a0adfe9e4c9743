import Foundation
import Hummingbird

/// The addresses of the billers: JSON, signed both ways.
struct BillerRoutes: Sendable {
    let books: [String: BillerBook]
    let service: SignedService
    let faults: Faults
    let clock: SandboxClock

    func add(to router: some RouterMethods<SandboxContext>) {
        router.post("/billers/:biller/bills/query") { request, context in
            try await answerBills(request, book: find(context))
        }
        router.post("/billers/:biller/payments") { request, context in
            try await takePayment(request, book: find(context))
        }
        router.post("/billers/:biller/payments/query") { request, context in
            try await answerPayment(request, book: find(context))
        }
    }

    private func find(_ context: SandboxContext) throws -> BillerBook {
        guard let book = try books[context.parameters.require("biller")] else { throw HTTPError(.notFound) }
        return book
    }

    private func answerBills(_ request: Request, book: BillerBook) async throws -> Response {
        struct Question: Decodable { let customerNumber: String }
        struct Answer: Encodable {
            let customerName: String
            let bills: [Bill]
            let prepaidBalance: Int64
        }
        let accepted: SignedService.Accepted
        switch try await service.accept(request) {
        case .failure(let refusal): return try refusal.response()
        case .success(let request): accepted = request
        }
        let number = try accepted.decode(Question.self).customerNumber
        if faults.takeCallFault(.billsQuery, biller: book.biller.code) != nil {
            return try await faults.leaveUnanswered()
        }
        if let outage = try await obstacle(of: number) { return outage }
        guard let statement = try await book.statement(of: number, at: clock.now) else {
            return try service.answer(["error": "unknownCustomer"], status: .notFound, to: accepted)
        }
        return try service.answer(
            Answer(
                customerName: statement.customerName, bills: statement.bills,
                prepaidBalance: statement.prepaidBalance),
            to: accepted)
    }

    private func takePayment(_ request: Request, book: BillerBook) async throws -> Response {
        let accepted: SignedService.Accepted
        switch try await service.accept(request) {
        case .failure(let refusal): return try refusal.response()
        case .success(let request): accepted = request
        }
        let order = try accepted.decode(BillerBook.Order.self)
        let fault = faults.takeCallFault(.payment, biller: book.biller.code)
        if fault == .withoutEffect { return try await faults.leaveUnanswered() }
        if let outage = try await obstacle(of: order.customerNumber) { return outage }
        let receipt = try await book.book(
            order, writeOffSeconds: faults.settings.writeOffSeconds, at: clock.now)
        if fault == .withEffect { return try await faults.leaveUnanswered() }
        switch receipt {
        case .conflict:
            return try service.answer(["error": "paymentNumberTaken"], status: .conflict, to: accepted)
        case .booked(let payment, let isNew):
            if isNew, CustomerRule(customerNumber: payment.customerNumber) == .answerLost {
                return try await faults.leaveUnanswered()
            }
            return try service.answer(PaymentAnswer(payment), to: accepted)
        }
    }

    private func answerPayment(_ request: Request, book: BillerBook) async throws -> Response {
        struct Question: Decodable { let paymentNumber: String }
        let accepted: SignedService.Accepted
        switch try await service.accept(request) {
        case .failure(let refusal): return try refusal.response()
        case .success(let request): accepted = request
        }
        let number = try accepted.decode(Question.self).paymentNumber
        if faults.takeCallFault(.paymentQuery, biller: book.biller.code) != nil {
            return try await faults.leaveUnanswered()
        }
        let payment = try await book.find(number, at: clock.now)
        return try service.answer(PaymentAnswer(payment, number: number), to: accepted)
    }

    /// Slow customers are waited for; for those whose biller is down there is the answer of an overloaded front server,
    /// which has no key to sign with.
    private func obstacle(of customerNumber: String) async throws -> Response? {
        switch CustomerRule(customerNumber: customerNumber) {
        case .down:
            return try WebAnswer.json(["error": "unavailable"], status: .serviceUnavailable)
        case .slow:
            await faults.pause(faults.settings.slowSeconds)
            return nil
        default:
            return nil
        }
    }
}

/// What the biller says about a payment.
private struct PaymentAnswer: Encodable {
    let paymentNumber: String
    let status: String
    let serial: String?
    let reason: String?
    let amount: Int64?

    init(_ payment: BillerPayment) {
        self.init(payment, number: payment.paymentNumber)
    }

    /// Without a payment: the number is not known.
    init(_ payment: BillerPayment?, number: String) {
        paymentNumber = number
        status = payment?.status.rawValue ?? "notKnown"
        serial = payment?.serial
        reason = payment?.reason
        amount = payment?.amount
    }
}
