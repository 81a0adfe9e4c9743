/// A place in a template: both counts start at 1, columns count bytes.
struct Position: Equatable, Sendable {
    /// The line.
    let line: Int
    /// The byte in the line.
    let column: Int
}

/// What is wrong with a template, and where.
struct TemplateError: Error, Equatable {
    /// The path that the author knows, such as `Templates/TopUps/TopUpPage.mustache`.
    let file: String
    /// Where the tag at fault begins.
    let position: Position
    /// What is wrong and what to do about it.
    let message: String

    /// The form in which compilers report, so that editors find the line.
    var description: String {
        "\(file):\(position.line):\(position.column): error: \(message)"
    }
}

/// A parsed template.
struct Template {
    /// The path for messages.
    let file: String
    /// What it consists of, in order.
    let nodes: [TemplateNode]
}

/// One piece of a template.
indirect enum TemplateNode {
    /// Text of one line at most; `startsLine` when it is the first thing on its line.
    case text(String, startsLine: Bool)
    /// `{{name}}`, or `{{{name}}}` and `{{&name}}` when not escaped.
    case variable(TagName, isEscaped: Bool)
    /// `{{#name}}…{{/name}}`.
    case section(TagName, [TemplateNode], Layout)
    /// `{{^name}}…{{/name}}`.
    case inverted(TagName, [TemplateNode], Layout)
    /// `{{>Folder/Name}}`.
    case partial(TagName, Layout)
    /// `{{<Name}}…{{/Name}}`: another template with some of its blocks replaced.
    case parent(TemplateParent)
    /// `{{$name}}…{{/name}}` where it may be replaced.
    case block(TemplateBlock)

    /// How a tag, or a pair of tags, stands in its lines.
    struct Layout: Equatable {
        /// The white space before the opening tag, when nothing else comes before it on its line; otherwise empty.
        var indentation: String = ""
        /// True when only white space comes before the opening tag on its line.
        var startsLine: Bool = false
        /// True when the opening tag has its line for itself; the line then leaves no trace.
        var opensAlone: Bool = false
        /// True when the closing tag has its line for itself.
        var closesAlone: Bool = false
        /// True when opening and closing tag are on one line.
        var isOnOneLine: Bool = true
    }
}

/// The name in a tag, with its place.
struct TagName: Equatable {
    /// The name as written, such as `page.layout.csrf`.
    let text: String
    /// Where the tag begins.
    let position: Position
}

/// A named stretch that a template extending this one may replace, or its replacement.
struct TemplateBlock {
    /// Its name.
    let name: TagName
    /// What it consists of, without the indentation of its first line.
    let nodes: [TemplateNode]
    /// How its tags stand. For a block that opens alone `indentation` is that of its own first line, if it has one:
    /// that is what a replacement's lines are indented by.
    let layout: TemplateNode.Layout
}

/// Another template, written here with some of its blocks replaced.
struct TemplateParent {
    /// Its name.
    let name: TagName
    /// The replacements.
    let blocks: [TemplateBlock]
    /// Where something else than a block stands between the tags, which nobody would ever see; nil for nowhere.
    let stray: Position?
    /// How its tags stand.
    let layout: TemplateNode.Layout
}
