import Foundation
import Hummingbird
import Logging
import UnionPay

/// A POST to the merchant's backUrl, ready to be sent by whatever client there is.
struct OutgoingNotification: Sendable {
    let url: String
    let contentType: String
    let body: [UInt8]

    /// Sends it within ten seconds and gives the HTTP status.
    typealias Send = @Sendable (OutgoingNotification) async throws -> Int
}

/// Sends the signed results of orders to the merchant's backUrl: five times at most, until HTTP 200 comes within ten
/// seconds (302 counts as well for payouts).
struct BankNotifier: Sendable {
    let book: BankBook
    let bank: BankSide
    /// The bank with a certificate that is over.
    let expiredBank: BankSide
    let agenda: Agenda
    let clock: SandboxClock
    let faults: Faults
    let send: OutgoingNotification.Send
    let logger: Logger
    private let held = HeldNotifications()

    /// Minutes between the sendings of a payment's notification, as the gateway's sample has them.
    private static let paymentGaps: [Double] = [0, 1, 2, 4]
    /// Minutes between the sendings of a payout's or refund's notification.
    private static let payoutGaps: [Double] = [1, 2, 4, 5]

    init(
        book: BankBook, keys: SandboxKeys, agenda: Agenda, clock: SandboxClock, faults: Faults,
        send: @escaping OutgoingNotification.Send, logger: Logger
    ) {
        self.book = book
        bank = keys.bank
        expiredBank = keys.expiredBank
        self.agenda = agenda
        self.clock = clock
        self.faults = faults
        self.send = send
        self.logger = logger
    }

    /// Lets the book do what has become due, and announces what was decided by that. Whoever reads the book asks for this
    /// first, so that no answer depends on how soon the agenda gets round to something.
    func catchUp() async throws {
        for order in try await book.advance(to: clock.now) { await announce(order) }
    }

    /// An order was decided: its result goes out, unless a fault was ordered for the next notification or is planned for
    /// this one.
    func announce(_ order: BankOrder) async {
        let due = max(clock.now, order.fate?.heldBackUntil ?? clock.now)
        switch faults.takeNotificationFault() {
        case nil:
            await announce(order, at: due, planned: await plannedFaults(of: order))
        case .lose:
            await note(order, attempts: 0, isOver: true, result: "按控制台要求丢失")
        case .delay(let seconds):
            await postpone(order, to: due.addingTimeInterval(seconds), "按控制台要求延迟 \(Int(seconds)) 秒")
        case .repeat(let times):
            await scheduleExtra(order, times: max(times, 2) - 1, at: due)
            await schedule(order, attempt: 1, at: due)
        }
    }

    private func announce(_ order: BankOrder, at due: Date, planned: [FaultHit]) async {
        if planned[.notificationLost] != nil {
            await note(order, attempts: 0, isOver: true, result: "按故障计划丢失")
        } else if let parameters = planned[.notificationReordered] {
            let latest = due.addingTimeInterval(parameters.seconds(or: 300))
            await held.hold(order)
            await note(order, attempts: 0, isOver: false, result: "按故障计划排到下一笔之后", nextAt: latest)
            await agenda.add(at: latest) { [self] in
                if let order = await held.take(order.key) { await schedule(order, attempt: 1, at: clock.now) }
            }
        } else if let parameters = planned[.notificationLate] {
            let seconds = parameters.seconds(or: 600)
            await postpone(order, to: due.addingTimeInterval(seconds), "按故障计划延迟 \(Int(seconds)) 秒")
        } else if due > clock.now {
            await postpone(order, to: due, "等待银行处理结果")
        } else {
            if let parameters = planned[.notificationRepeated] {
                await scheduleExtra(order, times: (parameters.times ?? 3) - 1, at: due)
            }
            await schedule(order, attempt: 1, at: due)
        }
    }

    private func postpone(_ order: BankOrder, to due: Date, _ reason: String) async {
        await note(order, attempts: 0, isOver: false, result: reason, nextAt: due)
        await schedule(order, attempt: 1, at: due)
    }

    /// After a restart: takes up what was left.
    func resume() async {
        for (order, delivery) in await book.unfinished() {
            guard let delivery else {
                await announce(order)
                continue
            }
            await schedule(
                order, attempt: delivery.attempts + 1, at: max(delivery.nextAt ?? clock.now, clock.now))
        }
    }

    // MARK: Sending

