/// Layouts, blocks and partials, and the rules for where their tags stand.
extension SwiftGenerator {
    /// Writes a parent: the layout of that name, with the blocks given here in place of its own.
    mutating func write(_ parent: TemplateParent, in scope: Scope) {
        if case .partial = kind {
            refuse("a partial extends nothing", at: parent.name.position, in: scope)
            return
        }
        checkStart(parent.name, parent.layout, in: scope)
        if let stray = parent.stray {
            refuse(
                "only blocks stand inside {{<\(parent.name.text)}}; this would never be seen", at: stray,
                in: scope)
        }
        guard isIdentifier(parent.name.text[...]), let layout = layout(parent.name, in: scope) else { return }
        let own = note(parent, in: scope)
        let inner = Scope(file: layout.file, item: "self", isLayout: true, blocks: scope.blocks)
        let above = layout.nodes.compactMap { if case .parent(let parent) = $0 { parent } else { nil } }
        if let next = above.first {
            write(next, in: inner)
        } else {
            write(layout.nodes, in: inner)
        }
        for block in own where !replacedBlocks.contains(block.name.text) {
            refuse(
                "\(parent.name.text) has no block {{$\(block.name.text)}}", at: block.name.position, in: scope
            )
        }
    }

    /// The template of a layout; nil, and an error noted, where there is none or it cannot be read.
    private mutating func layout(_ name: TagName, in scope: Scope) -> Template? {
        guard !layoutsBeingWritten.contains(name.text) else {
            refuse("\(name.text) extends itself", at: name.position, in: scope)
            return nil
        }
        layoutsBeingWritten.append(name.text)
        do {
            if let template = try folder.template(named: name.text) { return template }
            refuse("there is no layout \(TemplateFolder.path(of: name.text))", at: name.position, in: scope)
        } catch {
            errors.append(error)
        }
        return nil
    }

    /// Keeps a parent's blocks as replacements; where a page further out gave one of the same name, that one counts.
    private mutating func note(_ parent: TemplateParent, in scope: Scope) -> [TemplateBlock] {
        var names: Set<String> = []
        for block in parent.blocks {
            checkLines(block, in: scope)
            if block.layout.startsLine, block.name.position.line == parent.name.position.line {
                refuse(
                    "{{<\(parent.name.text)}} has its line for itself", at: parent.name.position, in: scope)
            }
            if !names.insert(block.name.text).inserted {
                refuse("{{$\(block.name.text)}} is given twice", at: block.name.position, in: scope)
            }
            if replacements[block.name.text] == nil {
                replacements[block.name.text] = Replacement(block: block, scope: scope)
            }
        }
        return parent.blocks
    }

    /// Writes a block: its replacement if there is one, otherwise its own content.
    mutating func write(_ block: TemplateBlock, in scope: Scope) {
        let name = block.name.text
        if case .partial = kind {
            refuse("a partial has no blocks", at: block.name.position, in: scope)
            return
        }
        checkLines(block, in: scope)
        if scope.isInItem {
            refuse(
                "a block inside a section over items would change the meaning of the names in it",
                at: block.name.position, in: scope)
        }
        if block.layout.opensAlone, !block.layout.indentation.isEmpty {
            refuse(
                "the lines of a block that can be replaced start in column 1", at: block.name.position,
                in: scope)
        }
        guard !scope.blocks.contains(name) else {
            refuse("{{$\(name)}} would contain itself", at: block.name.position, in: scope)
            return
        }
        var inner = scope
        if let replacement = replacements[name] {
            replacedBlocks.insert(name)
            inner.file = replacement.scope.file
            inner.isLayout = replacement.scope.isLayout
            inner.blocks.append(name)
            write(replacement.block.nodes, in: inner)
        } else {
            inner.blocks.append(name)
            write(block.nodes, in: inner)
        }
    }

    /// Writes a partial: a call of its struct's own function with the current item.
    mutating func writePartial(_ name: TagName, in scope: Scope) {
        let parts = name.text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1, parts.allSatisfy(isIdentifier), let type = parts.last else {
            refuse(
                "a partial is named with its folder, {{>Shared/StateTag}}, after its struct",
                at: name.position,
                in: scope)
            return
        }
        if case .page = TemplateKind(name: name.text) {
            refuse("\(type) is a page, not a partial", at: name.position, in: scope)
        }
        if folder.read(name.text) == nil {
            refuse("there is no partial \(TemplateFolder.path(of: name.text))", at: name.position, in: scope)
        }
        if html.kind != .text {
            refuse("a partial stands between elements, not inside a tag", at: name.position, in: scope)
        }
        if scope.isLayout, scope.item == "self" {
            refuse(
                "a partial in a layout stands in a section over its struct: {{#layout.x}}…{{/layout.x}}",
                at: name.position, in: scope)
        }
        mentionedItems.insert(scope.item)
        source.statement("\(type).write(\(scope.item), to: &out)", file: scope.file, line: name.position.line)
    }

    // MARK: Where tags stand

    /// Partials, parents and blocks start in column 1 or follow something on their line.
    ///
    /// Indentation before them would have to be repeated in front of each of their lines, at each round of a loop.
    mutating func checkStart(_ name: TagName, _ layout: TemplateNode.Layout, in scope: Scope) {
        if layout.startsLine, name.position.column > 1 {
            refuse("this tag starts in column 1, or follows text on its line", at: name.position, in: scope)
        }
    }

    /// A block is on one line, or both its tags have lines for themselves.
    private mutating func checkLines(_ block: TemplateBlock, in scope: Scope) {
        checkStart(block.name, block.layout, in: scope)
        let layout = block.layout
        if !layout.isOnOneLine, !(layout.opensAlone && layout.closesAlone) {
            refuse(
                "{{$\(block.name.text)}} and its end stand on one line, or each alone on a line",
                at: block.name.position, in: scope)
        }
    }

    /// The tags of a section both have lines for themselves, or neither has.
    mutating func checkAlone(_ name: TagName, _ layout: TemplateNode.Layout, in scope: Scope) {
        if layout.opensAlone != layout.closesAlone {
            refuse(
                "the tags of \(name.text) stand each alone on a line, or neither does", at: name.position,
                in: scope)
        }
    }
}
