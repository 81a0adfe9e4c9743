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

    /// A remark.
    init(_ text: String, _ tone: Tone = .info) {
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
