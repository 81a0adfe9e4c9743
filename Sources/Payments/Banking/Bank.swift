import Cryptography
import Foundation
import Postgres
import UnionPay

/// The line to the bank. Every doubt about an answer, a time-out, a wrong signature, a broken body, makes it *unclear*;
/// asking never throws, because nothing that happens on this line means that money did not move.
public struct Bank: Sendable {
    let platform: Platform

    /// Where the payer's browser returns; the page needs no session and proves nothing.
    static let returnPath = "/bank-return/"
    /// Where the bank's server sends its notifications.
    public static let notificationPath = "/notifications/unionpay"

    private var side: MerchantSide { platform.keys.unionPay }
    private var backURL: String { platform.settings.callbackAddress + Self.notificationPath }

    // MARK: Top-ups

    /// The signed form that takes the payer to the bank. Identical each time: the order is told once and for life.
    func frontForm(for topUp: TopUp) throws -> PaymentForm {
        try side.form(
            for: FrontPayment(
                product: .businessGateway, order: identity(topUp.number, topUp.transactionTime),
                amountFen: topUp.amount.fen,
                frontURL: platform.settings.publicAddress + Self.returnPath + topUp.number,
                backURL: backURL, payTimeout: BeijingTime(topUp.payUntil), bankCode: topUp.bankCode))
    }

    /// Asks what became of a top-up.
    func askAbout(_ topUp: TopUp) async -> TopUpEvidence {
        do {
            let expected = try expectation(of: topUp)
            switch try await outcome(of: expected, order: topUp.reference.id) {
            case .succeeded(let transaction): return Self.paid(transaction)
            case .refused(let code): return .declined(code: code.code)
            case .debitedLate: return .debitedLate
            case .notKnown: return .notKnown
            case .askAgain(let code), .unclear(let code): return .unclear(reason: code.code)
            }
        } catch {
            return .unclear(reason: Self.words(error))
        }
    }

    // MARK: Payouts

    /// Sends a payout. Sent again it is the identical pair of number and time.
    func payOut(_ withdrawal: Withdrawal) async -> PayoutEvidence {
        do {
            guard let time = withdrawal.transactionTime else { return .unclear(reason: "never sent") }
            let number = try platform.keys.open(
                withdrawal.account.sealedNumber, of: .registeredAccountNumber(withdrawal.account.id))
            let payout = try Payout(
                order: identity(withdrawal.number, time), amountFen: withdrawal.amount.fen,
                accountNumber: Secret(number), holderName: Secret(withdrawal.account.holderName),
                licenceNumber: withdrawal.account.creditCode, backURL: backURL, postscript: withdrawal.number)
            let answer = try side.answer(
                to: payout, body: try await post(try side.request(for: payout)), at: platform.effects.now())
            switch answer.outcome {
            case .accepted: return .accepted
            case .refused(let code): return .refused(code: code.code, text: code.text)
            case .askAgain(let code): return .unclear(reason: code.code)
            }
        } catch {
            return .unclear(reason: Self.words(error))
        }
    }

    /// Asks what became of a payout.
    func askAbout(_ withdrawal: Withdrawal) async -> PayoutEvidence {
        do {
            guard let expected = try expectation(of: withdrawal) else {
                return .unclear(reason: "never sent")
            }
            switch try await outcome(of: expected, order: withdrawal.reference.id) {
            case .succeeded(let transaction):
                guard case .paid(let serial, let day) = Self.paid(transaction) else {
                    return .unclear(reason: "")
                }
                return .paid(serial: serial, settlementDay: day)
            case .refused(let code): return .refused(code: code.code, text: code.text)
            case .notKnown: return .notKnown
            case .debitedLate: return .unclear(reason: ResponseCode.debitedLate.code)
            case .askAgain(let code), .unclear(let code): return .unclear(reason: code.code)
            }
        } catch {
            return .unclear(reason: Self.words(error))
        }
    }

    // MARK: Notifications

    /// Takes a notification, whatever it is: kept in any case; believed when signature, certificate, merchant, order,
    /// time, amount and currency are right, and then a reason to ask the bank at once. Whatever is not believed is for
    /// operations and booked nowhere.
    public func receive(notification body: [UInt8]) async throws {
        let moment = platform.effects.now()
        let fields = (try? Message(formBody: body))?.fields ?? [:]
        let number = fields[.orderId] ?? ""
        let notified: NotifiedOrder? =
            if let topUp = try await platform.topUps.notified(number) { topUp } else {
                try await platform.withdrawals.notified(number)
            }
        let problem: String?
        do {
            let notification = try side.notification(body: body, backURL: backURL, at: moment)
            let differences = try notified?.expected().differences(in: notification).map(\.name)
            problem =
                differences.map { $0.isEmpty ? nil : "differs in \($0.joined(separator: ", "))" }
                ?? "no such order"
        } catch {
            problem = Self.words(error)
        }
        try await platform.database.transaction { connection in
            let named = Dictionary(uniqueKeysWithValues: fields.map { ($0.key.name, $0.value) })
            try BankMessages.keep(named, order: notified?.id, problem: problem, at: moment, on: connection)
            if problem == nil, let notified, notified.isWaiting {
                try Jobs.schedule(notified.job, notified.id, due: moment, on: connection)
            }
        }
    }

