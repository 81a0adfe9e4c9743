import Payments

/// 事后监控: the cases, and the rules that raise them.
struct FollowUpListPage: Page {
    /// One case.
    struct Row: Sendable {
        let number: String
        let address: String
        let ruleName: String
        let enterpriseName: String
        let happenedAt: String
        let raisedAt: String
        let state: StateTag
        let hold: StateTag?
        let ownerName: String
        let decision: String

        init(_ found: FollowUpCase) {
            number = found.number
            address = Path.followUp(found.number).text
            ruleName = found.rule.name
            enterpriseName = found.enterpriseName
            happenedAt = BeijingTime.minute(found.happenedAt)
            raisedAt = BeijingTime.minute(found.raisedAt)
            state = found.state.tag
            hold = found.hold?.tag
            ownerName = found.ownerName ?? ""
            decision = found.decision?.label ?? ""
        }
    }

    /// One rule.
    struct Rule: Sendable {
        let name: String
        let sentence: String
        let version: Int
        let state: StateTag
        let effect: String

        init(_ rule: FollowUpRule) {
            name = rule.name
            sentence = rule.sentence
            version = rule.version
            state = rule.isOn ? StateTag("启用", .success) : StateTag("停用", .closed)
            effect =
                rule.holdsWithdrawals ? "立案并暂缓后续\(rule.kind.isAboutBillers ? "付款" : "提现")" : "立案"
        }
    }

    let layout: Layout
    let search: TextField
    let rule: SelectField
    let state: SelectField
    let isFiltered: Bool
    let hasRows: Bool
    let rows: [Row]
    let limit: Int
    let pager: Pager
    let exportAddress: String
    let exportLimit: Int
    let rules: [Rule]

    init(
        layout: Layout, query: FollowUpQuery, page: ListPage<FollowUpCase, Int64>, rules: [FollowUpRule]
    ) {
        self.layout = layout
        search = TextField("q", label: "单位名称、商户编号或案例编号", value: query.filter.search, maximum: 100)
        rule = SelectField(
            "rule", label: "规则", value: query.filter.rule?.rawValue ?? "",
            options: rules.map { SelectField.Option($0.kind.rawValue, $0.name) }, placeholder: "全部规则")
        state = SelectField(
            "state", label: "状态", value: query.filter.state?.rawValue ?? "",
            options: FollowUpState.allCases.map { SelectField.Option($0.rawValue, $0.label) },
            placeholder: "全部状态")
        isFiltered = query.isFiltered
        rows = page.rows.map(Row.init)
        hasRows = !rows.isEmpty
        limit = FollowUpRoutes.limit
        pager = Pager(
            summary: "本页 \(rows.count) 件", first: query.before == nil ? nil : query.address(),
            next: page.next.map { query.address(before: $0) })
        exportAddress = query.exportAddress.text
        exportLimit = FollowUpRoutes.exportLimit
        self.rules = rules.map(Rule.init)
    }
}
