/// Makes a tree of a template, after the Mustache specification with its inheritance part.
///
/// Three passes: the scanner finds the tags; `pairUp` finds which closing tag belongs to which opening tag and which
/// tags have their lines for themselves; `nodes` builds the tree from tags and the text that remains between them.
struct TemplateParser {
    private let source: [UInt8]
    private let file: String
    private var tags: [TemplateTag] = []
    /// For each tag: the other one of its pair, its own index where it has none.
    private var partner: [Int] = []
    /// For each tag: whether it stands directly inside a `{{<Parent}}`, where only blocks mean anything.
    private var isInParent: [Bool] = []
    /// For each tag: whether it has its line for itself.
    private var isAlone: [Bool] = []
    /// For each tag: where the text before it ends, which leaves out the white space of a line of its own.
    private var textEnd: [Int] = []
    /// For each tag: where the text after it starts, which leaves out the rest of a line of its own.
    private var textStart: [Int] = []

    /// Parses a template's bytes, which must be UTF-8; `file` is named in messages.
    static func parse(_ source: [UInt8], file: String) throws(TemplateError) -> Template {
        var parser = TemplateParser(source: source, file: file)
        return try parser.template()
    }

    private init(source: [UInt8], file: String) {
        self.source = source
        self.file = file
    }

    private mutating func template() throws(TemplateError) -> Template {
        var scanner = TemplateScanner(source: source, file: file)
        tags = try scanner.tags()
        try pairUp()
        findLinesOfTheirOwn()
        return Template(file: file, nodes: nodes(of: tags.indices, from: 0, to: source.count))
    }

    // MARK: Pairs

    /// Finds the pairs, and which tags stand directly inside a parent.
    private mutating func pairUp() throws(TemplateError) {
        partner = Array(tags.indices)
        isInParent = Array(repeating: false, count: tags.count)
        var open: [Int] = []
        for (index, tag) in tags.enumerated() {
            if tag.kind == .close {
                guard let opening = open.popLast() else {
                    throw error("{{/\(tag.name.text)}} closes nothing", at: tag)
                }
                guard tags[opening].name.text == tag.name.text else {
                    let expected = tags[opening].name
                    throw error(
                        "{{/\(tag.name.text)}} found, but {{\(expected.text)}} was opened on line "
                            + "\(expected.position.line)", at: tag)
                }
                partner[index] = opening
                partner[opening] = index
                isInParent[index] = isInParent[opening]
            } else {
                isInParent[index] = open.last.map { tags[$0].kind == .parent } ?? false
                if [.section, .inverted, .parent, .block].contains(tag.kind) { open.append(index) }
            }
        }
        if let left = open.last {
            throw error("{{\(tags[left].name.text)}} is never closed", at: tags[left])
        }
    }

    /// Decides which tags have their lines for themselves and so leave no trace of them.
    ///
    /// A parent counts as one thing from its opening to its closing tag, since nothing is printed inside it; likewise
    /// what lies around a block inside a parent does not matter to the block.
    private mutating func findLinesOfTheirOwn() {
        textEnd = tags.map(\.range.lowerBound)
        textStart = tags.map(\.range.upperBound)
        isAlone = tags.map { _ in false }
        for (index, tag) in tags.enumerated() {
            let lineStart = startOfBlankLine(before: tag.range.lowerBound)
            let nextLine = startOfLine(afterBlank: tag.range.upperBound)
            switch (tags[min(index, partner[index])].kind, isOpening: tag.kind != .close) {
            case (.variable, _), (.unescaped, _), (.parent, isOpening: false):
                break
            case (.parent, isOpening: true):
                let close = partner[index]
                if let lineStart, let nextLine = startOfLine(afterBlank: tags[close].range.upperBound) {
                    textEnd[index] = lineStart
                    textStart[close] = nextLine
                    isAlone[index] = true
                    isAlone[close] = true
                }
            case (.block, isOpening: true) where isInParent[index]:
                textStart[index] = nextLine ?? textStart[index]
                isAlone[index] = nextLine != nil
            case (.block, isOpening: false) where isInParent[index]:
                textEnd[index] = lineStart ?? textEnd[index]
                isAlone[index] = lineStart != nil
            default:
                if let lineStart, let nextLine {
                    textEnd[index] = lineStart
                    textStart[index] = nextLine
                    isAlone[index] = true
                }
            }
        }
    }