    // MARK: The wire

    /// What an order must look like in the bank's messages.
    func expectation(of topUp: TopUp) throws -> ExpectedOrder {
        ExpectedOrder(
            product: .businessGateway, order: try identity(topUp.number, topUp.transactionTime),
            amountFen: topUp.amount.fen)
    }

    /// What a payout must look like in the bank's messages; nil before it was sent.
    func expectation(of withdrawal: Withdrawal) throws -> ExpectedOrder? {
        guard let time = withdrawal.transactionTime else { return nil }
        return ExpectedOrder(
            product: .payout, order: try identity(withdrawal.number, time), amountFen: withdrawal.amount.fen)
    }

    /// Asks, and checks that the answer is about this very order. One that differs is kept for operations.
    private func outcome(of expected: ExpectedOrder, order id: Int64) async throws -> TransactionOutcome {
        let query = Query(product: expected.product, order: expected.order)
        let body = try await post(try side.request(for: query))
        let moment = platform.effects.now()
        let answer = try side.answer(to: query, body: body, at: moment)
        let differences = expected.differences(in: answer).map(\.name)
        guard differences.isEmpty else {
            let fields = (try? Message(answerBody: body))?.fields ?? [:]
            try await platform.database.transaction { connection in
                try BankMessages.keep(
                    Dictionary(uniqueKeysWithValues: fields.map { ($0.key.name, $0.value) }), kind: "query",
                    order: id, problem: "differs in \(differences.joined(separator: ", "))", at: moment,
                    on: connection)
            }
            throw AnswerDiffers(fields: differences)
        }
        return answer.outcome
    }

    private func post(_ request: GatewayRequest) async throws -> [UInt8] {
        let answer = try await platform.effects.send(
            OutsideCall(
                url: request.url, headers: [("Content-Type", GatewayRequest.contentType)], body: request.body,
                timeoutSeconds: platform.settings.bankTimeoutSeconds))
        guard answer.status == 200 else { throw UnexpectedStatus(status: answer.status) }
        return answer.body
    }

    private func identity(_ number: String, _ time: String) throws -> OrderIdentity {
        guard let time = BeijingTime(digits: time) else { throw UnreadableOrder(column: "transaction_time") }
        return OrderIdentity(
            merchant: try UnionPay.MerchantNumber(platform.settings.merchantID),
            number: try OrderNumber(number),
            time: time)
    }

    private static func paid(_ transaction: BankTransaction) -> TopUpEvidence {
        .paid(serial: transaction.queryID.text, settlementDay: transaction.settleDate ?? "")
    }

    /// An error in few words, for an order's event.
    private static func words(_ error: any Error) -> String { String("\(error)".prefix(200)) }
}

/// An order that a notification is about.
struct NotifiedOrder: Sendable {
    let id: Int64
    let job: JobKind
    /// Whether the order still waits for the bank's word.
    let isWaiting: Bool
    let expected: @Sendable () throws -> ExpectedOrder
}

/// The bank's answer is about our order, but not as we know it.
private struct AnswerDiffers: Error {
    let fields: [String]
}

/// The bank answered with another status than 200: that says nothing about the order.
private struct UnexpectedStatus: Error {
    let status: Int
}

extension TopUps {
    /// The top-up that a notification names.
    func notified(_ number: String) async throws -> NotifiedOrder? {
        try await platform.database.query("\(fragment: Self.selection) WHERE o.number = \(number)").first.map
        {
            let topUp = try Self.topUp($0)
            let bank = platform.bank
            return NotifiedOrder(
                id: topUp.reference.id, job: .topUp, isWaiting: topUp.status != .credited,
                expected: { try bank.expectation(of: topUp) })
        }
    }
}

extension Withdrawals {
    /// The withdrawal that a notification names.
    func notified(_ number: String) async throws -> NotifiedOrder? {
        try await platform.database.query("\(fragment: Self.selection) WHERE o.number = \(number)").first.map
        {
            let withdrawal = try Self.withdrawal($0)
            let bank = platform.bank
            return NotifiedOrder(
                id: withdrawal.reference.id, job: .withdrawal, isWaiting: !withdrawal.status.isFinal,
                expected: {
                    guard let expected = try bank.expectation(of: withdrawal) else {
                        throw UnreadableOrder(column: "transaction_time")
                    }
                    return expected
                })
        }
    }
}

extension Platform {
    /// The line to the bank.
    public var bank: Bank { Bank(platform: self) }
}
