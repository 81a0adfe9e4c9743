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

    var side: MerchantSide { platform.keys.unionPay }
    var backURL: String { platform.settings.callbackAddress + Self.notificationPath }

    // MARK: Top-ups

    /// The signed form that takes the payer to the bank. Identical each time: the order is told once and for life.
    func frontForm(for topUp: TopUp) throws -> PaymentForm {
        try side.form(
            for: FrontPayment(
                product: .businessGateway, order: identity(topUp.number, topUp.transactionTime),
                amountFen: topUp.amount.fen,
                frontURL: platform.settings.publicAddress + Self.returnPath + topUp.number,
                backURL: backURL, payTimeout: BeijingTime(topUp.payUntil),
                bankCode: topUp.isDirect ? topUp.bankCode : nil),
            at: platform.effects.now())
    }

    /// Asks what became of a top-up.
    func askAbout(_ topUp: TopUp) async -> TopUpEvidence {
        do {
            let expected = try expectation(of: topUp)
            let (outcome, next) = try await answer(about: expected, order: topUp.reference.id)
            switch outcome {
            case .succeeded(let transaction): return Self.paid(transaction)
            case .refused(let code): return .declined(code: code.code)
            case .debitedLate: return .debitedLate
            case .notKnown: return .notKnown
            case .askAgain(let code), .unclear(let code):
                return .unclear(reason: code.code, pauseSeconds: next.pauseSeconds)
            case .accepted: return .unclear(reason: ResponseCode.accepted.code)
            }
        } catch {
            return .unclear(reason: Self.words(error))
        }
    }

    // MARK: Payouts

    /// Sends a payout. Sent again it is the identical pair of number and time.
    func payOut(_ order: PayoutOrder) async -> PayoutEvidence {
        do {
            guard let time = order.transactionTime else { return .unclear(reason: "never sent") }
            let payout = try payout(order, time: time)
            let request = try side.request(for: payout, at: platform.effects.now())
            let answer = try await ask(
                .payout, request, order: order.subject.order, settlement: order.subject.settlement
            ) {
                try side.answer(to: payout, body: $0, at: $1)
            }
            switch answer.outcome {
            case .accepted: return .accepted
            case .refused(let code): return .refused(code: code.code, text: code.text)
            case .askAgain(let code): return .unclear(reason: code.code)
            }
        } catch {
            return .unclear(reason: Self.words(error))
        }
    }

    /// Why a payout cannot be put into a message, if so. Throws what is no fault of the order: no certificate is valid.
    func obstacle(to order: PayoutOrder) throws(CertificateError) -> String? {
        do {
            let moment = platform.effects.now()
            _ = try side.request(for: payout(order, time: BeijingTime(moment).digits), at: moment)
            return nil
        } catch let error as CertificateError {
            throw error
        } catch {
            return Self.words(error)
        }
    }

    private func payout(_ order: PayoutOrder, time: String) throws -> Payout {
        let number = try platform.keys.open(order.sealedAccount, of: order.place)
        return try Payout(
            order: identity(order.number, time), amountFen: order.amount.fen,
            accountNumber: Secret(number), holderName: Secret(order.holderName),
            licenceNumber: order.licenceNumber, backURL: backURL, postscript: order.number)
    }

    /// Asks what became of a payout.
    func askAbout(_ order: PayoutOrder) async -> PayoutEvidence {
        do {
            guard let expected = try expectation(of: order) else { return .unclear(reason: "never sent") }
            let (outcome, next) = try await answer(
                about: expected, order: order.subject.order, settlement: order.subject.settlement)
            switch outcome {
            case .succeeded(let transaction):
                guard case .paid(let serial, let day) = Self.paid(transaction) else {
                    return .unclear(reason: "")
                }
                return .paid(serial: serial, settlementDay: day)
            case .accepted: return .accepted
            case .refused(let code): return .refused(code: code.code, text: code.text)
            case .notKnown: return .notKnown
            case .debitedLate: return .unclear(reason: ResponseCode.debitedLate.code)
            case .askAgain(let code), .unclear(let code):
                return .unclear(reason: code.code, pauseSeconds: next.pauseSeconds)
            }
        } catch {
            return .unclear(reason: Self.words(error))
        }
    }

    // MARK: Notifications

    /// Takes a notification, whatever it is: kept in any case; believed when signature, certificate, merchant, order,
    /// time, amount and currency are right, and then a reason to ask the bank at once, or, where the order has ended
    /// otherwise, an item for a person. Whatever is not believed is for operations and booked nowhere; of what the bank has
    /// not signed only so much is kept from one network address, and from all.
    ///
    /// - Parameter address: the network address that it came from.
    public func receive(notification body: [UInt8], from address: String = "") async throws {
        let moment = platform.effects.now()
        let fields = (try? Message(formBody: body))?.fields ?? [:]
        // A character that the database cannot even look for names no order.
        let number = (fields[.orderId] ?? "").replacing("\0", with: "?")
        let notified: NotifiedOrder? =
            if let topUp = try await platform.topUps.notified(number) {
                topUp
            } else if let withdrawal =
                try await platform.withdrawals.notified(number)
            { withdrawal } else if let refund = try await platform.refunds.notified(number) {
                refund
            } else {
                try await platform.billerSettlements.notified(number)
            }
        let problem: String?
        var isSigned = false
        do {
            let notification = try side.notification(body: body, backURL: backURL, at: moment)
            isSigned = true
            let differences = try notified?.expected().differences(in: notification).map(\.name)
            problem = differences.map { $0.isEmpty ? nil : Self.differing($0) } ?? "没有这个订单"
        } catch {
            problem = Self.words(error)
        }
        let keeping = try platform.bankMessages.keeping(
            BankMessage(
                call: .notification, direction: .received, order: notified?.order,
                settlement: notified?.settlement, at: moment, body: body,
                fields: fields, problem: problem, strangerAddress: isSigned ? nil : address))
        try await platform.database.transaction { connection in
            // First of all the lock under which answers to questions are booked: what the two say is seen together.
            if problem == nil, let notified {
                if let enterprise = notified.enterprise {
                    try connection.lockOrders(of: enterprise)
                } else if notified.job == .billerSettlement {
                    _ = try BillerSettlements.lock(notified.id, on: connection)
                }
            }
            try connection.execute(keeping)
            guard problem == nil, let notified else { return }
            if try Self.isWaiting(notified, on: connection) {
                try Jobs.schedule(notified.job, notified.id, due: moment, on: connection)
            } else if try Self.isContradicted(notified, by: fields, on: connection) {
                try WorkItems.raise(
                    notified.payout == nil
                        ? "\(notified.job.rawValue).contradicted" : BillerSettlements.notifiedLate,
                    order: notified.order,
                    settlement: notified.settlement,
                    detail: "订单已了结，银行又通知 \(fields[.respCode] ?? "")，流水号 \(fields[.queryId] ?? "")",
                    at: moment,
                    on: connection)
            }
        }
    }

    /// Whether the bank's word still decides about the order. The caller has locked it.
    private static func isWaiting(_ order: NotifiedOrder, on connection: isolated Connection) throws -> Bool {
        if order.job == .billerSettlement {
            let settlement = try BillerSettlements.load(order.id, on: connection)
            return settlement.status.isSent && settlement.attempt?.number == order.payout
        }
        if order.job == .refund { return try !Refunds.load(order.id, on: connection).status.isFinal }
        let rows = try connection.query("SELECT state, write_off FROM orders WHERE id = \(order.id)")
        guard let row = rows.first else { return false }
        return order.job == .topUp
            ? try Orders.status(TopUpStatus.self, from: row).canBePaid
            : try !Orders.status(WithdrawalStatus.self, from: row).isFinal
    }

    /// Whether a notification about an order that has ended says something else than what was booked.
    private static func isContradicted(
        _ order: NotifiedOrder, by fields: [Field: String], on connection: isolated Connection
    ) throws -> Bool {
        // What has become of a refund the files say.
        if order.job == .refund { return false }
        let booked: String?
        if order.job == .billerSettlement {
            booked = try connection.query(
                "SELECT bank_serial FROM biller_settlement_attempts WHERE number = \(order.payout)"
            ).first?["bank_serial"]
        } else {
            booked = try connection.query(
                """
                SELECT coalesce(t.bank_serial, w.bank_serial) AS serial FROM orders o
                LEFT JOIN top_ups t ON t.order_id = o.id LEFT JOIN withdrawals w ON w.order_id = o.id
                WHERE o.id = \(order.id)
                """
            ).first?.decode("serial", as: String?.self)
        }
        let saysPaid = ["00", "A6"].contains(fields[.respCode])
        return saysPaid ? booked != fields[.queryId] : booked != nil
    }

    // MARK: The wire

    /// What an order must look like in the bank's messages.
    func expectation(of topUp: TopUp) throws -> ExpectedOrder {
        ExpectedOrder(
            product: .businessGateway, order: try identity(topUp.number, topUp.transactionTime),
            amountFen: topUp.amount.fen)
    }

    /// What a payout must look like in the bank's messages; nil before it was sent.
    func expectation(of order: PayoutOrder) throws -> ExpectedOrder? {
        guard let time = order.transactionTime else { return nil }
        return ExpectedOrder(
            product: .payout, order: try identity(order.number, time), amountFen: order.amount.fen)
    }

    /// Asks, and checks that the answer is about this very order: what has become of it, and when to ask again. An answer that
    /// is not believed is kept for operations.
    func answer(
        about expected: ExpectedOrder, order id: Int64?, settlement: Int64? = nil
    ) async throws -> (TransactionOutcome, NextQuestion) {
        let query = Query(product: expected.product, order: expected.order, kind: expected.kind)
        let request = try side.request(for: query, at: platform.effects.now())
        return try await ask(.query, request, order: id, settlement: settlement) { body, moment in
            let answer = try side.answer(to: query, body: body, at: moment)
            let differences = expected.differences(in: answer).map(\.name)
            guard differences.isEmpty else { throw AnswerDiffers(fields: differences) }
            return (answer.outcome, answer.next)
        }
    }

    /// Sends a request and reads its answer. Both are kept: the request while it is on its way, which takes no time of its
    /// own, the answer whether it can be believed or not; one that cannot says nothing.
    func ask<Answer>(
        _ call: BankCall, _ request: GatewayRequest, order id: Int64?, settlement: Int64? = nil,
        timeout: Double? = nil,
        answerLimit: Int = 4 << 20, read: ([UInt8], Date) throws -> Answer
    ) async throws -> Answer {
        let messages = platform.bankMessages
        let sent = BankMessage.sent(
            call, request.body, order: id, settlement: settlement, at: platform.effects.now())
        async let isSentKept: Void = messages.keep(sent)
        let reply: Result<OutsideAnswer, any Error>
        do {
            reply = .success(
                try await platform.effects.send(
                    OutsideCall(
                        url: request.url, headers: [("Content-Type", GatewayRequest.contentType)],
                        body: request.body,
                        timeoutSeconds: timeout ?? platform.settings.bankTimeoutSeconds,
                        answerLimit: answerLimit)))
        } catch { reply = .failure(error) }
        try await isSentKept
        let answer = try reply.get()
        let moment = platform.effects.now()
        let result = Result {
            guard answer.status == 200 else { throw UnexpectedStatus(status: answer.status) }
            return try read(answer.body, moment)
        }
        var problem: String?
        if case .failure(let error) = result {
            problem = (error as? AnswerDiffers).map { Self.differing($0.fields) } ?? Self.words(error)
        }
        try await messages.keep(
            .received(
                call, answer.body, order: id, settlement: settlement, problem: problem, at: moment))
        return try result.get()
    }

    func identity(_ number: String, _ time: String) throws -> OrderIdentity {
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
    static func words(_ error: any Error) -> String { String("\(error)".prefix(200)) }

    private static func differing(_ fields: [String]) -> String { "与订单不符：\(fields.joined(separator: "、"))" }
}

