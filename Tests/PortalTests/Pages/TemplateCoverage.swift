import Foundation

@testable import Portal
@testable import TemplateCompiler

/// Which parts of the templates some pages show: walks the template of each page as the page fills it.
///
/// A section over a Bool or an optional has two outcomes, and both have to be seen. One over a list has to be seen with
/// items: what a page says about an empty list is a section of its own. A nested struct and a partial are always there.
struct TemplateCoverage {
    /// A section or partial, by its place in a template.
    struct Part: Hashable, CustomStringConvertible {
        let file: String
        let line: Int
        let tag: String
        let column: Int

        var description: String { "\(file):\(line):\(column): \(tag)" }
    }

    private let templates: [String: Template]
    private var shown: Set<Part> = []
    private var leftOut: Set<Part> = []
    private var conditional: Set<Part> = []

    /// Nothing has been shown yet.
    init() throws {
        var templates: [String: Template] = [:]
        for name in try Referee.templateNames() {
            let bytes = try Data(contentsOf: Referee.templates.appending(path: name + ".mustache"))
            templates[name] = try TemplateParser.parse(Array(bytes), file: "Templates/\(name).mustache")
        }
        self.templates = templates
    }

    /// Notes what a page shows, given the name of its template.
    mutating func show(_ page: any Page, template: String) {
        walk(template, Scope(page: page, item: page), replacing: [:])
    }

    /// What no page has shown, sorted.
    var neverShown: [String] {
        Set(templates.flatMap { Self.parts(of: $1.nodes, in: $1.file) }).subtracting(shown)
            .map(\.description).sorted()
    }

    /// What could be left out, and never was, sorted.
    var neverLeftOut: [String] { conditional.subtracting(leftOut).map(\.description).sorted() }

    // MARK: The walk

    /// What names mean at some place.
    private struct Scope {
        let page: Any
        var item: Any

        /// The value of a name, by the rules of the compiler: the innermost item's, or the page's after `page.`.
        func value(of name: String) -> Any? {
            if name == "." { return item }
            var parts = name.split(separator: ".")
            var value: Any? = item
            if parts.first == "page" {
                value = page
                parts.removeFirst()
            }
            for part in parts {
                value =
                    value.flatMap { Mirror(reflecting: $0).children.first { $0.label == String(part) } }?
                    .value
            }
            return value
        }
    }

    /// A block that takes the place of one of an extended template, with the file it stands in.
    private struct Replacement {
        let nodes: [TemplateNode]
        let file: String
    }

    private mutating func walk(_ name: String, _ scope: Scope, replacing blocks: [String: Replacement]) {
        guard let template = templates[name] else { preconditionFailure("there is no template \(name)") }
        walk(template.nodes, template.file, scope, blocks)
    }

    private mutating func walk(
        _ nodes: [TemplateNode], _ file: String, _ scope: Scope, _ blocks: [String: Replacement]
    ) {
        for node in nodes {
            switch node {
            case .text, .variable: break
            case .section(let name, let content, _):
                let items = note(Part(name, "#", file), scope.value(of: name.text), scope)
                for item in items {
                    walk(content, file, Scope(page: scope.page, item: item), blocks)
                }
            case .inverted(let name, let content, _):
                let isLeftOut = !Self.items(of: scope.value(of: name.text), in: scope).isEmpty
                note(Part(name, "^", file), isShown: !isLeftOut, isConditional: true)
                if !isLeftOut { walk(content, file, scope, blocks) }
            case .partial(let name, _):
                note(Part(name, ">", file), isShown: true, isConditional: false)
                walk(name.text, scope, replacing: [:])
            case .parent(let parent):
                let own = parent.blocks.map { ($0.name.text, Replacement(nodes: $0.nodes, file: file)) }
                walk(parent.name.text, scope, replacing: Dictionary(own) { $1 }.merging(blocks) { $1 })
            case .block(let block):
                let content = blocks[block.name.text] ?? Replacement(nodes: block.nodes, file: file)
                walk(content.nodes, content.file, scope, blocks)
            }
        }
    }

    /// Notes a section over a value and gives the items to walk it with.
    private mutating func note(_ part: Part, _ value: Any?, _ scope: Scope) -> [Any] {
        let items = Self.items(of: value, in: scope)
        let isOptional = value.map { Mirror(reflecting: $0).displayStyle == .optional } ?? false
        note(part, isShown: !items.isEmpty, isConditional: value is Bool || isOptional)
        return items
    }

    private mutating func note(_ part: Part, isShown: Bool, isConditional: Bool) {
        if isShown { shown.insert(part) } else { leftOut.insert(part) }
        if isConditional { conditional.insert(part) }
    }

    /// What a section over a value is written with: the item itself for true, what is inside of a list or an optional.
    private static func items(of value: Any?, in scope: Scope) -> [Any] {
        guard let value else { preconditionFailure("a template names what its page does not have") }
        if let isTrue = value as? Bool { return isTrue ? [scope.item] : [] }
        let mirror = Mirror(reflecting: value)
        return switch mirror.displayStyle {
        case .optional, .collection: mirror.children.map(\.value)
        default: [value]
        }
    }

    private static func parts(of nodes: [TemplateNode], in file: String) -> [Part] {
        nodes.flatMap { node -> [Part] in
            switch node {
            case .text, .variable: []
            case .section(let name, let content, _): [Part(name, "#", file)] + parts(of: content, in: file)
            case .inverted(let name, let content, _): [Part(name, "^", file)] + parts(of: content, in: file)
            case .partial(let name, _): [Part(name, ">", file)]
            case .parent(let parent): parent.blocks.flatMap { parts(of: $0.nodes, in: file) }
            case .block(let block): parts(of: block.nodes, in: file)
            }
        }
    }
}

extension TemplateCoverage.Part {
    fileprivate init(_ name: TagName, _ sign: String, _ file: String) {
        self.init(
            file: file, line: name.position.line, tag: "{{\(sign)\(name.text)}}", column: name.position.column
        )
    }
}
