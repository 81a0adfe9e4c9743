/// Writes the Swift file of one template, or says everything that is wrong with it.
///
/// The code runs straight down: one short statement after another, no closures, so that the type checker takes each by
/// itself. Layouts are inlined into the page; partials are calls.
struct SwiftGenerator {
    /// The names, as written in templates, that `{{{name}}}` may print. Everything else is escaped.
    ///
    /// Empty on purpose: no page needs markup from a value. Whoever adds a name says here who makes the value and why
    /// nothing that a person entered can be in it.
    static let namesPrintedUnescaped: Set<String> = []

    /// Where the generator stands while it walks a template.
    struct Scope {
        /// The file of the tag at hand, for messages and `#sourceLocation`.
        var file: String
        /// What the Swift code calls the current item.
        var item: String
        /// Whether the tag at hand stands in a layout, which may name nothing but `layout`.
        var isLayout: Bool
        /// Whether a section over an array, an optional or a struct lies around.
        var isInItem: Bool = false
        /// The blocks that are being written, from the outermost inwards.
        var blocks: [String] = []
    }

    /// A block's replacement and where it comes from.
    struct Replacement {
        let block: TemplateBlock
        let scope: Scope
    }

    let folder: TemplateFolder
    let kind: TemplateKind
    let namesPrintedUnescaped: Set<String>
    var source = SwiftSource()
    /// Where in the HTML the generator is.
    var html = HTMLPlace()
    var errors: [TemplateError] = []
    /// The replacements by block name; the page's come before those of the layouts it extends.
    var replacements: [String: Replacement] = [:]
    var replacedBlocks: Set<String> = []
    var mentionedItems: Set<String> = []
    var itemCount = 0
    /// The layouts between the page and where the generator stands, to notice a circle.
    var layoutsBeingWritten: [String] = []

    /// The Swift file for the template of a name such as `TopUps/TopUpListPage`.
    static func swift(
        for name: String, in folder: TemplateFolder,
        namesPrintedUnescaped: Set<String> = SwiftGenerator.namesPrintedUnescaped
    ) throws(TemplateErrors) -> String {
        var generator = SwiftGenerator(
            folder: folder, kind: TemplateKind(name: name), namesPrintedUnescaped: namesPrintedUnescaped)
        let template: Template?
        do {
            template = try folder.template(named: name)
        } catch {
            throw TemplateErrors(errors: [error])
        }
        let file = TemplateFolder.path(of: name)
        guard let template else {
            let start = Position(line: 1, column: 1)
            throw TemplateErrors(errors: [TemplateError(file: file, position: start, message: "no such file")]
            )
        }
        generator.write(template)
        if generator.errors.isEmpty, generator.html.kind != .text {
            let start = Position(line: 1, column: 1)
            let message = "the template ends inside a tag, a comment or a script"
            generator.errors.append(TemplateError(file: file, position: start, message: message))
        }
        guard generator.errors.isEmpty else { throw TemplateErrors(errors: generator.errors) }
        return generator.source.finished()
    }

    private init(folder: TemplateFolder, kind: TemplateKind, namesPrintedUnescaped: Set<String>) {
        self.folder = folder
        self.kind = kind
        self.namesPrintedUnescaped = namesPrintedUnescaped
    }

    private mutating func write(_ template: Template) {
        source.plain("// Compiled from \(template.file): edit that file instead.")
        switch kind {
        case .layout(let name):
            let start = Position(line: 1, column: 1)
            let message = "\(name) is a layout: it is compiled with each page that extends it"
            errors.append(TemplateError(file: template.file, position: start, message: message))
        case .page(let type):
            source.open("extension \(type): TemplatePage", file: template.file, line: 1)
            source.open("func write(to out: inout HTMLWriter)")
            writeAll(of: template, in: Scope(file: template.file, item: "self", isLayout: false))
            source.close()
            source.close()
        case .partial(let type):
            source.open("extension \(type): TemplatePartial", file: template.file, line: 1)
            source.open("static func write(_ item: \(type), to out: inout HTMLWriter)")
            writeAll(of: template, in: Scope(file: template.file, item: "item", isLayout: false))
            source.close()
            source.close()
        }
        source.plain("#sourceLocation()")
    }

