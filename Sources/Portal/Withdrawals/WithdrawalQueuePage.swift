import Payments

/// 提现处理: what waits to be paid out, the longest overdue first.
struct WithdrawalQueuePage: Page {
    /// One withdrawal.
    struct Row: Sendable {
        let number: String
        let address: String
        let enterpriseName: String
        let enterpriseAddress: String
        let channelName: String
        let amount: String
        let state: StateTag
        let createdAt: String
        let dueOn: String
        /// 已逾期 3 天, 今日到期, or nothing.
        let urgency: StateTag?
        let nextAt: String
        /// That its channel is paused.
        let pause: String?

        init(_ withdrawal: QueuedWithdrawal, today: LocalDate) {
            number = withdrawal.number
            address = Path.staffOrder(withdrawal.number).text
            enterpriseName = withdrawal.enterpriseName
            enterpriseAddress = Path.enterprise(withdrawal.merchantNumber).text
            channelName = withdrawal.channelName
            amount = withdrawal.amount.formatted
            state = withdrawal.status.staffTag
            createdAt = BeijingTime.minute(withdrawal.createdAt)
            dueOn = withdrawal.dueOn.description
            let days = withdrawal.dueOn.days(until: today)
            urgency =
                days > 0
                ? StateTag("已逾期 \(days) 天", .danger) : days == 0 ? StateTag("今日到期", .pending) : nil
            nextAt = withdrawal.nextAt.map(BeijingTime.minute) ?? "等待人工处理"
            pause = withdrawal.pauseNotice.map { "通道暂停：\($0)" }
        }

        /// What the tags and remarks say, for the export.
        var remarks: String { [urgency?.label, pause].compactMap(\.self).joined(separator: "；") }
    }

    /// What is due when on one channel: counts, and sums in yuan.
    struct Total: Sendable {
        let channelName: String
        let cells: [Cell]
    }

    /// A count with its sum.
    struct Cell: Sendable {
        let count: String
        let sum: String
    }

    let layout: Layout
    let regionName: String
    /// The channels that are paused.
    let pauses: [Notice]
    let hasTotals: Bool
    let totals: [Total]
    let due: SelectField
    let state: SelectField
    let isFiltered: Bool
    let isEmpty: Bool
    let hasRows: Bool
    let rows: [Row]
    let exportAddress: String
    let pager: Pager

    init(
        layout: Layout, query: WithdrawalQueueQuery, page: ListPage<QueuedWithdrawal, WithdrawalQueueKey>,
        totals: [WithdrawalQueueTotal], channels: [BankChannel], today: LocalDate
    ) {
        self.layout = layout.marking(.withdrawalQueue)
        regionName = layout.regionName
        let payouts = channels.filter { WithdrawalQueueFilter.channels.contains($0.channel) }
        pauses = payouts.filter(\.settings.isPaused).map {
            Notice("\($0.name)暂停：\($0.settings.notice)", .warning)
        }
        self.totals = Self.totals(totals)
        hasTotals = !totals.isEmpty
        due = SelectField(
            "due", label: "到期", value: query.filter.due?.rawValue ?? "",
            options: WithdrawalQueueFilter.Due.allCases.map { SelectField.Option($0.rawValue, $0.label) },
            placeholder: "全部")
        state = SelectField(
            "state", label: "状态", value: query.filter.status?.rawValue ?? "",
            options: WithdrawalQueueFilter.statuses.map {
                SelectField.Option($0.rawValue, $0.staffTag.label)
            }, placeholder: "全部状态")
        isFiltered = query.isFiltered
        rows = page.rows.map { Row($0, today: today) }
        isEmpty = rows.isEmpty
        hasRows = !rows.isEmpty
        exportAddress = query.exportAddress.text
        pager = Pager(
            summary: "本页 \(rows.count) 笔", first: query.after == nil ? nil : query.address(),
            next: page.next.map { query.address(after: $0) })
    }

    /// A row a channel: overdue, today, later.
    private static func totals(_ totals: [WithdrawalQueueTotal]) -> [Total] {
        var names: [String] = []
        for total in totals where !names.contains(total.channelName) { names.append(total.channelName) }
        return names.map { name in
            Total(
                channelName: name,
                cells: WithdrawalQueueFilter.Due.allCases.map { due in
                    let found = totals.first { $0.channelName == name && $0.due == due }
                    return Cell(count: "\(found?.count ?? 0)", sum: (found?.sum ?? .zero).formatted)
                })
        }
    }
}

extension WithdrawalQueueFilter.Due {
    /// As filters and column heads have it.
    var label: String {
        switch self {
        case .overdue: "已逾期"
        case .today: "今日到期"
        case .later: "以后到期"
        }
    }
}

extension WithdrawalStatus {
    /// The state as staff see it: finer than the customer's.
    var staffTag: StateTag {
        switch self {
        case .sending: StateTag("提交银行中", .processing)
        case .paymentParked: StateTag("银行结果不一致，处理中", .danger)
        default: wording.tag
        }
    }
}
