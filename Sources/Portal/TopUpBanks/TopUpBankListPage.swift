import Foundation
import Payments

/// What 银行渠道 is narrowed to, as it stands in its address.
struct TopUpBankQuery: Sendable {
    /// The states by which the list can be narrowed.
    enum State: String, CaseIterable, Sendable {
        case open, maintenance, off, waiting

        var label: String {
            switch self {
            case .open: "可充值"
            case .maintenance: "维护中"
            case .off: "已停用"
            case .waiting: "有变更待复核"
            }
        }
    }

    let search: String
    let state: State?

    init(_ fields: FormFields) {
        search = String(fields.text("q").prefix(30))
        state = State(rawValue: fields["state"])
    }

    /// Whether the list is narrowed to something.
    var isFiltered: Bool { !search.isEmpty || state != nil }

    fileprivate func includes(_ bank: TopUpBank, isWaiting: Bool, at now: Date) -> Bool {
        guard search.isEmpty || bank.isFound(by: search) else { return false }
        return switch (state, bank.availability(at: now)) {
        case (nil, _), (.open?, .open), (.maintenance?, .maintenance), (.off?, .off): true
        case (.waiting?, _): isWaiting
        default: false
        }
    }
}

/// 银行渠道: all banks; there are about two hundred, so one page shows them.
struct TopUpBankListPage: Page {
    /// One bank.
    struct Row: Sendable {
        let name: String
        let address: String
        let code: String
        let state: StateTag
        let waiting: StateTag?
        let limits: String
        let way: String
        let place: String
        let notice: String

        init(_ bank: TopUpBank, isWaiting: Bool, at now: Date) {
            name = bank.name
            address = Path.staffBank(bank.code).text
            code = bank.code
            state = bank.availability(at: now).tag
            waiting = isWaiting ? StateTag("变更待复核", .pending) : nil
            limits = bank.settings.limits ?? "未设"
            way = bank.settings.way
            place = bank.settings.place
            notice = bank.settings.notice
        }
    }

    let layout: Layout
    let search: TextField
    let state: SelectField
    let isFiltered: Bool
    let hasRows: Bool
    let summary: String
    let rows: [Row]

    /// - Parameter waiting: the codes of banks of which a change waits for a second person.
    init(
        layout: Layout, banks: [TopUpBank], waiting: Set<String>, query: TopUpBankQuery, at now: Date
    ) {
        self.layout = layout
        search = TextField("q", label: "名称、代码或拼音首字母", value: query.search, maximum: 30)
        state = SelectField(
            "state", label: "状态", value: query.state?.rawValue ?? "",
            options: TopUpBankQuery.State.allCases.map { SelectField.Option($0.rawValue, $0.label) },
            placeholder: "全部状态")
        isFiltered = query.isFiltered
        rows = banks.compactMap { bank -> Row? in
            let isWaiting = waiting.contains(bank.code)
            return query.includes(bank, isWaiting: isWaiting, at: now)
                ? Row(bank, isWaiting: isWaiting, at: now) : nil
        }
        hasRows = !rows.isEmpty
        summary = "共 \(rows.count) 家"
    }
}

extension BankAvailability {
    /// As a tag: words, tint and shape.
    var tag: StateTag {
        switch self {
        case .open: StateTag("可充值", .success)
        case .maintenance: StateTag("维护中", .processing)
        case .off: StateTag("已停用", .closed)
        }
    }
}

extension TopUpBankSettings {
    /// How the payer gets to the bank's page.
    var way: String { isDirect ? "直达银行页面" : "经银联网关选择银行" }
    /// Where the picker has it.
    var place: String { isSuggested ? "直接列出" : "查找后显示" }
}
