import Payments

extension BillerSettlementStatus {
    /// What staff read.
    var label: String {
        switch self {
        case .collecting: "汇总中"
        case .reconciling: "对账中"
        case .pendingReview: "待复核"
        case .payable: "待付款"
        case .sending: "提交银行中"
        case .unknown: "结果确认中"
        case .atBank: "已提交银行"
        case .paid: "已付款"
        case .carriedForward: "结转"
        }
    }

    /// As a tag: words, tint and shape.
    var tag: StateTag {
        switch self {
        case .collecting, .reconciling, .payable, .sending, .unknown, .atBank: StateTag(label, .processing)
        case .pendingReview: StateTag(label, .pending)
        case .paid: StateTag(label, .success)
        case .carriedForward: StateTag(label, .closed)
        }
    }
}

extension BillerSettlement.Attempt {
    /// How it stands, in words.
    var label: String {
        switch outcome {
        case .refused: "银行拒绝"
        case .absent: "银行未收到"
        case .returned: "银行退汇"
        case .unsendable: "无法提交银行"
        case .superseded: "未提交，前一笔已付款"
        case nil: bankSerial != nil ? "已付款" : transactionTime != nil ? "已提交银行" : "等待提交"
        }
    }
}

/// What happened to a settlement, in words.
enum SettlementEventText {
    /// The event of this name; of an event that was added later, its name.
    static func title(_ event: String) -> String {
        switch BillerSettlementStatus.Event(rawValue: event) {
        case .started: "开始汇总"
        case .collected: "汇总完成"
        case .differencesFound: "有差异的缴费未计入"
        case .agreed: "与收费单位对账单相符"
        case .nothingToPay: "没有可结算的缴费"
        case .proposed: "提交付款申请"
        case .returned: "退回付款申请"
        case .approved: "复核同意"
        case .sendStarted: "提交银行"
        case .unsendable: "无法提交银行"
        case .noAnswer: "银行没有答复"
        case .resent: "重新提交同一笔付款"
        case .bankAccepted: "银行已受理"
        case .bankRefused: "银行拒绝付款"
        case .absentFromFiles: "确认银行没有收到"
        case .paidConfirmed: "已付款"
        case .payoutReturned: "银行退汇"
        case nil: event
        }
    }
}

extension BillerSettlementError {
    /// What stands in the way.
    var sentence: String {
        switch self {
        case .notFound, .stale: "结算单已由他人处理或有变化，本次操作没有生效；以下为最新内容"
        case .notAllowed: "您的角色或负责区域不能办理"
        case .reasonMissing: "请填写退回原因，最多 500 个字"
        case .accountMissing: "收费单位没有登记收款账户，不能付款"
        case .paymentsChanged: "结算单中的缴费或抵扣已有变化，请退回后重新汇总"
        case .samePerson: "付款申请由您本人提出，须由另一人复核"
        }
    }
}

extension Path {
    /// 收费单位结算.
    static let settlements = admin.below("settlements")
    /// One settlement.
    static func settlement(_ number: some PathValue) -> Path { settlements.below(number) }
    /// 导出 CSV of its payments.
    static func settlementLines(_ number: some PathValue) -> Path {
        settlement(number).below("lines.csv")
    }
    /// Where it is proposed to pay it.
    static func settlementProposal(_ number: some PathValue) -> Path { settlement(number).below("proposal") }
    /// Where a second person agrees to that.
    static func settlementApproval(_ number: some PathValue) -> Path { settlement(number).below("approval") }
    /// Where 处理完毕 is posted.
    static func settlementResolution(_ number: some PathValue) -> Path {
        settlement(number).below("resolution")
    }
    /// Where a second person gives it back.
    static func settlementReturn(_ number: some PathValue) -> Path { settlement(number).below("return") }
}
