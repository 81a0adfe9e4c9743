import Payments

/// 企业列表.
struct EnterpriseListPage: Page {
    /// One enterprise.
    struct Row: Sendable {
        let name: String
        let address: String
        let merchantNumber: String
        let creditCode: String
        let cityName: String
        let state: StateTag
        let openedAt: String
    }

    let layout: Layout
    let regionName: String
    let search: TextField
    let state: SelectField
    let isFiltered: Bool
    let isEmpty: Bool
    let hasRows: Bool
    let limit: Int
    let rows: [Row]
    let pager: Pager

    init(layout: Layout, query: EnterpriseListQuery, page: ListPage<EnterpriseSummary, Enterprise.ID>) {
        self.layout = layout
        regionName = layout.regionName
        search = TextField(
            "q", label: "名称、商户编号、信用代码或登录ID", value: query.filter.search, maximum: 100)
        state = SelectField(
            "state", label: "状态", value: query.filter.state?.rawValue ?? "",
            options: EnterpriseState.allCases.map { SelectField.Option($0.rawValue, $0.label) },
            placeholder: "全部状态")
        isFiltered = query.isFiltered
        rows = page.rows.map { enterprise in
            Row(
                name: enterprise.name, address: Path.enterprise(enterprise.merchantNumber).text,
                merchantNumber: enterprise.merchantNumber, creditCode: enterprise.creditCode,
                cityName: enterprise.cityName, state: enterprise.state.tag,
                openedAt: BeijingTime.minute(enterprise.openedAt))
        }
        isEmpty = rows.isEmpty
        hasRows = !rows.isEmpty
        limit = EnterpriseRoutes.limit
        pager = Pager(
            summary: "本页 \(rows.count) 家", first: query.after == nil ? nil : query.address(),
            next: page.next.map { query.address(after: $0) })
    }
}
