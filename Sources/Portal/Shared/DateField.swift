import Payments

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

extension FormFields {
    /// The years in which days are looked for.
    private static let years = 2000...2099

    /// The day in a field; nil where it is empty or cannot be understood, which is reported.
    func day(_ name: String, label: String, _ errors: inout [FieldError]) -> LocalDate? {
        let text = text(name)
        guard !text.isEmpty else { return nil }
        guard let day = LocalDate(entered: text) else {
            errors.append(FieldError(name, "\(label)请按 2026-11-22 的格式填写"))
            return nil
        }
        let years = Self.years
        guard years.contains(day.year) else {
            errors.append(FieldError(name, "\(label)须在 \(years.lowerBound) 年至 \(years.upperBound) 年之间"))
            return nil
        }
        return day
    }
}
