// The pages of Fixtures/demo. The test target renders them with swift-mustache; the same file, compiled together with
// what the template compiler makes, renders them the other way.

struct Layout: Sendable {
    struct Link: Sendable {
        let address: String
        let label: String
        let isCurrent: Bool
    }

    let isSignedIn: Bool
    let `operator`: String
    let token: String
    let links: [Link]
}

struct StateTag: Sendable {
    let tone: String
    let label: String
}

struct OrderListPage: Sendable {
    struct Row: Sendable {
        let number: String
        let amount: String
        let layout: String
        let state: StateTag
        let note: String?
        let canCancel: Bool
        let urgent: Bool
        let tags: [String]
    }

    struct Total: Sendable {
        struct Detail: Sendable {
            let text: String
        }

        let detail: Detail?
    }

    let layout: Layout
    let hasErrors: Bool
    let rows: [Row]
    let count: Int
    let total: Total
}

struct OrderPage: Sendable {
    let layout: Layout
    let `self`: String
    let `in`: [String]
}

/// The samples: empty, typical and extreme.
enum DemoSamples {
    static let lists: [OrderListPage] = [
        OrderListPage(
            layout: Layout(isSignedIn: false, operator: "", token: "", links: []),
            hasErrors: false, rows: [], count: 0, total: .init(detail: nil)
        ),
        OrderListPage(
            layout: Layout(
                isSignedIn: true, operator: "王芳", token: "t\"'",
                links: [
                    .init(address: "/a?b=c&d=e", label: "甲", isCurrent: true),
                    .init(address: "/", label: "乙", isCurrent: false),
                ]
            ),
            hasErrors: true,
            rows: [
                row("TP1", note: nil, canCancel: true, urgent: false, tags: []),
                row("TP2", note: "备注\n第二行", canCancel: false, urgent: true, tags: ["一", "<二>", "&"]),
                row("<script>alert('x')</script>", note: "", canCancel: true, urgent: true, tags: [""]),
            ],
            count: -9_007_199_254_740_993, total: .init(detail: .init(text: "&amp;"))
        ),
    ]

    static let orders: [OrderPage] = [
        OrderPage(layout: lists[0].layout, self: "", in: []),
        OrderPage(layout: lists[1].layout, self: "<&>\"'", in: ["a\nb", "  c", ">"]),
    ]

    private static func row(
        _ number: String, note: String?, canCancel: Bool, urgent: Bool, tags: [String]
    ) -> OrderListPage.Row {
        .init(
            number: number, amount: "1,234.00", layout: "own", state: StateTag(tone: "good", label: "成功"),
            note: note, canCancel: canCancel, urgent: urgent, tags: tags
        )
    }
}
