/// A person of China Mobile who works with the portal (工作人员).
public struct StaffMember: Sendable {
    /// Its key.
    public struct ID: Identifier {
        /// The number of the row.
        public let rawValue: Int64
        /// The identifier of this number.
        public init(rawValue: Int64) { self.rawValue = rawValue }
    }

    /// Its key.
    public let id: ID
    /// 工号, in capitals.
    public let number: String
    /// The person's name.
    public let name: String
    /// What the person does.
    public let role: StaffRole
    /// Where the person does it.
    public let region: Region
}

/// What a member of staff does.
public enum StaffRole: String, Sendable, CaseIterable {
    /// 客户经理: fills in opening cases.
    case accountManager = "account_manager"
    /// 审核员: decides on what account managers submit.
    case supervisor
    /// 运营员: looks after orders and registered accounts.
    case operations
    /// 审计员: reads the audit trail.
    case auditor
}

/// Whether a member of staff can sign in.
public enum StaffState: String, Lifecycle {
    case active, disabled

    /// What can happen to a member of staff.
    public enum Event: String, CaseIterable, Sendable {
        case added, disabled, enabled
    }

    /// As in the database.
    public static let subject = "staff"

    /// The table.
    public static let steps: [LifecycleStep<StaffState>] = [
        rows([nil], .added, .active),
        rows([.active], .disabled, .disabled),
        rows([.disabled], .enabled, .active),
    ].flatMap { $0 }
}
