import Payments

extension FollowUpState {
    /// What staff read.
    var label: String {
        switch self {
        case .open: "待处理"
        case .taken: "处理中"
        case .decided: "已办结"
        }
    }

    /// As a tag: words, tint and shape.
    var tag: StateTag {
        switch self {
        case .open: StateTag(label, .pending)
        case .taken: StateTag(label, .processing)
        case .decided: StateTag(label, .closed)
        }
    }
}

extension FollowUpCase.Decision {
    /// What staff read.
    var label: String {
        switch self {
        case .unremarkable: "无异常"
        case .verified: "已核实"
        case .escalated: "上报"
        }
    }
}

extension WithdrawalHold {
    /// As a tag: words, tint and shape.
    var tag: StateTag {
        switch state {
        case .active: StateTag("暂缓中", .pending)
        case .proposed: StateTag("待复核", .processing)
        case .released: StateTag("已放行", .success)
        }
    }
}

extension WithdrawalHold.Handling {
    /// What staff read.
    var label: String {
        switch self {
        case .release: "放行"
        case .cancel: "撤销提现"
        }
    }
}

extension FollowUpEvidence.Fact {
    /// What it is called on the page of a case.
    var label: String {
        switch self {
        case .toppedUp: "充值入账"
        case .withdrawn: "申请提现"
        case .returned: "提现退汇"
        case .accountVerified: "提现账户通过验证"
        case .opened: "开户"
        case .lastActive: "此前最后一笔收支"
        case .activeAgain: "恢复交易"
        case .billerAccount: "登记收款账户"
        case .billerPaid: "同意付款"
        case .billerReturned: "付款退汇"
        }
    }
}

/// What happened to a case and its hold, in words.
enum FollowUpEventText {
    /// The event of this name; of an event that was added later, its name.
    static func title(_ event: String) -> String {
        if let event = FollowUpState.Event(rawValue: event) { return title(event) }
        if let event = WithdrawalHold.State.Event(rawValue: event) { return title(event) }
        return event
    }

    private static func title(_ event: FollowUpState.Event) -> String {
        switch event {
        case .raised: "规则命中"
        case .takenOver: "接手"
        case .decided: "办结"
        }
    }

    private static func title(_ event: WithdrawalHold.State.Event) -> String {
        switch event {
        case .began: "开始暂缓提现"
        case .withdrawalHeld: "暂缓提交银行"
        case .releaseProposed: "提议放行"
        case .cancellationProposed: "提议撤销提现"
        case .proposalReturned: "退回提议"
        case .withdrawalsCancelled: "同意撤销提现"
        case .released: "同意放行"
        }
    }
}

extension FollowUpError {
    /// What stands in the way, where it belongs to no field.
    var sentence: String {
        switch self {
        case .notFound, .stale: "案例已被他人处理或提现有变化，本次操作没有生效；以下为最新内容"
        case .notAllowed: "您的角色或负责区域不能办理"
        case .reasonMissing: "请填写原因，最多 500 个字"
        case .notOwner: "案例由他人处理，请先接手"
        case .holdInForce: "提现仍在暂缓，请先由两人放行，再办结案例"
        case .nothingHeld: "没有等待提交银行的提现可以撤销"
        case .samePerson: "提议由您本人提出，须由他人复核"
        }
    }
}
