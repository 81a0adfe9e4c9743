/// One line of input with its label, hint and error. A password is never put back into the page.
struct TextField: Sendable {
    /// What a field takes.
    enum Kind: Sendable {
        case text, currentPassword, newPassword, loginID, mobile, digits, amount
    }

    /// Name and id.
    let name: String
    /// The visible label.
    let label: String
    /// The `type` attribute.
    let type: String
    /// The value put back; empty for passwords.
    let value: String
    /// The `autocomplete` token (WCAG 1.3.5).
    let autocomplete: String
    /// The most characters taken.
    let maximum: Int
    /// Whether a keyboard is asked for.
    let hasInputMode: Bool
    /// The keyboard asked for on phones.
    let inputMode: String
    /// Whether there is a hint.
    let hasHint: Bool
    /// The hint between label and input.
    let hint: String
    /// Whether the field is wrong.
    let hasError: Bool
    /// What is wrong.
    let error: String
    /// Whether hint or error describe the input.
    let hasDescription: Bool
    /// The ids of hint and error.
    let describedBy: String

    /// A field; its error is looked up in `errors`.
    init(
        _ name: String,
        label: String,
        value: String = "",
        kind: Kind = .text,
        hint: String? = nil,
        maximum: Int,
        errors: [FieldError] = []
    ) {
        let message = errors.message(for: name)
        let description = Self.description(name: name, hint: hint, error: message)
        self.name = name
        self.label = label
        let isSecret = kind == .currentPassword || kind == .newPassword
        type = isSecret ? "password" : kind == .mobile ? "tel" : "text"
        self.value = isSecret ? "" : value
        autocomplete =
            switch kind {
            case .text, .digits, .amount, .mobile: "off"
            case .currentPassword: "current-password"
            case .newPassword: "new-password"
            case .loginID: "username"
            }
        self.maximum = maximum
        hasInputMode = kind == .digits || kind == .amount
        inputMode = kind == .digits ? "numeric" : kind == .amount ? "decimal" : "text"
        hasHint = hint != nil
        self.hint = hint ?? ""
        hasError = message != nil
        error = message ?? ""
        hasDescription = !description.isEmpty
        describedBy = description
    }

    /// The ids that describe an input: its hint, then its error.
    static func description(name: String, hint: String?, error: String?) -> String {
        [hint.map { _ in "\(name)-hint" }, error.map { _ in "\(name)-error" }]
            .compactMap { $0 }.joined(separator: " ")
    }
}
