import Postgres

/// The states of something that changes only along a table: an enterprise, an opening case, a link. The
/// database has the same steps in its table `state_steps` and refuses all others.
public protocol Lifecycle: RawRepresentable<String>, Hashable, Sendable, CaseIterable, PostgresCodable {
    /// What can happen.
    associatedtype Event: RawRepresentable<String>, CaseIterable, Hashable, Sendable

    /// The name under which the database keeps the steps.
    static var subject: String { get }
    /// The whole table.
    static var steps: [LifecycleStep<Self>] { get }
}

/// One row of a table of states.
public struct LifecycleStep<State: Lifecycle>: Sendable {
    /// The state before; nil when it begins with this step.
    public let from: State?
    /// What happened.
    public let event: State.Event
    /// The state after.
    public let to: State
}

/// A step that the table does not have.
public struct IllegalStep: Error, Hashable, Sendable {
    /// What was to change.
    public let subject: String
    /// Its state, or `–` before it exists.
    public let from: String
    /// What was said to have happened.
    public let event: String
}

extension Lifecycle {
    /// Where `event` leads from `from`. Throws ``IllegalStep`` when the table has no such row.
    public static func after(_ event: Event, from: Self?) throws(IllegalStep) -> Self {
        guard let step = steps.first(where: { $0.from == from && $0.event == event }) else {
            throw IllegalStep(subject: subject, from: from?.rawValue ?? "–", event: event.rawValue)
        }
        return step.to
    }

    /// Rows of a table: from any of these states, by this event, to that state.
    static func rows(_ from: [Self?], _ event: Event, _ to: Self) -> [LifecycleStep<Self>] {
        from.map { LifecycleStep(from: $0, event: event, to: to) }
    }
}