    // MARK: The tree

    /// The nodes that a run of tags and the text between two offsets make.
    private func nodes(of run: Range<Int>, from start: Int, to end: Int) -> [TemplateNode] {
        var nodes: [TemplateNode] = []
        var offset = start
        var index = run.lowerBound
        while index < run.upperBound {
            let tag = tags[index]
            appendText(offset..<max(offset, textEnd[index]), to: &nodes)
            let close = partner[index]
            let inner = index + 1..<max(index + 1, close)
            let content = { self.nodes(of: inner, from: textStart[index], to: textEnd[close]) }
            switch tag.kind {
            case .variable: nodes.append(.variable(tag.name, isEscaped: true))
            case .unescaped: nodes.append(.variable(tag.name, isEscaped: false))
            case .section: nodes.append(.section(tag.name, content(), layout(of: index)))
            case .inverted: nodes.append(.inverted(tag.name, content(), layout(of: index)))
            case .partial: nodes.append(.partial(tag.name, layout(of: index)))
            case .parent: nodes.append(.parent(parent(at: index)))
            case .block: nodes.append(.block(block(at: index)))
            case .close, .comment: break
            }
            offset = max(offset, textStart[close])
            index = close + 1
        }
        appendText(offset..<max(offset, end), to: &nodes)
        return nodes
    }

    /// The parent whose opening tag has this index.
    private func parent(at index: Int) -> TemplateParent {
        var blocks: [TemplateBlock] = []
        var stray: Position?
        var inner = index + 1
        var offset = tags[index].range.upperBound
        while inner < partner[index] {
            stray = stray ?? visibleText(in: offset..<tags[inner].range.lowerBound)
            if tags[inner].kind == .block {
                blocks.append(block(at: inner))
            } else if tags[inner].kind != .comment {
                stray = stray ?? tags[inner].name.position
            }
            offset = tags[partner[inner]].range.upperBound
            inner = partner[inner] + 1
        }
        stray = stray ?? visibleText(in: offset..<tags[partner[index]].range.lowerBound)
        return TemplateParent(name: tags[index].name, blocks: blocks, stray: stray, layout: layout(of: index))
    }

    /// The block whose opening tag has this index, its lines freed from the indentation of the first.
    private func block(at index: Int) -> TemplateBlock {
        let close = partner[index]
        var layout = layout(of: index)
        var nodes = nodes(of: index + 1..<close, from: textStart[index], to: textEnd[close])
        if layout.opensAlone, textStart[index] < textEnd[close] {
            let indentation = whiteSpace(from: textStart[index])
            layout.indentation = indentation
            nodes = removing(indentation.utf8.count, from: nodes)
        }
        return TemplateBlock(name: tags[index].name, nodes: nodes, layout: layout)
    }

    /// The nodes without so much white space at the start of their lines.
    private func removing(_ count: Int, from nodes: [TemplateNode]) -> [TemplateNode] {
        guard count > 0 else { return nodes }
        return nodes.map { node in
            switch node {
            case .text(let text, startsLine: true):
                .text(removing(count, from: text), startsLine: true)
            case .text, .variable:
                node
            case .section(let name, let nodes, let layout):
                .section(name, removing(count, from: nodes), removing(count, from: layout))
            case .inverted(let name, let nodes, let layout):
                .inverted(name, removing(count, from: nodes), removing(count, from: layout))
            case .partial(let name, let layout):
                .partial(name, removing(count, from: layout))
            case .parent(let parent):
                .parent(
                    TemplateParent(
                        name: parent.name,
                        blocks: parent.blocks,
                        stray: parent.stray,
                        layout: removing(count, from: parent.layout)
                    )
                )
            case .block(let block):
                .block(
                    TemplateBlock(
                        name: block.name,
                        nodes: block.layout.opensAlone ? block.nodes : removing(count, from: block.nodes),
                        layout: removing(count, from: block.layout)
                    )
                )
            }
        }
    }

