import Payments

extension TopUpStatus {
    /// What each state means for the customer. The eleven states of the books are six labels here: nobody outside
    /// needs to know how the platform finds out, only what is certain and what to do.
    var wording: StateWording {
        switch self {
        case .created:
            StateWording(
                label: "待付款", tone: .pending, sentence: "订单已生成，尚未付款。",
                nextStep: "请核对订单，在付款截止时间前前往银行付款。")
        case .atBank:
            StateWording(
                label: "处理中", tone: .processing, sentence: "银行处理中，请勿重复付款。",
                nextStep: "银行一侧可能还需本单位人员复核。系统会定时向银行核实，可以关闭本页；结果会显示在商户首页和交易明细中。")
        case .closing:
            StateWording(
                label: "结果确认中", tone: .processing, sentence: "订单已停止付款，正在向银行确认是否收到款项，请勿重复付款。",
                nextStep: "付款截止前银行仍可能扣款，截止后再向银行核实一次才会关闭。若银行已收款，款项仍会计入可用余额；若未收款，订单将关闭。")
        case .closed:
            StateWording(
                label: "已关闭", tone: .closed, sentence: "订单已关闭，未收到款项。",
                nextStep: "如仍需充值，请重新下单。若账户已被银行扣款，系统核实后会自动入账。")
        case .credited:
            StateWording(label: "充值成功", tone: .success, sentence: "款项已计入可用余额，可以使用。", nextStep: nil)
        case .lateDebited:
            StateWording(
                label: "处理中", tone: .processing, sentence: "银行在订单截止后才扣款，这笔款项没有入账。",
                nextStep: "款项由银行按原路退回付款账户，通常需要 5 个工作日左右，无需操作。系统每天与银行对账核实。")
        case .refundedByBank:
            StateWording(
                label: "银行已退款", tone: .returned, sentence: "款项已由银行退回付款账户。", nextStep: "如仍需充值，请重新下单。")
        case .inReview, .reversalParked:
            StateWording(
                label: "结果确认中", tone: .processing, sentence: "银行给出的结果需要核对，请勿重复付款。",
                nextStep: "工作人员正在处理，完成后结果会显示在本页。")
        case .returned:
            StateWording(
                label: "银行已退款", tone: .returned, sentence: "款项经核对后已退回付款账户。", nextStep: "如仍需充值，请重新下单。")
        case .reversed:
            StateWording(
                label: "银行已退款", tone: .returned, sentence: "银行已将这笔款项冲回付款账户，充值金额已从专用支出账户扣除。",
                nextStep: "如有疑问，请联系客服。")
        }
    }
}

extension TopUpStatus.Event {
    /// The event in the words of the order's page; nil for what only staff need to see.
    var title: String? {
        switch self {
        case .ordered: "提交订单"
        case .handedOff: "前往银行付款"
        case .cancelled, .cancelRequested: "取消订单"
        case .deadlinePassed: "超过付款截止时间"
        case .paidConfirmed: "银行确认付款成功"
        case .declinedBeforeTimeout: "银行付款未完成"
        case .notPaidConfirmed: "银行确认未收到款项"
        case .absentFromFiles: "对账确认银行没有这笔款项"
        case .lateDebitReported: "银行在截止后扣款"
        case .bankRefundConfirmed: "银行确认已退款"
        case .creditApproved: "核对后入账"
        case .returnCompleted: "已退回付款账户"
        case .reversedByBank: "银行冲回款项"
        case .charged, .madeGood, .borne: "差错处理完成"
        case .answerUnclear, .bankRefundOverdue, .receiptMismatched, .paidAgain: nil
        }
    }
}

extension BankAvailability {
    /// What a bank does that takes no payments, and until when; nil for one that does.
    var sentence: String? {
        switch self {
        case .open: nil
        case .maintenance(let until): "系统维护中，预计 \(BeijingTime.minute(until)) 恢复"
        case .off: "暂不支持充值"
        }
    }
}
