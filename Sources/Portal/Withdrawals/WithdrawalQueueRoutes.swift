import Hummingbird
import Payments

/// 提现处理: the withdrawals that are not final, by the day on which they are due, and their export.
struct WithdrawalQueueRoutes: Sendable {
    /// Withdrawals a page.
    static let limit = 20

    let portal: Portal

    private var withdrawals: Withdrawals { portal.platform.withdrawals }

    func register(on routes: Routes) {
        let readers = routes.staff(.operations, .supervisor, .auditor)
        readers.get(.withdrawalQueue, use: list)
        readers.get(.withdrawalQueueExport, use: export)
    }

    private func list(_ request: Request, _ context: StaffContext) async throws -> Response {
        let query = WithdrawalQueueQuery(request.queryFields)
        let region = context.session.member.region
        async let totals = withdrawals.queueTotals(within: region)
        async let channels = portal.platform.channels.list()
        let page = try await withdrawals.queue(
            query.filter, within: region, after: query.after, limit: Self.limit)
        return .page(
            WithdrawalQueuePage(
                layout: context.layout, query: query, page: page, totals: try await totals,
                channels: try await channels, today: LocalDate(portal.platform.effects.now())))
    }

    private func export(_ request: Request, _ context: StaffContext) async throws -> Response {
        let query = WithdrawalQueueQuery(request.queryFields)
        let today = LocalDate(portal.platform.effects.now())
        var file = CSVFile()
        file.append([
            "预计到账日", "订单号", "单位名称", "商户编号", "通道", "金额(元)", "状态", "受理时间(北京时间)", "下次处理(北京时间)", "说明",
        ])
        let isCut = try await withdrawals.exportQueue(query.filter, within: context.session.member.region) {
            page in
            for withdrawal in page {
                let row = WithdrawalQueuePage.Row(withdrawal, today: today)
                file.append([
                    row.dueOn, row.number, row.enterpriseName, withdrawal.merchantNumber, row.channelName,
                    withdrawal.amount.plain, row.state.label, row.createdAt, row.nextAt, row.remarks,
                ])
            }
        }
        if isCut { file.note("只导出最先到期的 \(Withdrawals.queueExportLimit) 笔，请缩小筛选范围") }
        return .csv(file, name: "提现处理_\(today).csv", plainName: "withdrawals.csv")
    }
}

/// The filters and the place in 提现处理, as they stand in its address.
struct WithdrawalQueueQuery: Sendable {
    let filter: WithdrawalQueueFilter
    let after: WithdrawalQueueKey?

    init(_ fields: FormFields) {
        let status = WithdrawalStatus(rawValue: fields["state"])
        filter = WithdrawalQueueFilter(
            status: status.flatMap { WithdrawalQueueFilter.statuses.contains($0) ? $0 : nil },
            due: WithdrawalQueueFilter.Due(rawValue: fields["due"]))
        let day = LocalDate(entered: fields["afterDay"])
        let order = Int64(fields["after"])
        after = day.flatMap { day in order.map { WithdrawalQueueKey(dueOn: day, order: $0) } }
    }

    /// Whether the queue is narrowed to something.
    var isFiltered: Bool { filter != WithdrawalQueueFilter() }

    /// The queue with these filters, from its start or after a place.
    func address(after key: WithdrawalQueueKey? = nil) -> Path {
        filtering(.withdrawalQueue).with("afterDay", key?.dueOn.description)
            .with("after", key.map { String($0.order) })
    }

    /// The export: the same filter, all pages.
    var exportAddress: Path { filtering(.withdrawalQueueExport) }

    private func filtering(_ path: Path) -> Path {
        path.with("state", filter.status?.rawValue).with("due", filter.due?.rawValue)
    }
}

extension Path {
    /// 提现处理.
    static let withdrawalQueue = admin.below("withdrawals")
    /// The queue as a CSV file.
    static let withdrawalQueueExport = withdrawalQueue.below("export.csv")
}
