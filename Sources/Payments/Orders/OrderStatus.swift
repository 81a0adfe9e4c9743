/// The kinds of order that move an enterprise's money.
public enum OrderKind: String, Sendable, CaseIterable {
    /// 充值
    case topUp
    /// 对公消费
    case billPayment
    /// 提现
    case withdrawal

    /// The letters with which the numbers of this kind start.
    var numberPrefix: String {
        switch self {
        case .topUp: "TP"
        case .billPayment: "BP"
        case .withdrawal: "WD"
        }
    }
}

/// One step an order may take. What is not in the table of its kind throws.
public struct Transition<Status: OrderStatus>: Sendable {
    /// The state before; nil when the order begins with this step.
    public let from: Status?
    /// What happened.
    public let event: Status.Event
    /// The state after.
    public let to: Status
    /// The entries that go with the step, as in the posting table.
    public let postings: String
    /// Whether the event is late or contradicts what was believed.
    public let isLate: Bool
}

/// The status of one kind of order: its states, their table, and what the books must show in each.
public protocol OrderStatus: Hashable, Sendable, CaseIterable {
    /// What can happen to such an order.
    associatedtype Event: RawRepresentable<String>, CaseIterable, Hashable, Sendable

    /// The kind of order this is the status of.
    static var kind: OrderKind { get }
    /// The whole table.
    static var transitions: [Transition<Self>] { get }
    /// The state's name as the database and the documents have it.
    var state: String { get }
    /// The second state of a bill payment, `none` for everything else.
    var writeOff: String { get }
    /// No step of its own follows; a soft final state can still be left by a late event.
    var isFinal: Bool { get }
    /// What an order in this state has posted to each account, as multiples of amount and fee; debit positive.
    var position: [Account: Position] { get }
    /// What the enterprise's operators are told of a step; nil where there is nothing to tell.
    static func news(of event: Event, leadingTo status: Self) -> InboxTopic?
}

/// The expected net of an order on one account, in multiples of its amount and its fee; debit positive.
public struct Position: Sendable, Equatable {
    /// How many times the amount.
    public let amounts: Int
    /// How many times the fee.
    public let fees: Int

    /// So many times the amount, so many times the fee.
    public init(_ amounts: Int, fees: Int = 0) {
        self.amounts = amounts
        self.fees = fees
    }
}

/// A step that the table of the order's kind does not have.
public struct IllegalTransition: Error, Equatable {
    /// The kind of order.
    public let kind: OrderKind
    /// Its state, or `–` before it exists.
    public let from: String
    /// What was said to have happened.
    public let event: String
}

extension OrderStatus {
    /// The second state of orders that have only one.
    public var writeOff: String { "none" }

    /// Both states in one word, for messages and documents.
    public var name: String { writeOff == "none" ? state : "\(state), \(writeOff)" }

    /// The status with these names, if there is one.
    public init?(state: String, writeOff: String) {
        guard let found = Self.allCases.first(where: { $0.state == state && $0.writeOff == writeOff }) else {
            return nil
        }
        self = found
    }

    /// Where `event` leads from `from`. Where the table leaves a choice, `choosing` names the one meant.
    public static func after(
        _ event: Event, from: Self?, choosing: Self? = nil
    ) throws(IllegalTransition) -> Self {
        let fitting = transitions.filter { $0.from == from && $0.event == event }
        let chosen = choosing.map { wanted in fitting.filter { $0.to == wanted } } ?? fitting
        guard chosen.count == 1, let step = chosen.first else {
            throw IllegalTransition(kind: kind, from: from?.name ?? "–", event: event.rawValue)
        }
        return step.to
    }

    /// Rows of a table: from any of these states, by this event, to that state.
    static func rows(
        _ from: [Self?], _ event: Event, _ to: Self, _ postings: String = "–", late: Bool = false
    ) -> [Transition<Self>] {
        from.map { Transition(from: $0, event: event, to: to, postings: postings, isLate: late) }
    }
}
