import Payments

extension Channel {
    /// What staff read.
    var label: String {
        switch self {
        case .gateway: "银联企业网银支付"
        case .payout: "银联代付"
        case .reserve: "备付金账户"
        case .biller: "收费单位"
        }
    }
}

extension BankFiles.Trade {
    /// What staff read.
    var label: String {
        switch self {
        case .payment: "收款"
        case .payout: "付款"
        case .refund: "退款"
        case .reversal: "冲正"
        case .payoutReturn: "退汇"
        }
    }
}

extension BankLine.Kind {
    /// What staff read.
    var label: String { DifferenceClass(rawValue: rawValue)?.label ?? "一致" }

    /// As a tag: words, tint and shape.
    var tag: StateTag { StateTag(label, self == .matched ? .success : .danger) }
}

extension DifferenceClass {
    /// What staff read.
    var label: String {
        switch self {
        case .bankOnly: "银行有我方无（长款）"
        case .oursOnly: "我方有银行无（短款）"
        case .amountDiffers: "金额不符"
        case .stateDiffers: "状态不符"
        case .duplicate: "重复"
        case .feeDiffers: "手续费不符"
        case .cutOff: "跨日待核"
        }
    }
}

extension Difference {
    /// What differs, as staff read it.
    var kindLabel: String {
        switch (channel, kind) {
        case (.biller, .bankOnly): "收费单位有我方无"
        case (.biller, .oursOnly): "我方有收费单位无"
        default: kind.label
        }
    }

    /// Who the other side is.
    var theirs: String { channel == .biller ? "收费单位" : "银行" }
}

extension BillerStatements.LineClass {
    /// What staff read.
    var label: String {
        switch self {
        case .matched: "一致"
        case .billerOnly: "收费单位有我方无"
        case .amountDiffers: "金额不符"
        case .stateDiffers: "状态不符"
        case .duplicate: "重复"
        }
    }
}

extension BillerDay {
    /// Where the statement stands, as a tag.
    var tag: StateTag {
        if isAccepted { return StateTag("已取得", .success) }
        return tries == 0 ? StateTag("待取得", .pending) : StateTag("尚未取得", .processing)
    }
}

extension DifferenceState {
    /// What staff read.
    var label: String {
        switch self {
        case .open: "待处理"
        case .waitingCutOff: "待次日核对"
        case .selfCleared: "已自动核平"
        case .proposed: "待复核"
        case .resolved: "已处理"
        }
    }

    /// As a tag: words, tint and shape.
    var tag: StateTag {
        let tone: StateTone =
            switch self {
            case .open: .danger
            case .waitingCutOff: .processing
            case .proposed: .pending
            case .selfCleared, .resolved: .success
            }
        return StateTag(label, tone)
    }
}

extension Parking {
    /// What staff read.
    var label: String {
        switch self {
        case .none: "没有挂账"
        case .receipt: "挂待查收款"
        case .loss, .order: "挂待查应收"
        }
    }
}

extension Handling {
    /// What staff choose and read.
    var label: String {
        switch self {
        case .credited: "补账：计入单位余额"
        case .returned: "退款：退回付款账户"
        case .recovered: "收回：平台已承担的损失"
        case .ownFunds: "自有资金：平台自己的款项"
        case .takenBack: "银行已自行收回"
        case .charged: "冲正：由单位承担"
        case .madeGood: "银行补回"
        case .borne: "平台承担"
        case .absent: "确认银行未付：退回余额"
        case .acknowledged: "核实无误，不作账务处理"
        case .writtenOff: "收费单位确认已销账"
        case .writeOffFailed: "未销账，退款"
        }
    }
}

extension Difference {
    /// What staff choose and read of a way to handle this case.
    func label(of handling: Handling) -> String {
        switch handling {
        case .absent where refundNumber != nil: "确认银行未退：可重新退款"
        case .absent where topUp != nil: "确认银行已退回付款账户"
        case .absent where settlementNumber != nil: "确认银行未付：可重新付款"
        default: handling.label
        }
    }
}

extension RefundStatus {
    /// As a tag: words, tint and shape.
    var tag: StateTag {
        switch self {
        case .requested: StateTag("退款待审核", .pending)
        case .approved: StateTag("待退款", .pending)
        case .sending: StateTag("退款处理中", .processing)
        case .unknown: StateTag("结果确认中", .processing)
        case .accepted: StateTag("对方已受理", .processing)
        case .awaitingFunds: StateTag("待收费单位回款", .processing)
        case .completed: StateTag("已退款", .success)
        case .refused: StateTag("退款失败", .danger)
        case .rejected: StateTag("审核未通过", .closed)
        case .withdrawn: StateTag("已撤回", .closed)
        case .disputed: StateTag("退款核对中", .processing)
        }
    }
}

extension ReconciliationDay.Attempt.Result {
    /// As a tag: words, tint and shape.
    var tag: StateTag {
        switch self {
        case .accepted, .repeated: StateTag("已取得", .success)
        case .absent: StateTag("银行暂无文件", .pending)
        case .unclear: StateTag("应答不明", .processing)
        case .damaged: StateTag("文件损坏", .danger)
        case .other: StateTag("另一份文件", .danger)
        }
    }
}

extension ReconciliationDay {
    /// Where the file of the day stands, as a tag.
    var tag: StateTag {
        if let file { return file.name.isEmpty ? StateTag("无交易", .closed) : StateTag("已取得", .success) }
        return lastAttempt?.result.tag ?? StateTag("未到取文件时间", .pending)
    }

    /// How many lines the file has.
    var lineCount: Int64 { sums.reduce(0) { $0 + $1.lines } }

    /// What the lines come to, after fees.
    ///
    /// - Throws: ``MoneyOverflow``.
    var net: Money {
        get throws(MoneyOverflow) {
            var total = Money.zero
            for sum in sums { total = try total + sum.net }
            return total
        }
    }

    /// How many cases wait for a person.
    var openCases: Int64 { cases.reduce(0) { $0 + $1.open } }
}

extension Account {
    /// What staff read.
    var label: String {
        switch self {
        case .enterpriseAvailable: "可用余额"
        case .enterpriseFrozen: "冻结金额"
        case .enterpriseReceivable: "应收企业款"
        case .bankClearing: "银行待清算"
        case .reserve: "客户备付金"
        case .writeOffPending: "待销账款"
        case .billerPayable: "应付收费单位"
        case .billerReceivable: "应收收费单位"
        case .withdrawalInTransit: "提现在途"
        case .settlementInTransit: "收费单位结算在途"
        case .returnInTransit: "退回在途"
        case .unidentifiedReceipts: "待查收款"
        case .differenceReceivable: "待查应收"
        case .feeIncome: "手续费收入"
        case .channelCost: "渠道成本"
        case .ownFunds: "自有资金往来"
        }
    }
}
