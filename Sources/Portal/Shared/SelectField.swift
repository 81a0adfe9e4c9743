/// A choice from a list, with its label, hint and error.
struct SelectField: Sendable {
    /// Some options, under a heading or without one.
    struct Group: Sendable {
        /// Whether there is a heading.
        let hasLabel: Bool
        /// The heading.
        let label: String
        /// The options.
        let options: [Option]

        /// Options under a heading; without one when it is nil.
        init(_ label: String? = nil, _ options: [Option]) {
            hasLabel = label != nil
            self.label = label ?? ""
            self.options = options
        }
    }

    /// One option.
    struct Option: Sendable {
        /// What the form sends.
        let value: String
        /// What people read.
        let label: String
        /// Whether it is the chosen one.
        let isSelected: Bool
        /// Whether it is shown and cannot be chosen.
        let isDisabled: Bool
        /// Whether the script shows it under certain other choices only.
        let hasScope: Bool
        /// Those choices, `city/item`.
        let scope: String
        /// Whether the script explains it when it is chosen.
        let hasNote: Bool
        /// The explanation.
        let note: String

        /// An option. Whether it is the chosen one is settled by the field.
        init(
            _ value: String, _ label: String, isSelected: Bool = false, isDisabled: Bool = false,
            scope: String? = nil, note: String? = nil
        ) {
            self.value = value
            self.label = label
            self.isSelected = isSelected
            self.isDisabled = isDisabled
            hasScope = scope != nil
            self.scope = scope ?? ""
            hasNote = note != nil
            self.note = note ?? ""
        }
    }

    /// Name and id.
    let name: String
    /// The visible label.
    let label: String
    /// The words of the empty first option, which asks for a choice.
    let placeholder: String
    /// The options.
    let groups: [Group]
    /// Whether there is a hint.
    let hasHint: Bool
    /// The hint between label and list.
    let hint: String
    /// Whether the field is wrong.
    let hasError: Bool
    /// What is wrong.
    let error: String
    /// Whether hint or error describe the list.
    let hasDescription: Bool
    /// The ids of hint and error.
    let describedBy: String

    /// A field with options under headings. The option whose value is `value` is the chosen one, once.
    init(
        _ name: String,
        label: String,
        value: String = "",
        groups: [Group],
        placeholder: String,
        hint: String? = nil,
        errors: [FieldError] = []
    ) {
        let message = errors.message(for: name)
        let description = TextField.description(name: name, hint: hint, error: message)
        self.name = name
        self.label = label
        self.placeholder = placeholder
        var isChosen = false
        self.groups = groups.map { group in
            let options = group.options.map { option in
                let isSelected = !isChosen && !value.isEmpty && option.value == value
                isChosen = isChosen || isSelected
                return Option(
                    option.value, option.label, isSelected: isSelected, isDisabled: option.isDisabled,
                    scope: option.hasScope ? option.scope : nil, note: option.hasNote ? option.note : nil)
            }
            return Group(group.hasLabel ? group.label : nil, options)
        }
        hasHint = hint != nil
        self.hint = hint ?? ""
        hasError = message != nil
        error = message ?? ""
        hasDescription = !description.isEmpty
        describedBy = description
    }

    /// A field with one plain list of options.
    init(
        _ name: String,
        label: String,
        value: String = "",
        options: [Option],
        placeholder: String,
        hint: String? = nil,
        errors: [FieldError] = []
    ) {
        self.init(
            name, label: label, value: value, groups: [Group(nil, options)], placeholder: placeholder,
            hint: hint,
            errors: errors)
    }
}
