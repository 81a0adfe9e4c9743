import Payments

/// Cases of reconciliation in a table.
struct DifferenceTable: Sendable {
    /// One case.
    struct Row: Sendable {
        let number: String
        let address: String
        let day: String
        let channel: String
        let kind: String
        let detail: String
        let bankAmount: String
        let ourAmount: String
        let orderNumber: String
        let hasOrder: Bool
        let orderAddress: String
        let enterpriseName: String
        let hasEnterprise: Bool
        let enterpriseAddress: String
        let state: StateTag
        let raisedAt: String

        init(_ found: Difference) {
            number = found.number
            address = Path.difference(found.number).text
            day = found.settlementDate.description
            channel = found.channel.label
            kind = found.kindLabel
            detail = found.detail
            bankAmount = found.bankAmount?.formatted ?? "–"
            ourAmount = found.ourAmount?.formatted ?? "–"
            hasOrder = found.orderNumber != nil
            orderNumber = found.orderNumber ?? ""
            orderAddress = Path.staffOrder(orderNumber).text
            hasEnterprise = found.merchantNumber != nil
            enterpriseName = found.enterpriseName ?? ""
            enterpriseAddress = Path.enterprise(found.merchantNumber ?? "").text
            state = found.state.tag
            raisedAt = BeijingTime.minute(found.raisedAt)
        }
    }

    let caption: String
    let hasRows: Bool
    let rows: [Row]

    init(caption: String, _ differences: [Difference]) {
        self.caption = caption
        rows = differences.map(Row.init)
        hasRows = !rows.isEmpty
    }
}

/// 差异处理: the cases of reconciliation, newest first.
struct DifferenceListPage: Page {
    let layout: Layout
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    let state: SelectField
    let kind: SelectField
    let channel: SelectField
    let day: DateField
    let isFiltered: Bool
    let isEmpty: Bool
    let canExport: Bool
    let exportAddress: String
    let exportLimit: Int
    let table: DifferenceTable
    let pager: Pager

    /// - Parameter fields: the address's query; what could not be understood is put back as it was typed.
    init(
        layout: Layout, query: DifferenceListQuery, differences: [Difference], hasMore: Bool,
        fields: FormFields = .empty, errors: [FieldError] = []
    ) {
        let filter = query.filter
        self.layout = layout.marking(.differences)
        hasErrors = !errors.isEmpty
        errorSummary = ErrorSummary(errors)
        state = SelectField(
            "state", label: "状态", value: query.stateValue,
            options: [SelectField.Option(DifferenceListQuery.waiting, "待处理和待复核")]
                + DifferenceState.allCases.map { SelectField.Option($0.rawValue, $0.label) },
            placeholder: "全部")
        kind = SelectField(
            "class", label: "类别", value: filter.kind?.rawValue ?? "",
            options: DifferenceClass.allCases.map { SelectField.Option($0.rawValue, $0.label) },
            placeholder: "全部")
        channel = SelectField(
            "channel", label: "渠道", value: filter.channel?.rawValue ?? "",
            options: Channel.allCases.map { SelectField.Option($0.rawValue, $0.label) }, placeholder: "全部")
        day = DateField(
            "day", label: "清算日", value: filter.day?.description ?? fields.text("day"), errors: errors)
        isFiltered = !fields.pairs.isEmpty
        isEmpty = differences.isEmpty && errors.isEmpty
        canExport = !differences.isEmpty
        exportAddress = query.exportPath.text
        exportLimit = Differences.exportLimit
        table = DifferenceTable(caption: "对账差异，新发现的在前，时间为北京时间", differences)
        let next = hasMore ? differences.last.map { query.path(before: $0.id) } : nil
        pager = Pager(
            summary: "本页 \(differences.count) 件", first: query.before == nil ? nil : query.path, next: next)
    }
}

/// The form with which operations propose how a case is handled.
struct DifferenceProposal: Sendable {
    let address: String
    let csrf: String
    let command: String
    let handling: SelectField
    let merchantNumber: TextField?
    let reason: ReasonField

    /// - Parameter fields: what was typed, when it was refused.
    init(
        _ found: Difference, csrf: String, command: String, fields: FormFields = .empty,
        errors: [FieldError] = []
    ) {
        address = Path.differenceProposal(found.number).text
        self.csrf = csrf
        self.command = command
        handling = SelectField(
            "handling", label: "处理方式", value: fields["handling"],
            options: found.choices.map { SelectField.Option($0.rawValue, found.label(of: $0)) },
            placeholder: "请选择",
            errors: errors)
        merchantNumber =
            found.namesEnterprise
            ? TextField(
                "merchantNumber", label: "商户编号", value: fields.text("merchantNumber"),
                hint: "补账或冲正时填写款项所属单位的商户编号", maximum: 32, errors: errors) : nil
        reason = ReasonField(
            label: "处理依据", value: fields.text("reason"), hint: "例如与银行核实的时间、回函编号；提交后由另一人复核", rows: 3,
            errors: errors)
    }
}

