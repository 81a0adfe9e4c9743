import Payments

extension BillPaymentStatus {
    /// What each pair of states means for the customer.
    var wording: StateWording {
        switch (payment, writeOffState) {
        case (.pendingReview, _):
            StateWording(
                label: "待复核", tone: .pending, sentence: "已提交，等待本单位复核。", nextStep: "复核同意后才会缴费，款项已冻结。")
        case (.ready, _), (.sending, _):
            StateWording(
                label: "处理中", tone: .processing, sentence: "正在向收费单位缴费，请勿重复缴费。",
                nextStep: "通常几秒钟内完成。可以关闭本页，结果会显示在商户首页和交易明细中。")
        case (.unknown, _):
            StateWording(
                label: "结果确认中", tone: .processing, sentence: "尚未收到收费单位的答复，请勿重复缴费。",
                nextStep: "款项仍然冻结。系统会持续向收费单位核实，可以关闭本页，结果会显示在商户首页和交易明细中。")
        case (.paid, .pending):
            StateWording(
                label: "已扣款待销账", tone: .processing, sentence: "收费单位已收款，正在销账，请勿重复缴费。",
                nextStep: "销账完成后缴费成功；若不能销账，款项会退回可用余额。")
        case (.paid, .writtenOff):
            StateWording(label: "缴费成功", tone: .success, sentence: "收费单位已收款并销账。", nextStep: nil)
        case (.paid, .failed):
            StateWording(
                label: "已退款", tone: .returned, sentence: "收费单位未能销账，款项已全部退回可用余额。",
                nextStep: "可以重新查询账单；如有疑问，请联系客服。")
        case (.paid, .reversed):
            StateWording(label: "已退款", tone: .returned, sentence: "这笔缴费已退款，款项已退回可用余额。", nextStep: nil)
        case (.paid, .disputed), (.refused, .disputed):
            StateWording(
                label: "结果确认中", tone: .processing, sentence: "正在与收费单位核对这笔缴费，请勿重复缴费。",
                nextStep: "核对完成后结果会显示在本页，无需操作。")
        case (.returnedToMaker, _):
            StateWording(
                label: "已退回修改", tone: .returned, sentence: "这笔缴费已退回，没有向收费单位付款，款项已退回可用余额。",
                nextStep: "请重新查询账单，核对后再缴。")
        case (.refused, _), (.withdrawn, _), (.expired, _):
            StateWording(
                label: "缴费失败，资金已退回余额", tone: .danger, sentence: "这笔缴费没有完成，冻结的款项已退回可用余额。",
                nextStep: "请重新查询账单，核对后再缴。")
        case (.paid, .none):
            // Not among the pairs that exist; the books would not take it.
            StateWording(label: "结果确认中", tone: .processing, sentence: "正在核对这笔缴费。", nextStep: nil)
        }
    }
}

extension BillPaymentStatus.Event {
    /// The event in the words of the order's page; nil for what only staff need to see.
    var title: String? {
        switch self {
        case .submitted: "确认支付"
        case .approved: "复核同意"
        case .returnedToMaker: "复核退回"
        case .withdrawn: "撤回"
        case .reviewExpired: "复核超时"
        case .billChanged: "账单有变化，已退回"
        case .stopped: "未发出，已停止"
        case .sendStarted: "提交收费单位"
        case .writtenOff: "收费单位已销账"
        case .writeOffUnknown: "收费单位已收款，待销账"
        case .writeOffFailed: "收费单位未能销账，已退款"
        case .refused: "收费单位未受理，款项已退回"
        case .noAnswer: "收费单位暂未答复，开始核实"
        case .resent: "再次提交收费单位"
        case .absentFromFiles: "对账确认未缴，款项已退回"
        case .partlyWrittenOff: "部分销账，其余已退款"
        case .fullyRefunded: "已全额退款"
        case .writeOffDenied, .writtenOffLate: "与收费单位核对中"
        case .charged, .billerReversed, .borne: "核对完成"
        case .answerUnclear, .notKnown: nil
        }
    }
}

extension Bill {
    /// The period as people read it: a month `2026-11` as 2026年11月, anything else as the biller says it.
    var periodText: String {
        let parts = period.split(separator: "-")
        guard parts.count == 2, parts[0].count == 4, let year = Int(parts[0]), let month = Int(parts[1]),
            (1...12).contains(month)
        else { return period }
        return "\(year)年\(month)月"
    }
}
