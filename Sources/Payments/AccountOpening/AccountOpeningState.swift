/// Where an opening case stands (开户申请).
public enum AccountOpeningState: String, Lifecycle {
    case draft, submitted, returned, approved, rejected, withdrawn, expired

    /// What can happen to a case.
    public enum Event: String, CaseIterable, Sendable {
        case started, taskSaved, submitted, withdrawn, returned, rejected, reviewExpired, approved
        case decisionStale, creditCodeTaken, loginIDTaken
    }

    /// As in the database.
    public static let subject = "account_opening_case"

    /// The table of money.md 2.6, and `loginIDTaken`: like the credit code, the login ID is claimed by a
    /// unique index at approval, and who comes second gets the case back.
    public static let steps: [LifecycleStep<AccountOpeningState>] = [
        rows([nil], .started, .draft),
        rows([.draft, .returned], .taskSaved, .draft),
        rows([.draft, .returned], .submitted, .submitted),
        rows([.submitted], .withdrawn, .withdrawn),
        rows([.submitted], .returned, .returned),
        rows([.submitted], .rejected, .rejected),
        rows([.submitted], .reviewExpired, .expired),
        rows([.submitted], .approved, .approved),
        rows([.submitted], .decisionStale, .submitted),
        rows([.submitted], .creditCodeTaken, .returned),
        rows([.submitted], .loginIDTaken, .returned),
    ].flatMap { $0 }
}
