import Payments

extension OrderKind {
    /// What an event is called for staff, who see also those that customers need not.
    func eventTitle(_ event: String) -> String {
        let title: String? =
            switch self {
            case .topUp: TopUpStatus.Event(rawValue: event)?.title
            case .billPayment: BillPaymentStatus.Event(rawValue: event)?.title
            case .withdrawal: WithdrawalStatus.Event(rawValue: event)?.title
            }
        return title ?? Self.staffTitles[event] ?? event
    }

    private static let staffTitles = [
        "ordered": "提交订单", "answerUnclear": "答复不明，继续核实", "bankRefundOverdue": "等待银行退回，转人工处理",
        "receiptMismatched": "银行收款不能入账，转人工核实", "paidAgain": "银行又收到一笔付款", "promisePassed": "已过承诺到账日",
        "notKnown": "对方称无此交易", "writtenOffLate": "已退款后收费单位又销账",
    ]
}
