/// A remark in a page: something to know, or something to look out for.
struct Notice: Sendable {
    /// How urgent a remark is.
    enum Tone: String, Sendable {
        case info, success, warning
    }

    /// The name of the tint.
    let tone: String
    /// The drawing in `icons.svg`.
    let icon: String
    /// What it says.
    let text: String
    /// Whether it is read out at once: it answers what was just done.
    let isAlert: Bool

    /// A remark.
    init(_ text: String, _ tone: Tone = .info, isAlert: Bool = false) {
        self.isAlert = isAlert
        self.tone = tone.rawValue
        icon =
            switch tone {
            case .info: "info"
            case .success: "check"
            case .warning: "alert"
            }
        self.text = text
    }
}
