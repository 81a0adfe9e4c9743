import Foundation
import Hummingbird
import ServiceLifecycle
import Synchronization

/// What the control page makes go wrong, and the delays of the play. Each fault hits once, or as many times as ordered.
final class Faults: Sendable {
    /// Calls from the portal that can be left unanswered.
    enum Call: String, CaseIterable, Codable, Sendable {
        /// A payout to the bank.
        case payout
        /// A query to the bank.
        case query
        /// A bill query to a biller.
        case billsQuery
        /// A payment to a biller.
        case payment
        /// A query about a payment to a biller.
        case paymentQuery
        /// A message to the message centre.
        case message
    }

    /// Whether a call that stays unanswered was carried out.
    enum CallFault: String, Codable, Sendable {
        case withoutEffect = "none"
        case withEffect = "booked"
    }

    /// What happens to a notification of the bank.
    enum NotificationFault: Codable, Sendable {
        /// It is never sent.
        case lose
        /// It is sent so many seconds later.
        case delay(seconds: Double)
        /// It is sent so many times.
        case `repeat`(times: Int)
    }

    /// A fault that waits for its call.
    struct ArmedCall: Codable, Sendable {
        let call: Call
        /// The biller's code; nil for any.
        let biller: String?
        let effect: CallFault
    }

    /// The delays of the play, in seconds.
    struct Settings: Codable, Sendable {
        /// From the acceptance of a payout to its arrival.
        var payoutDelaySeconds: Double
        /// How long a call without answer is held open.
        var holdSeconds = 60.0
        /// How long slow customer numbers take.
        var slowSeconds = 4.0
        /// From an unknown write-off to its result.
        var writeOffSeconds = 60.0
    }

    private struct State {
        var settings: Settings
        var notifications: [NotificationFault] = []
        var calls: [ArmedCall] = []
    }

    /// Lets so many seconds of real time pass; shorter when the program is asked to stop.
    let pause: @Sendable (Double) async -> Void
    private let state: Mutex<State>

    init(
        payoutDelaySeconds: Double,
        pause: @escaping @Sendable (Double) async -> Void = { seconds in
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: .seconds(seconds)) }
        }
    ) {
        self.pause = pause
        state = Mutex(State(settings: Settings(payoutDelaySeconds: payoutDelaySeconds)))
    }

    /// The delays.
    var settings: Settings {
        get { state.withLock { $0.settings } }
        set { state.withLock { $0.settings = newValue } }
    }

    /// What is ordered and has not happened yet.
    var armed: (notifications: [NotificationFault], calls: [ArmedCall]) {
        state.withLock { ($0.notifications, $0.calls) }
    }

    /// Orders a fault for the next notification.
    func arm(_ fault: NotificationFault) {
        state.withLock { $0.notifications.append(fault) }
    }

    /// Orders a fault for the next call of a kind.
    func arm(_ fault: ArmedCall, count: Int) {
        state.withLock { $0.calls.append(contentsOf: repeatElement(fault, count: count)) }
    }

    /// Takes back all that was ordered.
    func disarm() {
        state.withLock {
            $0.notifications = []
            $0.calls = []
        }
    }

    /// The fault for the notification that is about to be sent.
    func takeNotificationFault() -> NotificationFault? {
        state.withLock { $0.notifications.isEmpty ? nil : $0.notifications.removeFirst() }
    }

    /// The fault for the call that has come.
    func takeCallFault(_ call: Call, biller: String? = nil) -> CallFault? {
        state.withLock { state in
            let index = state.calls.firstIndex {
                $0.call == call && ($0.biller == nil || $0.biller == biller)
            }
            return index.map { state.calls.remove(at: $0).effect }
        }
    }

    /// Holds the connection open and then gives up, as an overloaded server does: the caller's own patience ends first.
    func leaveUnanswered() async throws -> Response {
        await pause(settings.holdSeconds)
        return WebAnswer.text("", status: .gatewayTimeout)
    }
}
