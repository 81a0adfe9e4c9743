import Foundation
import Hummingbird

/// The addresses of the billers: JSON, signed both ways.
struct BillerRoutes: Sendable {
    let books: [String: BillerBook]
    /// Keeps the fault plan.
    let bank: BankBook
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
        router.post("/billers/:biller/statements/query") { request, context in
            try await answerStatement(request, book: find(context))
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
        let rule = CustomerRule(customerNumber: order.customerNumber)
        let isFailing = rule == .writeOffFails || rule == .writeOffFailsLate
        let planned = try await bank.billerFault(
            isFailing ? .writtenOffLate : .writeOffUndone, of: order.paymentNumber, at: clock.now)
        let receipt = try await book.book(
            order, writeOffSeconds: faults.settings.writeOffSeconds,
            fate: BillerBook.Fate(
                writtenOffLateSeconds: planned[.writtenOffLate]?.seconds(or: 2 * 86_400),
                undoneSeconds: planned[.writeOffUndone]?.seconds(or: 3600)), at: clock.now)
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

    /// Answers with what was written off on a day: `notReady` until the day is over.
    private func answerStatement(_ request: Request, book: BillerBook) async throws -> Response {
        struct Question: Decodable { let day: String }
        let accepted: SignedService.Accepted
        switch try await service.accept(request) {
        case .failure(let refusal): return try refusal.response()
        case .success(let request): accepted = request
        }
        guard let day = BankDay(try accepted.decode(Question.self).day) else {
            throw HTTPError(.badRequest, message: "day is not yyyy-MM-dd")
        }
        let notReady = try service.answer(["status": "notReady"], to: accepted)
        guard var payments = try await book.writtenOff(on: day, at: clock.now) else { return notReady }
        let planned = try await bank.statementFaults(of: book.biller.code, day, at: clock.now)
        if planned[.fileMissing] != nil { return notReady }
        if let parameters = planned[.fileLate] {
            let due = day.adding(1).start.addingTimeInterval(parameters.seconds(or: 86_400))
            if clock.now < due { return notReady }
        }
        payments = BillerStatement.divide(payments, planned).told
        for days in 1...BillerStatement.longestDelayDays {
            let earlier = day.adding(-days)
            let planned = try await bank.statementFaults(of: book.biller.code, earlier, at: clock.now)
            guard planned[.fileMissingLine]?.days == Double(days) else { continue }
            let written = try await book.writtenOff(on: earlier, at: clock.now) ?? []
            payments += BillerStatement.divide(written, planned).leftOut
        }
        if planned[.fileTwice] != nil { payments += payments }
        return try service.answer(
            BillerStatement(day, payments, isTruncated: planned[.fileTruncated] != nil), to: accepted)
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

/// What a biller says of a day: each payment that it wrote off. Amounts are fen.
private struct BillerStatement: Encodable {
    struct Line: Encodable {
        let paymentNumber: String
        let serial: String
        let amount: Int64
        let customerNumber: String
        /// ISO 8601 in UTC.
        let writtenOffAt: String
    }

    let status = "ready"
    let day: String
    let count: Int
    let sum: Int64
    let payments: [Line]

    /// After how many days a line that was left out may come at the latest.
    static let longestDelayDays = 7

    /// - Parameter isTruncated: only the first half of the payments is there; count and sum are those of all.
    init(_ day: BankDay, _ payments: [BillerPayment], isTruncated: Bool) {
        self.day = day.text
        count = payments.count
        sum = payments.reduce(0) { $0 + $1.amount }
        self.payments = payments.prefix(isTruncated ? payments.count / 2 : payments.count).map {
            Line(
                paymentNumber: $0.paymentNumber, serial: $0.serial ?? "", amount: $0.amount,
                customerNumber: $0.customerNumber,
                writtenOffAt: ($0.writtenOffAt ?? $0.bookedAt).ISO8601Format())
        }
    }

    /// What a day's statement tells, and what the fault plan leaves out of it: from the middle, as in the bank's files.
    static func divide(
        _ payments: [BillerPayment], _ planned: [FaultHit]
    ) -> (told: [BillerPayment], leftOut: [BillerPayment]) {
        guard let parameters = planned[.fileMissingLine] else { return (payments, []) }
        var (told, leftOut): ([BillerPayment], [BillerPayment]) = (payments, [])
        for _ in 0..<min(parameters.times ?? 1, told.count) {
            leftOut.append(told.remove(at: told.count / 2))
        }
        return (told, leftOut)
    }
}
