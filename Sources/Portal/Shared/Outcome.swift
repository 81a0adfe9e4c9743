/// What a state means for the customer: its label, one sentence, and what happens next. Each kind of order keeps a table of them.
struct StateWording: Sendable {
    /// The label, the same in tags, filters, exports and messages.
    let label: String
    /// Tint and shape.
    let tone: StateTone
    /// What has happened, in one sentence.
    let sentence: String
    /// What happens next or what to do; nil when nothing is left to do.
    let nextStep: String?

    /// The small form for lists.
    var tag: StateTag { StateTag(label, tone) }
}

/// The head of a result page: what became of an order.
struct Outcome: Sendable {
    /// The label of the state.
    let label: String
    /// The name of the tint.
    let tone: String
    /// The drawing in `icons.svg`.
    let icon: String
    /// What has happened.
    let sentence: String
    /// Whether anything is left to say about what comes next.
    let hasNextStep: Bool
    /// What happens next.
    let nextStep: String

    /// The head for a state; `sentence` replaces the table's where the order knows more, such as a reason.
    init(_ wording: StateWording, sentence: String? = nil) {
        label = wording.label
        tone = wording.tone.rawValue
        icon = wording.tone.icon
        self.sentence = sentence ?? wording.sentence
        hasNextStep = wording.nextStep != nil
        nextStep = wording.nextStep ?? ""
    }
}
