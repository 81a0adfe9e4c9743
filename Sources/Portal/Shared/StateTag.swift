/// How a state looks: the tint and the shape that go with its words, so that colour never speaks alone.
enum StateTone: String, Sendable {
    case success, processing, pending, danger, returned, closed

    /// The drawing in `icons.svg`.
    var icon: String {
        switch self {
        case .success: "check"
        case .processing: "dots"
        case .pending: "clock"
        case .danger: "cross"
        case .returned: "return"
        case .closed: "minus"
        }
    }
}

/// A state in a list: a small label of text, tint and shape.
struct StateTag: Sendable {
    /// The words, for example 缴费成功.
    let label: String
    /// The name of the tint.
    let tone: String
    /// The drawing in `icons.svg`.
    let icon: String

    /// A tag of these words in that tone.
    init(_ label: String, _ tone: StateTone) {
        self.label = label
        self.tone = tone.rawValue
        icon = tone.icon
    }
}
