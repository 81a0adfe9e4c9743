/// Some lines in which a person says why, with their label, hint and error.
struct ReasonField: Sendable {
    /// Name and id.
    let name: String
    /// The visible label.
    let label: String
    /// How many lines are seen at once.
    let rows: Int
    /// What was typed.
    let value: String
    /// Whether there is a hint.
    let hasHint: Bool
    /// The hint between label and lines.
    let hint: String
    /// Whether the field is wrong.
    let hasError: Bool
    /// What is wrong.
    let error: String
    /// Whether hint or error describe the field.
    let hasDescription: Bool
    /// The ids of hint and error.
    let describedBy: String

    /// A field; its error is looked up in `errors`.
    init(
        _ name: String = "reason", label: String, value: String, hint: String? = nil, rows: Int = 2,
        errors: [FieldError]
    ) {
        let message = errors.message(for: name)
        let description = TextField.description(name: name, hint: hint, error: message)
        self.name = name
        self.label = label
        self.rows = rows
        self.value = value
        hasHint = hint != nil
        self.hint = hint ?? ""
        hasError = message != nil
        error = message ?? ""
        hasDescription = !description.isEmpty
        describedBy = description
    }
}
