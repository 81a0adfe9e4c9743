/// Something wrong with one field of a form, said the same way in the summary and beside the field.
struct FieldError: Error, Equatable, Sendable {
    /// The name of the field, which is also its id in the page.
    let field: String
    /// What is wrong and what to do, as a sentence without a full stop.
    let message: String

    /// An error of that field.
    init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }
}

extension [FieldError] {
    /// What is wrong with one field, if anything is.
    func message(for field: String) -> String? {
        first { $0.field == field }?.message
    }
}

/// The box on top of a refused form, with a link to each field.
struct ErrorSummary: Sendable {
    /// The errors in the order of the fields.
    let errors: [FieldError]

    /// A summary, or nil when there is nothing to say.
    init?(_ errors: [FieldError]) {
        guard !errors.isEmpty else { return nil }
        self.errors = errors
    }
}
