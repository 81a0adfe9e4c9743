/// Where an activation link stands. That its time has run out is no state: it follows from the clock.
public enum ActivationLinkState: String, Lifecycle {
    case open, used, replaced

    /// What can happen to a link.
    public enum Event: String, CaseIterable, Sendable {
        case issued, activated, reissued
    }

    /// As in the database.
    public static let subject = "activation_link"

    /// The table.
    public static let steps: [LifecycleStep<ActivationLinkState>] = [
        rows([nil], .issued, .open),
        rows([.open], .activated, .used),
        rows([.open], .reissued, .replaced),
    ].flatMap { $0 }
}
