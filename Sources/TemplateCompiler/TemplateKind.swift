/// What a template is, told by its name.
enum TemplateKind: Equatable {
    /// At the root of `Templates/`: written around pages.
    case layout(name: String)
    /// In a feature's folder, its name ending in `Page`: a whole page.
    case page(type: String)
    /// In a folder, any other name: written inside pages, for the struct of the same name.
    case partial(type: String)

    /// What a name such as `TopUps/TopUpListPage` says.
    init(name: String) {
        let parts = name.split(separator: "/")
        let last = String(parts.last ?? "")
        if parts.count < 2 {
            self = .layout(name: last)
        } else if last.hasSuffix("Page") {
            self = .page(type: last)
        } else {
            self = .partial(type: last)
        }
    }

    /// The last part of the name, which a page or partial shares with its struct.
    var name: String {
        switch self {
        case .layout(let name), .page(let name), .partial(let name): name
        }
    }
}
