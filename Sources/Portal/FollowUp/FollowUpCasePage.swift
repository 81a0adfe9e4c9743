import Payments

/// One 风险案例: what the rule has seen, what it keeps back, and what is done about it.
struct FollowUpCasePage: Page {
    /// Something that the rule has seen.
    struct EvidenceRow: Sendable {
        let fact: String
        let time: String
        let hasOrder: Bool
        let number: String
        let address: String
        let amount: String

        init(_ evidence: FollowUpEvidence) {
            fact = evidence.fact.label
            time = BeijingTime.second(evidence.at)
            hasOrder = evidence.order != nil
            number = evidence.order?.number ?? ""
            address =
                evidence.order.map {
                    ($0.isSettlement ? Path.settlement($0.number) : Path.staffOrder($0.number)).text
                } ?? ""
            amount = evidence.order?.amount.formatted ?? ""
        }
    }

    /// What happens to the company's withdrawals because of the case.
    struct Hold: Sendable {
        /// A withdrawal that is, or was, kept back.
        struct Row: Sendable {
            let number: String
            let address: String
            let amount: String
            let heldAt: String
            let state: StateTag
        }

        /// 暂缓提现, or 暂缓付款 to a biller.
        let name: String
        /// What is kept back: 提现 or 付款.
        let subject: String
        let state: StateTag
        let remark: String
        let hasRows: Bool
        let rows: [Row]
        let canPropose: Bool
        let handling: SelectField
        let canAgree: Bool
        /// Why the reader does not decide, where the proposal is the reader's own.
        let own: String?
        let reason: ReasonField
        let version: Int
        let proposalAddress: String
        let approvalAddress: String
        let returnAddress: String
    }

    let layout: Layout
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    let caseNumber: String
    let number: CopyableNumber
    let ruleName: String
    let ruleVersion: Int
    let sentence: String
    let enterpriseName: String
    /// The company's page; nil for a biller.
    let enterpriseAddress: String?
    let merchantNumber: String
    let happenedAt: String
    let raisedAt: String
    let state: StateTag
    let ownerName: String?
    let decisionLabel: String?
    let decisionReason: String?
    let evidence: [EvidenceRow]
    let hold: Hold?
    let command: String
    let canTakeOver: Bool
    let takeOverAddress: String
    let canDecide: Bool
    let decision: SelectField
    let decisionAddress: String
    /// Why the reader can do nothing about the case now, where somebody can.
    let remark: String?
    let reason: ReasonField
    let timeline: Timeline

    /// - Parameters:
    ///   - reader: decides what the page offers.
    ///   - form: what was posted and refused, and `errors`: why.
    init(
        layout: Layout, details: FollowUpDetails, reader: StaffMember, command: String,
        form: FollowUpForm? = nil, errors: [FieldError] = []
    ) {
        let found = details.found
        let isOperations = reader.role == .operations
        let isOwn = found.owner == reader.id
        let isHeld = found.hold?.isInForce == true
        self.layout = layout
        hasErrors = !errors.isEmpty
        errorSummary = ErrorSummary(errors)
        caseNumber = found.number
        number = CopyableNumber(found.number, id: "case-number")
        ruleName = found.rule.name
        ruleVersion = found.rule.version
        sentence = found.rule.sentence
        enterpriseName = found.enterpriseName
        enterpriseAddress = found.isAboutBiller ? nil : Path.enterprise(found.merchantNumber).text
        merchantNumber = found.merchantNumber
        happenedAt = BeijingTime.second(found.happenedAt)
        raisedAt = BeijingTime.second(found.raisedAt)
        state = found.state.tag
        ownerName = found.ownerName
        decisionLabel = found.decision?.label
        decisionReason = found.reason
        evidence = details.evidence.map(EvidenceRow.init)
        hold = found.hold.map {
            Hold($0, of: details, reader: reader, form: form, errors: errors)
        }
        self.command = command
        canTakeOver = isOperations && found.state != .decided && !isOwn
        takeOverAddress = Path.followUpOwner(found.number).text
        canDecide = isOperations && found.state == .taken && isOwn && !isHeld
        decision = SelectField(
            "decision", label: "结论", value: form?.decision ?? "",
            options: FollowUpCase.Decision.allCases.map { SelectField.Option($0.rawValue, $0.label) },
            placeholder: "请选择结论", errors: errors)
        decisionAddress = Path.followUpDecision(found.number).text
        remark =
            switch found.state {
            case .decided: nil
            case .open: isOperations ? nil : "等待运营员接手。"
            case .taken where isHeld && isOwn: FollowUpError.holdInForce.sentence + "。"
            case .taken: isOwn ? nil : "由\(found.ownerName ?? "")处理。"
            }
        reason = ReasonField(label: "原因", value: form?.reason ?? "", errors: errors)
        timeline = Timeline(
            oldestFirst: details.events.map { event in
                (
                    FollowUpEventText.title(event.event), Timeline.note(by: event.staffName, event.note),
                    event.at
                )
            })
    }
}

extension FollowUpCasePage.Hold {
    fileprivate init(
        _ hold: WithdrawalHold, of details: FollowUpDetails, reader: StaffMember, form: FollowUpForm?,
        errors: [FieldError]
    ) {
        let isAboutBiller = details.found.isAboutBiller
        let number = details.found.number
        subject = isAboutBiller ? "付款" : "提现"
        name = "暂缓\(subject)"
        state = hold.tag
        remark =
            switch hold.state {
            case .active where isAboutBiller: "付给该收费单位的款项暂缓提交银行，直到两人放行。"
            case .active: "该单位的提现受理后暂缓提交银行，直到两人放行。撤销提现后，资金退回单位余额，后续提现仍然暂缓。"
            case .proposed: "已提议\(hold.handling?.label ?? "")：\(hold.reason ?? "")。须由他人同意或退回。"
            case .released: "两人已放行，\(isAboutBiller ? "付给该收费单位的款项" : "该单位的提现")照常提交银行。"
            }
        rows =
            details.held.map {
                Row(
                    number: $0.number, address: Path.staffOrder($0.number).text, amount: $0.amount.formatted,
                    heldAt: BeijingTime.second($0.heldAt), state: $0.status.wording.tag)
            }
            + details.heldSettlements.map {
                Row(
                    number: $0.number, address: Path.settlement($0.number).text, amount: $0.amount.formatted,
                    heldAt: BeijingTime.second($0.heldAt), state: $0.status.tag)
            }
        hasRows = !rows.isEmpty
        canPropose = hold.state == .active && reader.role == .operations
        handling = SelectField(
            "handling", label: "处理方式", value: form?.handling ?? "",
            options: (isAboutBiller ? [WithdrawalHold.Handling.release] : WithdrawalHold.Handling.allCases)
                .map {
                    SelectField.Option($0.rawValue, $0.label)
                },
            placeholder: "请选择处理方式", errors: errors)
        reason = ReasonField(label: "原因", value: form?.reason ?? "", errors: errors)
        own = hold.proposer == reader.id ? OwnProposal.remark : nil
        canAgree =
            hold.state == .proposed && ControlledAction.releaseWithdrawal.isDecided(by: reader.role)
            && own == nil
        version = hold.version
        proposalAddress = Path.followUpHold(number).text
        approvalAddress = Path.followUpHoldApproval(number).text
        returnAddress = Path.followUpHoldReturn(number).text
    }
}
