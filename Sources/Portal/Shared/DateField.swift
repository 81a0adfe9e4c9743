/// A day, chosen in the browser's calendar or typed.
struct DateField: Sendable {
    /// Name and id.
    let name: String
    /// The visible label.
    let label: String
    /// The day as `2026-11-22`, or what was typed when it is not a day.
    let value: String
    /// Whether the field is wrong.
    let hasError: Bool
    /// What is wrong.
    let error: String

    /// A field; its error is looked up in `errors`.
    init(_ name: String, label: String, value: String = "", errors: [FieldError] = []) {
        let message = errors.message(for: name)
        self.name = name
        self.label = label
        self.value = value
        hasError = message != nil
        error = message ?? ""
    }
}
