@testable import TemplateCompiler

/// Renders a parsed template as the Mustache specification demands, to judge the parser by the official cases.
///
/// Pages never run through this: they are compiled. It exists because the specification's data has no types.
struct SpecificationEvaluator {
    private let partials: [String: Template]
    private var output = ""
    /// What stands before each line of the partial or block being printed.
    private var indentation = ""
    /// True when the next piece of a template begins a line.
    private var isAtLineStart = true
    private var stack: [SpecificationValue]

    /// The text that a template makes of data.
    static func render(_ source: String, partials: [String: String], data: SpecificationValue) throws
        -> String
    {
        var evaluator = SpecificationEvaluator(
            partials: try partials.reduce(into: [:]) {
                $0[$1.key] = try TemplateParser.parse(Array($1.value.utf8), file: $1.key)
            },
            stack: [data]
        )
        let template = try TemplateParser.parse(Array(source.utf8), file: "template")
        evaluator.write(template.nodes, replacements: [:])
        return evaluator.output
    }

    private init(partials: [String: Template], stack: [SpecificationValue]) {
        self.partials = partials
        self.stack = stack
    }

    private mutating func write(_ nodes: [TemplateNode], replacements: [String: [TemplateNode]]) {
        for node in nodes {
            switch node {
            case .text(let text, _):
                append(text)
                isAtLineStart = text.utf8.last == UInt8(ascii: "\n")
            case .variable(let name, let isEscaped):
                guard case .text(let text)? = value(of: name.text) else { continue }
                append(isEscaped ? escaped(text) : text)
            case .section(let name, let nodes, _):
                for item in value(of: name.text)?.rounds ?? [] {
                    stack.append(item ?? stack[stack.count - 1])
                    write(nodes, replacements: replacements)
                    stack.removeLast()
                }
            case .inverted(let name, let nodes, _):
                if (value(of: name.text)?.rounds ?? []).isEmpty { write(nodes, replacements: replacements) }
            case .partial(let name, let layout):
                indented(layout.opensAlone ? layout.indentation : "") {
                    $0.write($0.partials[name.text]?.nodes ?? [], replacements: [:])
                }
            case .parent(let parent):
                let own = parent.blocks.map { ($0.name.text, $0.nodes) }
                let merged = replacements.merging(own) { outer, _ in outer }
                indented(parent.layout.opensAlone ? parent.layout.indentation : "") {
                    $0.write($0.partials[parent.name.text]?.nodes ?? [], replacements: merged)
                }
            case .block(let block):
                indented(block.layout.indentation) {
                    $0.write(replacements[block.name.text] ?? block.nodes, replacements: replacements)
                }
            }
        }
    }

    /// Prints a piece of a template or a value. Only a template's own lines are indented, not those of a value.
    private mutating func append(_ text: String) {
        guard !text.isEmpty else { return }
        if isAtLineStart { output += indentation }
        isAtLineStart = false
        output += text
    }

    private mutating func indented(_ added: String, _ body: (inout Self) -> Void) {
        let outer = indentation
        indentation += added
        body(&self)
        indentation = outer
    }

    /// The value of a name: its first part is looked for from the innermost item outwards, the others only inside.
    private func value(of name: String) -> SpecificationValue? {
        guard name != "." else { return stack.last }
        let parts = name.split(separator: ".").map(String.init)
        let first = stack.reversed().lazy.compactMap { item in
            if case .object(let object) = item { object[parts[0]] } else { nil }
        }.first
        return parts.dropFirst().reduce(first) { value, part in
            if case .object(let object)? = value { object[part] } else { nil }
        }
    }

    private func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