/// The two forms with which a second person decides on a proposal.
struct DifferenceDecision: Sendable {
    let address: String
    let csrf: String
    let command: String
    let version: Int
    let reason: ReasonField

    init(
        _ found: Difference, csrf: String, command: String, reason: String = "", errors: [FieldError] = []
    ) {
        address = Path.differenceDecision(found.number).text
        self.csrf = csrf
        self.command = command
        version = found.version
        self.reason = ReasonField(label: "退回原因", value: reason, errors: errors)
    }
}

/// One case: both sides, what is parked and posted, what happened, and what the reader can do.
struct DifferencePage: Page {
    /// A line of the bank's file.
    struct Line: Sendable {
        let day: String
        let dayAddress: String
        let line: String
        let trade: String
        let orderNumber: String
        let amount: String
        let fee: String
        let kind: String
    }

    /// A line of a biller's statement.
    struct BillerLine: Sendable {
        let day: String
        let dayAddress: String
        let line: String
        let paymentNumber: String
        let serial: String
        let customerNumber: String
        let amount: String
        let writtenOffAt: String
        let kind: String

        init(_ line: BillerStatementLine) {
            day = line.day.description
            dayAddress = Path.billerStatements(of: line.day).text
            self.line = String(line.line)
            paymentNumber = line.paymentNumber
            serial = line.serial
            customerNumber = line.customerNumber
            amount = line.amount.formatted
            writtenOffAt = BeijingTime.second(line.writtenOffAt)
            kind = line.kind.label
        }
    }

    /// A line of the reserve account's statement.
    struct Reserve: Sendable {
        let day: String
        let change: String
        let counterparty: String
        let purpose: String
    }

    /// Our order.
    struct OrderFacts: Sendable {
        let kind: String
        let number: String
        let address: String
        let amount: String
        let createdAt: String
        let state: StateTag
        let serial: String
        let settlementDate: String
    }

    /// What is proposed or was decided.
    struct Plan: Sendable {
        let handling: String
        let reason: String
    }

    /// A link to a page.
    struct Link: Sendable {
        let label: String
        let address: String
    }

    let layout: Layout
    let hasError: Bool
    let notice: Notice?
    let number: String
    let state: StateTag
    let detail: String
    let kind: String
    let channel: String
    let theirs: String
    let theirFile: String
    let serialLabel: String
    let settlementDate: String
    let dayAddress: String
    let serial: String
    let bankAmount: String
    let ourAmount: String
    let parking: String
    let parkedAmount: String
    let raisedAt: String
    let enterprise: Link?
    let plan: Plan?
    let refundNumber: String?
    let refundState: StateTag?
    let hasLines: Bool
    let lines: [Line]
    let hasBillerLines: Bool
    let billerLines: [BillerLine]
    let reserve: Reserve?
    let hasBankSide: Bool
    let order: OrderFacts?
    let postings: PostingTable
    let proposal: DifferenceProposal?
    let decision: DifferenceDecision?
    let remark: String?
    let timeline: Timeline