    /// Writes a page or a layout: a parent with blocks and nothing else, or whatever it contains.
    private mutating func writeAll(of template: Template, in scope: Scope) {
        let parents = template.nodes.compactMap { node in
            if case .parent(let parent) = node { parent } else { nil }
        }
        guard let parent = parents.first else {
            write(template.nodes, in: scope)
            return
        }
        for node in template.nodes {
            switch node {
            case .parent(let other) where other.name != parent.name:
                refuse("a template extends one other", at: other.name.position, in: scope)
            case .parent:
                break
            case .text(let text, _)
            where text.utf8.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }):
                break
            default:
                refuse(
                    "what stands beside {{<\(parent.name.text)}} is not part of a block",
                    at: parent.name.position, in: scope)
            }
        }
        write(parent, in: scope)
    }

    /// Writes nodes one after the other.
    mutating func write(_ nodes: [TemplateNode], in scope: Scope) {
        for node in nodes {
            switch node {
            case .text(let text, _):
                html.read(text)
                source.raw(text)
            case .variable(let name, let isEscaped):
                writeVariable(name, isEscaped: isEscaped, in: scope)
            case .section(let name, let nodes, let layout):
                checkAlone(name, layout, in: scope)
                writeSection(name, nodes, in: scope)
            case .inverted(let name, let nodes, let layout):
                checkAlone(name, layout, in: scope)
                writeInverted(name, nodes, in: scope)
            case .partial(let name, let layout):
                checkStart(name, layout, in: scope)
                writePartial(name, in: scope)
            case .parent(let parent):
                refuse(
                    "{{<\(parent.name.text)}} is the outermost tag of a page", at: parent.name.position,
                    in: scope)
            case .block(let block):
                write(block, in: scope)
            }
        }
    }

    // MARK: Values

    private mutating func writeVariable(_ name: TagName, isEscaped: Bool, in scope: Scope) {
        guard let value = expression(name, in: scope) else { return }
        if !isEscaped, !namesPrintedUnescaped.contains(name.text) {
            refuse(
                "\(name.text) may not be printed unescaped; write {{\(name.text)}}", at: name.position,
                in: scope)
        }
        if let objection = html.objection {
            refuse(objection, at: name.position, in: scope)
        }
        let call = isEscaped ? "out.text(\(value))" : "out.markup(\(value))"
        source.statement(call, file: scope.file, line: name.position.line)
    }

    private mutating func writeSection(_ name: TagName, _ nodes: [TemplateNode], in scope: Scope) {
        guard let value = expression(name, in: scope) else { return }
        let line = name.position.line
        guard !isQuestion(name.text) else {
            source.open("if \(value)", file: scope.file, line: line)
            writeBody(nodes, of: name, in: scope)
            source.close()
            return
        }
        itemCount += 1
        let (section, item) = ("section\(itemCount)", "item\(itemCount)")
        mentionedItems.insert(scope.item)
        source.statement(
            "let \(section) = HTMLWriter.section(\(value), in: \(scope.item))", file: scope.file, line: line)
        let head = source.open("for \(item) in \(section).items", file: scope.file, line: line)
        var inner = scope
        inner.item = item
        inner.isInItem = true
        writeBody(nodes, of: name, in: inner)
        if !mentionedItems.contains(item) {
            source.replaceHead(at: head, by: "for _ in \(section).items")
        }
        source.close()
    }

    private mutating func writeInverted(_ name: TagName, _ nodes: [TemplateNode], in scope: Scope) {
        guard let value = expression(name, in: scope) else { return }
        let line = name.position.line
        if isQuestion(name.text) {
            source.open("if !\(value)", file: scope.file, line: line)
        } else {
            itemCount += 1
            let section = "section\(itemCount)"
            source.statement("let \(section) = HTMLWriter.inverted(\(value))", file: scope.file, line: line)
            source.open("if \(section).isWritten", file: scope.file, line: line)
        }
        writeBody(nodes, of: name, in: scope)
        source.close()
    }

    /// Writes what a section contains: it begins and ends in the same kind of place, as it may be left out or repeated.
    private mutating func writeBody(_ nodes: [TemplateNode], of name: TagName, in scope: Scope) {
        let kind = html.kind
        write(nodes, in: scope)
        if html.kind != kind {
            refuse(
                "the section \(name.text) begins inside a tag or a quotation and ends outside, or the other way round",
                at: name.position, in: scope)
        }
    }

    /// The Swift expression for a name; nil, and an error noted, for what is no name here.
    private mutating func expression(_ name: TagName, in scope: Scope) -> String? {
        if name.text == "." {
            mentionedItems.insert(scope.item)
            return scope.item
        }
        var parts = name.text.split(separator: ".", omittingEmptySubsequences: false)
        // `.note` is `note` of the current item: the interpreter would look no further either.
        if parts.first == "" { parts.removeFirst() }
        guard parts.allSatisfy(isIdentifier) else {
            refuse("\(name.text) is not the name of a property", at: name.position, in: scope)
            return nil
        }
        var root = scope.item
        if parts.first == "page", !name.text.utf8.starts(with: [UInt8(ascii: ".")]) {
            guard case .partial = kind else {
                root = "self"
                parts.removeFirst()
                guard !parts.isEmpty else {
                    refuse("name a property of the page: {{page.title}}", at: name.position, in: scope)
                    return nil
                }
                return checked(parts, of: root, name, in: scope)
            }
            refuse(
                "a partial does not see the page; put the value into \(kind.name)", at: name.position,
                in: scope)
            return nil
        }
        return checked(parts, of: root, name, in: scope)
    }

    private mutating func checked(
        _ parts: [Substring], of root: String, _ name: TagName, in scope: Scope
    ) -> String? {
        if scope.isLayout, root == "self", parts.first != "layout" {
            refuse(
                "a layout names layout.… only; put \(name.text) into the struct Layout", at: name.position,
                in: scope)
            return nil
        }
        mentionedItems.insert(root)
        return ([root] + parts.map { "`\($0)`" }).joined(separator: ".")
    }

    // MARK: Errors

    /// Notes an error, once.
    mutating func refuse(_ message: String, at position: Position, in scope: Scope) {
        let error = TemplateError(file: scope.file, position: position, message: message)
        if !errors.contains(error) { errors.append(error) }
    }
}

/// Everything that is wrong with a template.
struct TemplateErrors: Error {
    /// At least one error.
    let errors: [TemplateError]
}

/// Whether a name asks a question, `isPaid`, `hasRows`, `page.canCancel`: then it is a Bool and becomes a plain `if`.
func isQuestion(_ name: String) -> Bool {
    let last = name.split(separator: ".").last ?? ""
    for word in ["is", "has", "can"] where last.utf8.starts(with: word.utf8) {
        let next = last.utf8.dropFirst(word.utf8.count).first
        return next.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } ?? false
    }
    return false
}

/// Whether a text can be the name of a Swift property.
func isIdentifier(_ text: Substring) -> Bool {
    let isLetter = { (byte: UInt8) in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || byte == UInt8(ascii: "_")
    }
    let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    guard let first = text.utf8.first, isLetter(first) else { return false }
    return text.utf8.allSatisfy { isLetter($0) || isDigit($0) }
}
