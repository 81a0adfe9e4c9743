import AsyncHTTPClient
import Foundation
import Hummingbird
import Logging
import UnionPay

/// Sends the signed results of orders to the merchant's backUrl: five times at most, until HTTP 200 comes within ten
/// seconds (302 counts as well for payouts).
struct BankNotifier: Sendable {
    let book: BankBook
    let bank: BankSide
    let agenda: Agenda
    let clock: SandboxClock
    let faults: Faults
    let client: HTTPClient
    let logger: Logger

    /// Minutes between the sendings of a payment's notification, as the gateway's sample has them.
    private static let paymentGaps: [Double] = [0, 1, 2, 4]
    /// Minutes between the sendings of a payout's notification.
    private static let payoutGaps: [Double] = [1, 2, 4, 5]

    /// An order was decided: its result goes out, unless a fault was ordered for the next notification.
    func announce(_ order: BankOrder) async {
        switch faults.takeNotificationFault() {
        case nil:
            await schedule(order, attempt: 1, at: clock.now)
        case .lose:
            await note(order, attempts: 0, isOver: true, result: "按控制台要求丢失")
        case .delay(let seconds):
            await note(order, attempts: 0, isOver: false, result: "按控制台要求延迟 \(Int(seconds)) 秒")
            await schedule(order, attempt: 1, at: clock.now.addingTimeInterval(seconds))
        case .repeat(let times):
            for _ in 1..<max(times, 2) { _ = await send(order) }
            await schedule(order, attempt: 1, at: clock.now)
        }
    }

    /// A payout was accepted: its result falls due.
    func awaitDecision(of order: BankOrder) async {
        guard let due = order.dueAt else { return }
        await agenda.add(at: due) { [self] in
            do {
                try await decideIfDue(order)
            } catch {
                logger.error(
                    "payout not decided", metadata: ["order": "\(order.orderId)", "error": "\(error)"])
            }
        }
    }

    /// Decides a payout whose time has come and announces the result. A query asks for this as well, so that what it
    /// answers does not depend on how soon the agenda gets round to a payout.
    func decideIfDue(_ order: BankOrder) async throws {
        guard order.state == .accepted, let due = order.dueAt, due <= clock.now else { return }
        // The time in the book is when it was due.
        guard let decided = try await book.decide(order.key, at: due) else { return }
        await announce(decided)
    }

    /// After a restart: takes up what was left.
    func resume() async {
        let (payouts, notifications) = await book.unfinished()
        for order in payouts { await awaitDecision(of: order) }
        for (order, attempts) in notifications {
            await schedule(order, attempt: attempts + 1, at: clock.now)
        }
    }

    private func schedule(_ order: BankOrder, attempt: Int, at due: Date) async {
        await agenda.add(at: due) { [self] in
            let (isAcknowledged, result) = await send(order)
            let gaps = order.isPayout ? Self.payoutGaps : Self.paymentGaps
            let isOver = isAcknowledged || attempt > gaps.count
            await note(order, attempts: attempt, isOver: isOver, result: result)
            if !isOver {
                let gap = gaps[attempt - 1] * 60
                await schedule(order, attempt: attempt + 1, at: clock.now.addingTimeInterval(gap))
            }
        }
    }

    /// One sending: whether it was acknowledged, and what came back.
    private func send(_ order: BankOrder) async -> (isAcknowledged: Bool, result: String) {
        do {
            var request = HTTPClientRequest(url: order.backUrl)
            request.method = .POST
            request.headers.add(name: "Content-Type", value: GatewayRequest.contentType)
            request.body = .bytes(ByteBuffer(bytes: try bank.body(of: order.notification())))
            let response = try await client.execute(request, timeout: .seconds(10))
            _ = try? await response.body.collect(upTo: 65_536)
            let isAcknowledged = response.status == .ok || (order.isPayout && response.status == .found)
            return (isAcknowledged, "HTTP \(response.status.code)")
        } catch {
            return (false, "无应答：\(error)")
        }
    }

    private func note(_ order: BankOrder, attempts: Int, isOver: Bool, result: String) async {
        let delivery = BankBook.Delivery(
            key: order.key, attempts: attempts, isOver: isOver, result: result, at: clock.now)
        do {
            try await book.note(delivery)
        } catch {
            logger.error(
                "notification not noted", metadata: ["order": "\(order.orderId)", "error": "\(error)"])
        }
    }
}
