import Payments

extension StaffRole {
    /// What people call the role.
    var label: String {
        switch self {
        case .accountManager: "客户经理"
        case .supervisor: "审核员"
        case .operations: "运营员"
        case .auditor: "审计员"
        }
    }
}