/// What a message of the bank is about.
enum BankSubject: Sendable, Equatable {
    /// An order of a company.
    case order(Int64)
    /// A settlement to a biller.
    case settlement(Int64)

    var order: Int64? { if case .order(let id) = self { id } else { nil } }
    var settlement: Int64? { if case .settlement(let id) = self { id } else { nil } }
}

extension Bank {
    /// Whether the identical pair of number and time may be sent again: only on its own Beijing day, because the bank's
    /// uniqueness is by day, and not in its last minutes, since the message has yet to get there.
    static func mayRepeat(_ transactionTime: String?, at moment: Date) -> Bool {
        transactionTime?.prefix(8)
            == BeijingTime(moment.addingTimeInterval(repeatMarginSeconds)).digits.prefix(8)
    }

    /// How long before midnight nothing is sent again any more, in seconds: longer than a lock is waited for and a call takes.
    private static let repeatMarginSeconds = 300.0

    /// When to ask for the first time about a payout that was sent at this moment.
    func firstPayoutQuestion(from moment: Date) -> Date {
        moment.addingTimeInterval(Double(platform.settings.firstPayoutQuerySeconds))
    }
}

/// A payout as the bank is told of it: a withdrawal, or what a biller gets.
struct PayoutOrder: Sendable {
    let subject: BankSubject
    /// The number under which the bank knows it.
    let number: String
    let amount: Money
    /// The one time (Beijing) under which the bank knows it; nil before it was first sent.
    let transactionTime: String?
    /// The account's number, sealed for its place.
    let sealedAccount: [UInt8]
    let place: SealedField
    let holderName: String
    /// The holder's unified social credit code.
    let licenceNumber: String
}

/// An order that a notification is about, or a refund, or a settlement to a biller.
struct NotifiedOrder: Sendable {
    let id: Int64
    /// Whose order it is; nil for a refund and a settlement.
    let enterprise: Enterprise.ID?
    let job: JobKind
    /// The company's order on whose page the message stands; nil for a settlement, and a refund of no order.
    var order: Int64?
    /// The number of a settlement's payout, of which it may have several.
    var payout: String?
    let expected: @Sendable () throws -> ExpectedOrder

    var settlement: Int64? { job == .billerSettlement ? id : nil }
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
                id: topUp.reference.id, enterprise: topUp.reference.enterprise, job: .topUp,
                order: topUp.reference.id,
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
                id: withdrawal.reference.id, enterprise: withdrawal.reference.enterprise, job: .withdrawal,
                order: withdrawal.reference.id,
                expected: {
                    guard let expected = try bank.expectation(of: withdrawal.payout) else {
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
