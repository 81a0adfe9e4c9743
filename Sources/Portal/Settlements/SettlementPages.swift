import Payments

/// 收费单位结算: the settlements, the newest first.
struct SettlementListPage: Page {
    /// One settlement.
    struct Row: Sendable {
        let number: String
        let address: String
        let billerName: String
        let day: String
        let payments: Int
        let gross: String
        let net: String
        let state: StateTag

        init(_ found: BillerSettlement) {
            number = found.number
            address = Path.settlement(found.number).text
            billerName = found.billerName
            day = found.day.description
            payments = found.payments
            gross = found.gross.formatted
            net = found.net.formatted
            state = found.status.tag
        }
    }

    let layout: Layout
    let search: TextField
    let state: SelectField
    let isFiltered: Bool
    let hasRows: Bool
    let rows: [Row]
    let pager: Pager

    init(layout: Layout, query: SettlementQuery, page: ListPage<BillerSettlement, Int64>) {
        self.layout = layout.marking(.settlements)
        search = TextField("q", label: "收费单位名称或结算单号", value: query.filter.search, maximum: 100)
        state = SelectField(
            "state", label: "状态", value: query.filter.status?.rawValue ?? "",
            options: BillerSettlementStatus.allCases.map { SelectField.Option($0.rawValue, $0.label) },
            placeholder: "全部状态")
        isFiltered = query.isFiltered
        rows = page.rows.map(Row.init)
        hasRows = !rows.isEmpty
        pager = Pager(
            summary: "本页 \(rows.count) 笔", first: query.before == nil ? nil : query.address(),
            next: page.next.map { query.address(before: $0) })
    }
}

/// One settlement: what it pays and to whom, what two people do about it, and what the bank has said.
struct SettlementPage: Page {
    /// A payment that it pays.
    struct Line: Sendable {
        let number: String
        let hasAddress: Bool
        let address: String
        let customerNumber: String
        let billerSerial: String
        let agreedOn: String
        let amount: String

        init(_ line: BillerSettlementLine) {
            number = line.number
            hasAddress = line.isReached
            address = line.isReached ? Path.staffOrder(line.number).text : ""
            customerNumber = line.customerNumber
            billerSerial = line.billerSerial
            agreedOn = line.agreedOn?.description ?? ""
            amount = line.amount.formatted
        }
    }

    /// A payout by which it was tried.
    struct AttemptRow: Sendable {
        let number: String
        let serial: String
        let day: String
        let result: String

        init(_ attempt: BillerSettlement.Attempt) {
            number = attempt.number
            serial = attempt.bankSerial ?? ""
            day = attempt.settlementDate?.description ?? ""
            result = attempt.label
        }
    }

    /// What a second person decides.
    struct Decision: Sendable {
        let proposer: String
        let canDecide: Bool
        let approvalAddress: String
        let returnAddress: String
        let version: Int
        let reason: ReasonField
    }

    let layout: Layout
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    /// Why an act was refused, where that belongs to no field.
    let refusal: Notice?
    let settlementNumber: String
    let number: CopyableNumber
    let state: StateTag
    let billerName: String
    let day: String
    let payments: Int
    let gross: String
    let netted: String
    let fee: String
    let net: String
    let account: String
    let command: String
    let canPropose: Bool
    let proposalAddress: String
    let version: Int
    let decision: Decision?
    /// Who does what comes next, for those who do not.
    let remark: String?
    let hasLines: Bool
    let lines: [Line]
    let linesSummary: String
    let exportAddress: String
    let hasAttempts: Bool
    let attempts: [AttemptRow]
    let hasMatters: Bool
    let matters: [Matter]
    let resolution: Resolution?
    let postings: PostingTable
    let messages: BankMessageTable
    let timeline: Timeline

