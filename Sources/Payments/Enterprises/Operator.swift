import Foundation

/// A person of an enterprise who signs in (操作员).
public struct Operator: Sendable {
    /// Its key.
    public struct ID: Identifier {
        /// The number of the row.
        public let rawValue: Int64
        /// The identifier of this number.
        public init(rawValue: Int64) { self.rawValue = rawValue }
    }

    /// Its key.
    public let id: ID
    /// 登录ID.
    public let loginID: String
    /// The person's name.
    public let name: String
    /// `138****5678`.
    public let mobileMasked: String
    /// Whether the person can sign in.
    public let state: OperatorState
    /// When the person last signed in.
    public let lastSignedInAt: Date?
}

/// Whether an operator can sign in.
public enum OperatorState: String, Lifecycle {
    case pendingActivation, active, disabled

    /// What can happen to an operator.
    public enum Event: String, CaseIterable, Sendable {
        case registered, activated, disabled, enabled
    }

    /// As in the database.
    public static let subject = "operator"

    /// The table.
    public static let steps: [LifecycleStep<OperatorState>] = [
        rows([nil], .registered, .pendingActivation),
        rows([.pendingActivation], .activated, .active),
        rows([.active], .disabled, .disabled),
        rows([.disabled], .enabled, .active),
    ].flatMap { $0 }
}
