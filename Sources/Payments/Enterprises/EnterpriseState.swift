/// Where an enterprise stands with us.
public enum EnterpriseState: String, Lifecycle {
    case pendingActivation, active, outgoingStopped, frozen, closing, closed

    /// What can happen to an enterprise.
    public enum Event: String, CaseIterable, Sendable {
        case opened, activated, activationExpired, outgoingStopped, frozen, reactivated, closingApproved,
            closed
    }

    /// As in the database.
    public static let subject = "enterprise"

    /// The table of money.md 2.6.
    public static let steps: [LifecycleStep<EnterpriseState>] = [
        rows([nil], .opened, .pendingActivation),
        rows([.pendingActivation], .activated, .active),
        rows([.pendingActivation], .activationExpired, .pendingActivation),
        rows([.active, .frozen], .outgoingStopped, .outgoingStopped),
        rows([.active, .outgoingStopped], .frozen, .frozen),
        rows([.outgoingStopped, .frozen], .reactivated, .active),
        rows([.active], .closingApproved, .closing),
        rows([.closing], .closed, .closed),
    ].flatMap { $0 }

    /// Whether money may come in.
    public var takesMoney: Bool { self == .active || self == .outgoingStopped }

    /// Whether money may leave.
    public var paysMoney: Bool { self == .active }
}