    /// - Parameters:
    ///   - reader: decides what the page offers.
    ///   - messagesBefore: the message below which its page of messages begins; nil for the newest.
    ///   - reason: what was typed, and `error`: why it was refused.
    ///   - resolution: what was said about the end of its items, and `errors`: why that was refused.
    init(
        layout: Layout, details: BillerSettlementDetails, reader: StaffMember, command: String,
        messagesBefore: Int64? = nil, reason: String = "", error: BillerSettlementError? = nil,
        resolution typed: String = "", errors: [FieldError] = []
    ) {
        let found = details.settlement
        let errors = errors + (error == .reasonMissing ? [FieldError("reason", error?.sentence ?? "")] : [])
        self.layout = layout.marking(.settlements)
        hasErrors = error != nil || !errors.isEmpty
        errorSummary = ErrorSummary(errors)
        refusal = error.flatMap { errors.isEmpty ? Notice($0.sentence, .warning, isAlert: true) : nil }
        settlementNumber = found.number
        number = CopyableNumber(found.number, id: "settlement-number")
        state = found.status.tag
        billerName = found.billerName
        day = found.day.description
        payments = found.payments
        gross = found.gross.formatted
        netted = found.netted.formatted
        fee = found.fee.formatted
        net = found.net.formatted
        account = found.account.map { "\($0.holderName)，\($0.bankName) 尾号 \($0.tail)" } ?? "未登记"
        self.command = command
        let needsAccount = found.net.isPositive && found.account == nil
        canPropose = found.awaitsProposal && reader.role == .operations && !needsAccount
        proposalAddress = Path.settlementProposal(found.number).text
        version = found.version
        let isOwn = found.proposal?.by == reader.id
        let isDecider = ControlledAction.settleBiller.isDecided(by: reader.role)
        decision = found.proposal.map { proposal in
            Decision(
                proposer: proposal.name, canDecide: isDecider && !isOwn,
                approvalAddress: Path.settlementApproval(found.number).text,
                returnAddress: Path.settlementReturn(found.number).text, version: found.version,
                reason: ReasonField(label: "退回原因", value: reason, errors: errors))
        }
        remark =
            if isOwn {
                OwnProposal.remark
            } else if found.isKeptBack {
                "事后监控暂缓提交银行，须由两人在案例中放行。"
            } else if found.awaitsPeople, needsAccount {
                "收费单位没有登记收款账户，登记后才能付款。"
            } else if found.awaitsProposal, found.status == .payable {
                "上一次付款没有成功：请先与收费单位核实收款账户，更正后再提交付款申请。"
            } else if found.awaitsProposal, !canPropose {
                "由运营员提交付款申请，另一人复核后付款。"
            } else { nil }
        lines = details.lines.map(Line.init)
        hasLines = !lines.isEmpty
        linesSummary =
            lines.count < found.payments
            ? "显示前 \(lines.count) 笔，共 \(found.payments) 笔" : "共 \(found.payments) 笔"
        exportAddress = Path.settlementLines(found.number).text
        attempts = details.attempts.map(AttemptRow.init)
        hasAttempts = !attempts.isEmpty
        // A case about a biller belongs to the whole country.
        matters =
            details.workItems.map(Matter.init)
            + details.differences.map { Matter($0, isReached: reader.region == .national) }
        hasMatters = !matters.isEmpty
        resolution =
            details.isLeftToPeople && !details.workItems.isEmpty && reader.role == .operations
            ? Resolution(
                address: Path.settlementResolution(found.number).text, csrf: layout.csrf,
                items: details.workItems.map { String($0.id) }.joined(separator: ","),
                field: ReasonField(
                    "resolution", label: "处理说明", value: typed, hint: "以上待办不会自动关闭。", errors: errors)
            ) : nil
        postings = PostingTable(details.postings)
        messages = BankMessageTable(
            details.messages, before: messagesBefore, on: .settlement(found.number))
        timeline = Timeline(
            oldestFirst: details.events.map { event in
                (
                    SettlementEventText.title(event.event), Timeline.note(by: event.staffName, event.note),
                    event.at
                )
            })
    }
}
