/// A form that the browser is to POST, by itself or by a button: data only, whoever shows it writes the HTML.
public struct PaymentForm: Sendable, Equatable {
    /// One hidden field.
    public struct Input: Sendable, Equatable {
        /// The field's name.
        public let name: String
        /// The field's value, not escaped.
        public let value: String
    }

    /// Where the form goes.
    public let action: String
    /// The hidden fields, sorted by name.
    public let inputs: [Input]
}