    /// - Parameters:
    ///   - member: who looks; decides what the page offers.
    ///   - fields: what was typed, when it was refused for `error`.
    init(
        layout: Layout, details: DifferenceDetails, for member: StaffMember, command: String,
        fields: FormFields = .empty, error: DifferenceError? = nil
    ) {
        let found = details.difference
        self.layout = layout.marking(.differences)
        hasError = error != nil
        number = found.number
        state = found.state.tag
        detail = found.detail
        kind = found.kindLabel
        channel = found.channel.label
        settlementDate = found.settlementDate.description
        theirs = found.theirs
        theirFile = found.channel == .biller ? "收费单位对账单" : "银行文件"
        serialLabel = found.channel == .biller ? "收费单位/缴费单号" : "银行流水号"
        dayAddress =
            found.channel == .biller
            ? Path.billerStatements(of: found.settlementDate).text
            : Path.reconciliationDay(settlementDate).text
        serial = found.serial ?? "–"
        bankAmount = found.bankAmount.map { "\($0.formatted) 元" } ?? "–"
        ourAmount = found.ourAmount.map { "\($0.formatted) 元" } ?? "–"
        parking = found.parking.label
        parkedAmount = "\(found.amount.formatted) 元"
        raisedAt = BeijingTime.second(found.raisedAt)
        enterprise = found.merchantNumber.map {
            Link(label: found.enterpriseName ?? $0, address: Path.enterprise($0).text)
        }
        plan = found.handling.map { Plan(handling: found.label(of: $0), reason: found.reason) }
        refundNumber = details.refund?.number
        refundState = details.refund?.state.tag
        lines = details.lines.map(Self.line)
        hasLines = !lines.isEmpty
        reserve = details.reserveLine.map {
            Reserve(
                day: $0.day.description, change: "\($0.change.formatted) 元", counterparty: $0.counterparty,
                purpose: $0.purpose)
        }
        billerLines = details.billerLines.map(BillerLine.init)
        hasBillerLines = !billerLines.isEmpty
        hasBankSide = hasLines || hasBillerLines || reserve != nil
        order = details.order.map(Self.facts)
        postings = PostingTable(details.postings)
        let isOwn = details.proposer == member.id
        let decides = found.state == .proposed && ControlledAction.handleDifference.isDecided(by: member.role)
        let errors = error.flatMap { error in error.field.map { [FieldError($0, error.sentence)] } } ?? []
        proposal =
            found.state == .open && member.role == .operations && !found.waitsForBank
            ? DifferenceProposal(
                found, csrf: layout.csrf, command: command, fields: fields, errors: errors) : nil
        decision =
            decides && !isOwn
            ? DifferenceDecision(
                found, csrf: layout.csrf, command: command, reason: fields.text("reason"), errors: errors)
            : nil
        // What is wrong with a field is said beside it, where the page still has it.
        let shown: Set<String?> =
            if let proposal {
                ["handling", "reason", proposal.merchantNumber.map(\.name)]
            } else {
                decision == nil ? [] : ["reason"]
            }
        notice = error.flatMap { error in
            error.field.map { shown.contains($0) } == true
                ? nil : Notice(error.sentence, .warning, isAlert: true)
        }
        remark =
            if isOwn {
                OwnProposal.remark
            } else if found.state == .proposed, !decides {
                "处理意见等待运营员或审核员复核。"
            } else if found.state == .open, found.waitsForBank {
                "付款时限之后的扣款由银行自行退回。\(TopUps.settlingWorkingDays) 个工作日后仍未退回的，由两人补账或退款。"
            } else if found.state == .open, member.role != .operations {
                "等待运营员提出处理意见。"
            } else {
                nil
            }
        timeline = Timeline(
            oldestFirst: details.steps.map { step in
                (step.title, Timeline.note(by: step.actorName, step.note), step.at)
            })
    }

    private static func line(_ line: BankLine) -> Line {
        Line(
            day: line.day.description, dayAddress: Path.reconciliationDay(line.day.description).text,
            line: String(line.line), trade: line.trade.label, orderNumber: line.orderNumber,
            amount: line.amount.formatted, fee: line.fee.formatted, kind: line.kind.label)
    }

    private static func facts(_ order: DifferenceDetails.Order) -> OrderFacts {
        OrderFacts(
            kind: order.kind.label, number: order.number, address: Path.staffOrder(order.number).text,
            amount: "\(order.amount.formatted) 元", createdAt: BeijingTime.second(order.createdAt),
            state: order.kind.tag(state: order.state, writeOff: order.writeOff), serial: order.serial ?? "–",
            settlementDate: order.settlementDate?.description ?? "–")
    }
}

extension Differences.Step {
    /// What happened, in words.
    fileprivate var title: String {
        switch DifferenceState.Event(rawValue: event) {
        case .found: "发现差异"
        case .foundMissing: "发现当日文件缺少交易"
        case .foundCleared: "发现差异并自动处理"
        case .laterFileMatched: "自动核平"
        case .daysPassed: "等待期满，仍无对应交易"
        case .handlingProposed: "提出处理意见"
        case .approved: "复核同意"
        case .returned: "复核退回"
        case .contradicted: "结果被推翻，重新打开"
        case nil: event
        }
    }
}

extension DifferenceError {
    /// The field that it is about; nil where it is about none.
    var field: String? {
        switch self {
        case .reasonMissing: "reason"
        case .unfitting: "handling"
        case .enterpriseMissing, .enterpriseUnknown, .enterpriseClosed: "merchantNumber"
        case .notFound, .notAllowed, .stale, .samePerson: nil
        }
    }

    /// What is wrong and what to do.
    var sentence: String {
        switch self {
        case .notFound: "没有找到该差异"
        case .notAllowed: "您的角色或负责区域不能办理此差异"
        case .reasonMissing: "请填写原因，最多 500 个字"
        case .unfitting: "请选择适用于此差异的处理方式"
        case .enterpriseMissing: "请填写款项所属单位的商户编号"
        case .enterpriseUnknown: "没有这个商户编号，请核对"
        case .enterpriseClosed: "该单位已销户，不能入账；请改用其他处理方式"
        case .stale: "差异已由他人处理或状态已变化，本次操作没有生效；以下为最新内容"
        case .samePerson: "处理意见由您本人提出，须由他人复核"
        }
    }
}
