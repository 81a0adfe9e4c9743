import Payments

extension WithdrawalStatus {
    /// What each state means for the customer.
    var wording: StateWording {
        switch self {
        case .pendingReview:
            StateWording(
                label: "待复核", tone: .pending, sentence: "已提交，等待本单位复核。", nextStep: "复核同意后才会提交银行，款项已冻结。")
        case .accepted:
            StateWording(
                label: "已受理", tone: .processing, sentence: "提现已受理，即将提交银行。", nextStep: "提交银行前可以撤销。")
        case .sending:
            StateWording(
                label: "已受理", tone: .processing, sentence: "正在提交银行。", nextStep: "可以关闭本页，结果会显示在商户首页和交易明细中。")
        case .unknown:
            StateWording(
                label: "结果确认中", tone: .processing, sentence: "尚未收到银行的答复，请勿重复提现。",
                nextStep: "款项仍然冻结。系统会持续向银行核实，可以关闭本页，结果会显示在商户首页和交易明细中。")
        case .atBank:
            StateWording(
                label: "已提交银行", tone: .processing, sentence: "银行已受理，款项正在汇出。",
                nextStep: "请留意提现账户的入账。可以关闭本页，结果会显示在商户首页和交易明细中。")
        case .paid:
            StateWording(label: "已到账", tone: .success, sentence: "银行已将款项汇入提现账户。", nextStep: nil)
        case .refused:
            StateWording(
                label: "提现失败，资金已退回余额", tone: .danger, sentence: "银行没有汇出这笔款项，款项已退回可用余额。",
                nextStep: "请核对提现账户；如需更换，请联系客户经理。")
        case .cancelled:
            StateWording(label: "已撤销", tone: .closed, sentence: "提现已撤销，款项已退回可用余额。", nextStep: nil)
        case .expired:
            StateWording(
                label: "已撤销", tone: .closed, sentence: "复核超时，提现已撤销，款项已退回可用余额。", nextStep: "如仍需提现，请重新提交。")
        case .returnedToMaker:
            StateWording(
                label: "已退回修改", tone: .returned, sentence: "提现已退回，没有提交银行，款项已退回可用余额。",
                nextStep: "请核对提现账户和金额后重新提交。")
        case .returned:
            StateWording(
                label: "已退汇", tone: .returned, sentence: "款项汇出后被退回，已退回可用余额。",
                nextStep: "请核对提现账户是否正常；如需更换，请联系客户经理。")
        case .paymentParked:
            StateWording(
                label: "结果确认中", tone: .processing, sentence: "银行给出的结果需要核对。", nextStep: "工作人员正在处理，完成后结果会显示在本页。"
            )
        }
    }
}

extension WithdrawalStatus {
    /// What 已受理 means while two people look at the withdrawal before it is sent.
    static let wordingUnderReview = StateWording(
        label: "已受理", tone: .processing, sentence: "提现已受理，审核中。",
        nextStep: "审核通过后提交银行，款项仍在单位账户内冻结；提交银行前可以撤销。")
}

extension WithdrawalStatus.Event {
    /// The event in the words of the order's page; nil for what only staff need to see.
    var title: String? {
        switch self {
        case .submitted: "确认提现"
        case .approved: "复核同意"
        case .returnedToMaker: "复核退回"
        case .reviewExpired: "复核超时"
        case .cancelled: "撤销提现"
        case .accountNoLongerValid: "提现账户已不可用，已退回"
        case .sendStarted: "提交银行"
        case .bankAccepted: "银行已受理"
        case .bankRefused: "银行未受理，款项已退回"
        case .noAnswer: "银行暂未答复，开始核实"
        case .paidConfirmed: "银行确认已到账"
        case .resent: "再次提交银行"
        case .absentFromFiles: "对账确认未汇出，款项已退回"
        case .neverPaid: "核实银行未付款，款项已退回"
        case .payoutReturned: "银行退汇"
        case .charged, .madeGood, .borne: "差错处理完成"
        case .answerUnclear, .promisePassed, .notKnown: nil
        }
    }
}
