import Payments

/// An input for an amount, with the amount in capitals below it. The script keeps the capitals up to date.
struct AmountField: Sendable {
    /// Name and id.
    let name: String
    /// The visible label.
    let label: String
    /// The text as it was typed.
    let value: String
    /// The amount in capitals, empty while the text is not an amount.
    let capital: String
    /// Whether there is a hint.
    let hasHint: Bool
    /// The hint between label and input.
    let hint: String
    /// Whether the field is wrong.
    let hasError: Bool
    /// What is wrong.
    let error: String
    /// The ids of hint, error and capitals.
    let describedBy: String

    /// A field; its error is looked up in `errors`.
    init(_ name: String, label: String, value: String = "", hint: String? = nil, errors: [FieldError] = []) {
        let message = errors.message(for: name)
        let description = TextField.description(name: name, hint: hint, error: message)
        self.name = name
        self.label = label
        self.value = value
        capital = (try? Money(entered: value))?.chineseCapital ?? ""
        hasHint = hint != nil
        self.hint = hint ?? ""
        hasError = message != nil
        error = message ?? ""
        describedBy = description.isEmpty ? "\(name)-capital" : "\(description) \(name)-capital"
    }
}

extension MoneyEntryError {
    /// What is wrong and what to do; `name` is the label of the field.
    func sentence(name: String) -> String {
        switch self {
        case .empty: "请输入\(name)"
        case .notAnAmount: "\(name)只能是数字，例如 1,234.56"
        case .misplacedSeparator: "\(name)中的逗号位置不对，请检查，例如 1,234.56"
        case .tooManyDecimals: "\(name)最多两位小数，例如 1,234.56"
        case .tooLarge: "\(name)过大，最多 \(Money.largestEntry.formatted) 元"
        }
    }
}
