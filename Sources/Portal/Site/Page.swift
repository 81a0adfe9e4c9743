/// A struct that the template of the same name writes: `Templates/TopUps/TopUpPage.mustache` and `struct TopUpPage`.
///
/// The template compiler makes the conformance.
protocol TemplatePage {
    /// Writes the whole page, layout included.
    func write(to out: inout HTMLWriter)
}

extension TemplatePage {
    /// The page as UTF-8 bytes, ready to be sent.
    func rendered() -> [UInt8] {
        var out = HTMLWriter()
        write(to: &out)
        return out.bytes
    }
}

/// A struct that a shared template writes inside pages: `Templates/Shared/StateTag.mustache` and `struct StateTag`.
///
/// The template compiler makes the conformance.
protocol TemplatePartial {
    /// Writes the partial for one value.
    static func write(_ item: Self, to out: inout HTMLWriter)
}

/// A whole page of the site.
///
/// Its properties are stored strings, whole numbers, Bools, arrays, optionals and nested structs of these, made from
/// domain values by an initialiser: whatever has to be formatted or decided is done before the template sees it.
protocol Page: TemplatePage, Sendable {}