    private func removing(_ count: Int, from layout: TemplateNode.Layout) -> TemplateNode.Layout {
        var layout = layout
        layout.indentation = removing(count, from: layout.indentation)
        return layout
    }

    private func removing(_ count: Int, from text: String) -> String {
        let white = text.utf8.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.count
        return String(decoding: text.utf8.dropFirst(min(white, count)), as: UTF8.self)
    }

    /// How the tag with this index, and its partner, stand in their lines.
    private func layout(of index: Int) -> TemplateNode.Layout {
        let tag = tags[index]
        let close = partner[index]
        let lineStart = startOfBlankLine(before: tag.range.lowerBound)
        let between = source[tag.range.lowerBound..<tags[close].range.upperBound]
        return TemplateNode.Layout(
            indentation: lineStart.map {
                String(decoding: source[$0..<tag.range.lowerBound], as: UTF8.self)
            } ?? "",
            startsLine: lineStart != nil,
            opensAlone: isAlone[index],
            closesAlone: isAlone[close],
            isOnOneLine: !between.contains(UInt8(ascii: "\n"))
        )
    }

    // MARK: Lines

    /// Adds the text in a range, cut into lines.
    private func appendText(_ range: Range<Int>, to nodes: inout [TemplateNode]) {
        var start = range.lowerBound
        while start < range.upperBound {
            let newline = source[start..<range.upperBound].firstIndex(of: UInt8(ascii: "\n"))
            let end = newline.map { $0 + 1 } ?? range.upperBound
            let startsLine = start == 0 || source[start - 1] == UInt8(ascii: "\n")
            nodes.append(.text(String(decoding: source[start..<end], as: UTF8.self), startsLine: startsLine))
            start = end
        }
    }

    /// Where the first visible text in a range stands.
    private func visibleText(in range: Range<Int>) -> Position? {
        let isVisible = { (byte: UInt8) in
            !isBlank(byte) && byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r")
        }
        guard let offset = source[range].firstIndex(where: isVisible) else { return nil }
        let before = source[..<offset]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return Position(line: line, column: offset - lineStart + 1)
    }

    /// The start of the line, when only white space lies between it and an offset.
    private func startOfBlankLine(before offset: Int) -> Int? {
        var start = offset
        while start > 0, isBlank(source[start - 1]) { start -= 1 }
        return start == 0 || source[start - 1] == UInt8(ascii: "\n") ? start : nil
    }

    /// The start of the next line, or the end of the template, when only white space comes before it.
    private func startOfLine(afterBlank offset: Int) -> Int? {
        var end = offset
        while end < source.count, isBlank(source[end]) { end += 1 }
        if end == source.count { return end }
        if source[end] == UInt8(ascii: "\n") { return end + 1 }
        let isCarriageReturn = source[end] == UInt8(ascii: "\r")
        guard isCarriageReturn, end + 1 < source.count, source[end + 1] == UInt8(ascii: "\n") else {
            return nil
        }
        return end + 2
    }

    /// The spaces and tabs that begin at an offset.
    private func whiteSpace(from offset: Int) -> String {
        String(decoding: source[offset...].prefix { isBlank($0) }, as: UTF8.self)
    }

    private func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    private func error(_ message: String, at tag: TemplateTag) -> TemplateError {
        TemplateError(file: file, position: tag.name.position, message: message)
    }
}
