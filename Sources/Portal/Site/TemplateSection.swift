/// What Mustache settles at run time, settled by type: how often a section `{{#name}}…{{/name}}` is written, and for what.
///
/// Compiled templates ask `HTMLWriter.section` and walk the `items` of the answer. The overloads below decide:
/// an array gives its elements, an optional what it holds or nothing, a struct itself, and a Bool the current item
/// once or not at all. Strings, numbers and optional Bools are refused by answers whose `items` cannot be used.
struct TemplateSection<Items: Sequence> {
    /// What the section is written for, in order.
    let items: Items
}

/// Whether an inverted section `{{^name}}…{{/name}}` is written.
struct InvertedTemplateSection {
    /// True where the value is false, nil or empty.
    let isWritten: Bool
}

/// Any `Optional`, and nothing else.
///
/// An overload that took `Value?` would also accept a plain String, promoted without a word; a generic bound to this
/// protocol does not.
protocol OptionalValue {
    /// What the optional holds when it is not nil.
    associatedtype Wrapped

    /// The value as an ordinary optional.
    var optional: Wrapped? { get }
}

extension Optional: OptionalValue {
    var optional: Wrapped? { self }
}

extension HTMLWriter {
    /// A section over an array: once for each element.
    static func section<Element, Item>(_ value: [Element], in item: Item) -> TemplateSection<[Element]> {
        TemplateSection(items: value)
    }

    /// A section over an optional: once for what it holds, or not at all.
    static func section<Value: OptionalValue, Item>(
        _ value: Value, in item: Item
    ) -> TemplateSection<CollectionOfZeroOrOne<Value.Wrapped>> {
        TemplateSection(items: CollectionOfZeroOrOne(value.optional))
    }

    /// A section over a Bool: once for the current item, which it does not change, or not at all.
    static func section<Item>(_ value: Bool, in item: Item) -> TemplateSection<CollectionOfZeroOrOne<Item>> {
        TemplateSection(items: CollectionOfZeroOrOne(value ? item : nil))
    }

    /// A section over a nested struct: once, for the struct.
    static func section<Value, Item>(_ value: Value, in item: Item) -> TemplateSection<CollectionOfOne<Value>>
    {
        TemplateSection(items: CollectionOfOne(value))
    }

    /// An inverted section over an array: written when there is no element.
    static func inverted<Element>(_ value: [Element]) -> InvertedTemplateSection {
        InvertedTemplateSection(isWritten: value.isEmpty)
    }

    /// An inverted section over an optional: written when it is nil.
    static func inverted<Value: OptionalValue>(_ value: Value) -> InvertedTemplateSection {
        InvertedTemplateSection(isWritten: value.optional == nil)
    }

    /// An inverted section over a Bool: written when it is false.
    static func inverted(_ value: Bool) -> InvertedTemplateSection {
        InvertedTemplateSection(isWritten: !value)
    }
}

/// One value or none, to be walked by a `for`.
struct CollectionOfZeroOrOne<Element>: Sequence, IteratorProtocol {
    private var element: Element?

    /// A sequence of the value, or an empty one for nil.
    init(_ element: Element?) {
        self.element = element
    }

    /// The value the first time it is asked for, then nil.
    mutating func next() -> Element? {
        defer { element = nil }
        return element
    }
}

// MARK: What is no section

/// The answer for a String.
struct StringIsNoSection<Item> {
    @available(
        *, unavailable,
        message: "a String is no section; give the page an optional, or a Bool named is…, has… or can…"
    )
    var items: EmptyCollection<Item> { EmptyCollection() }

    @available(*, unavailable, message: "a String has no inverse; give the page an optional, or a Bool")
    var isWritten: Bool { false }
}

/// The answer for a number.
struct NumberIsNoSection<Item> {
    @available(
        *, unavailable,
        message: "a number is no section; give the page a Bool named is…, has… or can…, or an array"
    )
    var items: EmptyCollection<Item> { EmptyCollection() }

    @available(*, unavailable, message: "a number has no inverse; give the page a Bool, or an optional")
    var isWritten: Bool { false }
}

/// The answer for an optional Bool.
struct OptionalBoolIsNoSection<Item> {
    @available(
        *, unavailable, message: "a Bool? says three things; give the page a Bool for each question asked"
    )
    var items: EmptyCollection<Item> { EmptyCollection() }

    @available(
        *, unavailable, message: "a Bool? says three things; give the page a Bool for each question asked"
    )
    var isWritten: Bool { false }
}

/// The answer for the inverse of a nested struct.
struct StructHasNoInverse {
    @available(
        *, unavailable, message: "a struct is always there; make it an optional in the page, or ask a Bool"
    )
    var isWritten: Bool { false }
}

extension HTMLWriter {
    /// Refuses a String as a section.
    static func section<Value: StringProtocol, Item>(_ value: Value, in item: Item) -> StringIsNoSection<Item>
    {
        StringIsNoSection()
    }

    /// Refuses a number as a section.
    static func section<Value: Numeric, Item>(_ value: Value, in item: Item) -> NumberIsNoSection<Item> {
        NumberIsNoSection()
    }

    /// Refuses an optional Bool as a section.
    static func section<Value: OptionalValue, Item>(
        _ value: Value, in item: Item
    ) -> OptionalBoolIsNoSection<Item> where Value.Wrapped == Bool {
        OptionalBoolIsNoSection()
    }

    /// Refuses the inverse of a String.
    static func inverted<Value: StringProtocol>(_ value: Value) -> StringIsNoSection<Value> {
        StringIsNoSection()
    }

    /// Refuses the inverse of a number.
    static func inverted<Value: Numeric>(_ value: Value) -> NumberIsNoSection<Value> {
        NumberIsNoSection()
    }

    /// Refuses the inverse of an optional Bool.
    static func inverted<Value: OptionalValue>(
        _ value: Value
    ) -> OptionalBoolIsNoSection<Value> where Value.Wrapped == Bool {
        OptionalBoolIsNoSection()
    }

    /// Refuses the inverse of a nested struct.
    static func inverted<Value>(_ value: Value) -> StructHasNoInverse {
        StructHasNoInverse()
    }
}
