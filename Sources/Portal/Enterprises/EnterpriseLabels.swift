import Payments

extension EnterpriseState {
    /// What staff read.
    var label: String {
        switch self {
        case .pendingActivation: "待激活"
        case .active: "正常"
        case .outgoingStopped: "止付"
        case .frozen: "冻结"
        case .closing: "销户中"
        case .closed: "已销户"
        }
    }

    /// As a tag: words, tint and shape.
    var tag: StateTag {
        let tone: StateTone =
            switch self {
            case .pendingActivation: .pending
            case .active: .success
            case .outgoingStopped, .frozen: .danger
            case .closing: .processing
            case .closed: .closed
            }
        return StateTag(label, tone)
    }
}

extension RegisteredAccountState {
    /// As a tag: words, tint and shape.
    var tag: StateTag {
        switch self {
        case .unverified: StateTag("待验证", .pending)
        case .depositSending: StateTag("打款中", .processing)
        case .depositSent: StateTag("已打款待回填", .pending)
        case .verified: StateTag("已验证", .success)
        case .manualCheck: StateTag("转人工核实", .processing)
        case .invalid: StateTag("账户无效", .danger)
        case .replaced: StateTag("已更换", .closed)
        }
    }
}

extension OperatorState {
    /// As a tag: words, tint and shape.
    var tag: StateTag {
        switch self {
        case .pendingActivation: StateTag("待激活", .pending)
        case .active: StateTag("正常", .success)
        case .disabled: StateTag("已停用", .closed)
        }
    }
}

/// What happened to an enterprise and its registered account, in words.
enum EnterpriseEventText {
    /// The event of this name; of an event that was added later, its name.
    static func title(_ event: String) -> String {
        if let event = EnterpriseState.Event(rawValue: event) { return title(event) }
        if let event = RegisteredAccountState.Event(rawValue: event) { return title(event) }
        if let event = ActivationReissueEvent(rawValue: event) { return title(event) }
        return event
    }

    private static func title(_ event: EnterpriseState.Event) -> String {
        switch event {
        case .opened: "开户"
        case .activated: "激活"
        case .activationExpired: "原激活链接作废，新链接已发送"
        case .outgoingStopped: "止付"
        case .frozen: "冻结"
        case .reactivated: "恢复正常"
        case .closingApproved: "销户申请通过"
        case .closed: "销户完成"
        }
    }

    private static func title(_ event: ActivationReissueEvent) -> String {
        switch event {
        case .requested: "申请重发激活链接"
        case .returned: "退回重发激活链接的申请"
        }
    }

    private static func title(_ event: RegisteredAccountState.Event) -> String {
        switch event {
        case .registered: "登记提现账户"
        case .depositStarted: "提现账户：发起打款验证"
        case .depositPaid: "提现账户：验证款已打出"
        case .noAnswer: "提现账户：打款结果未知"
        case .depositReturned: "提现账户：验证款被退回"
        case .amountMatched: "提现账户：验证通过"
        case .threeMisses: "提现账户：三次回填不符"
        case .manualCheckRequested: "提现账户：转人工核实"
        case .confirmed: "提现账户：核实通过"
        case .refused: "提现账户：核实不通过"
        case .replacementApproved: "提现账户：已更换"
        }
    }
}