    private func schedule(_ order: BankOrder, attempt: Int, at due: Date) async {
        await agenda.add(at: due) { [self] in
            let (isAcknowledged, result) = await deliver(order)
            let gaps = order.kind == .payment ? Self.paymentGaps : Self.payoutGaps
            let isOver = isAcknowledged || attempt > gaps.count
            let next = isOver ? nil : clock.now.addingTimeInterval(gaps[attempt - 1] * 60)
            await note(order, attempts: attempt, isOver: isOver, result: result, nextAt: next)
            if let next { await schedule(order, attempt: attempt + 1, at: next) }
            for other in await held.takeAll(but: order.key) {
                await schedule(other, attempt: 1, at: clock.now)
            }
        }
    }

    /// Sendings beside the ordinary ones, whose answers nobody looks at.
    private func scheduleExtra(_ order: BankOrder, times: Int, at due: Date) async {
        for _ in 0..<times { await agenda.add(at: due) { [self] in _ = await deliver(order) } }
    }

    /// One sending: whether it was acknowledged, and what came back.
    private func deliver(_ order: BankOrder) async -> (isAcknowledged: Bool, result: String) {
        do {
            let notification = OutgoingNotification(
                url: order.backUrl, contentType: GatewayRequest.contentType,
                body: try await body(of: order))
            let status = try await send(notification)
            return (status == 200 || (order.kind == .payout && status == 302), "HTTP \(status)")
        } catch {
            return (false, "无应答：\(error)")
        }
    }

    /// The signed content, with what the fault plan makes of it.
    private func body(of order: BankOrder) async throws -> [UInt8] {
        let planned = await plannedFaults(of: order)
        var notification = try order.notification()
        if let parameters = planned[.notificationWrongAmount] {
            notification = try notification.with(amountPlus: parameters.fen ?? 1)
        }
        if planned[.notificationWrongOrder] != nil { notification = try notification.withOtherOrder() }
        let side = planned[.notificationExpiredCertificate] == nil ? bank : expiredBank
        let body = try side.body(of: notification)
        guard planned[.notificationBadSignature] != nil else { return body }
        var message = try Message(formBody: body)
        let signature = message[.signature] ?? ""
        message[.signature] = (signature.hasPrefix("A") ? "B" : "A") + signature.dropFirst()
        return message.formBody
    }

    private func plannedFaults(of order: BankOrder) async -> [FaultHit] {
        do {
            return try await book.notificationFaults(of: order, at: clock.now)
        } catch {
            logger.error("fault not drawn", metadata: ["order": "\(order.orderId)", "error": "\(error)"])
            return []
        }
    }

    private func note(
        _ order: BankOrder, attempts: Int, isOver: Bool, result: String, nextAt: Date? = nil
    ) async {
        let delivery = BankBook.Delivery(
            key: order.key, attempts: attempts, isOver: isOver, result: result, at: clock.now, nextAt: nextAt)
        do {
            try await book.note(delivery)
        } catch {
            logger.error(
                "notification not noted", metadata: ["order": "\(order.orderId)", "error": "\(error)"])
        }
    }
}

/// Notifications that wait for another one to be sent first.
private actor HeldNotifications {
    private var orders: [BankOrder] = []

    func hold(_ order: BankOrder) {
        orders.append(order)
    }

    func take(_ key: OrderKey) -> BankOrder? {
        orders.firstIndex { $0.key == key }.map { orders.remove(at: $0) }
    }

    func takeAll(but key: OrderKey) -> [BankOrder] {
        let taken = orders.filter { $0.key != key }
        orders.removeAll { $0.key != key }
        return taken
    }
}

extension TransactionNotification {
    /// The same with a larger amount.
    fileprivate func with(amountPlus fen: Int64) throws -> TransactionNotification {
        guard let transaction else { return self }
        return TransactionNotification(
            product: product, order: order, kind: kind, responseCode: responseCode,
            responseText: responseText,
            transaction: BankTransaction(
                queryID: transaction.queryID, amountFen: transaction.amountFen + fen,
                traceNumber: transaction.traceNumber, traceTime: transaction.traceTime,
                settleDate: transaction.settleDate, settleAmountFen: transaction.amountFen + fen,
                settleCurrencyCode: transaction.settleCurrencyCode,
                originalQueryID: transaction.originalQueryID),
            requestReserved: requestReserved)
    }

    /// The same under another order number, of which only the last character differs.
    fileprivate func withOtherOrder() throws -> TransactionNotification {
        let number = order.number.text
        let other = number.dropLast() + (number.hasSuffix("9") ? "0" : "9")
        return TransactionNotification(
            product: product,
            order: OrderIdentity(
                merchant: order.merchant, number: try OrderNumber(String(other)), time: order.time),
            kind: kind, responseCode: responseCode, responseText: responseText, transaction: transaction,
            requestReserved: requestReserved)
    }
}
