import Postgres

/// The accounts of the ledger. Names are those of the books and of the database.
public enum Account: String, Sendable, CaseIterable, PostgresCodable {
    /// 可用余额, an enterprise's, stored, never below zero.
    case enterpriseAvailable
    /// 冻结金额, an enterprise's, stored, never below zero.
    case enterpriseFrozen
    /// 应收企业款
    case enterpriseReceivable
    /// 银行待清算, per channel.
    case bankClearing
    /// 客户备付金, per reserve bank account.
    case reserve
    /// 待销账款, per biller.
    case writeOffPending
    /// 应付收费单位, per biller.
    case billerPayable
    /// 应收收费单位, per biller.
    case billerReceivable
    /// 提现在途, per channel.
    case withdrawalInTransit
    /// 收费单位结算在途, per channel.
    case settlementInTransit
    /// 退回在途, per channel.
    case returnInTransit
    /// 待查收款, per channel.
    case unidentifiedReceipts
    /// 待查应收, per channel or biller.
    case differenceReceivable
    /// 手续费收入, per kind.
    case feeIncome
    /// 渠道成本, per kind.
    case channelCost
    /// 自有资金往来
    case ownFunds
}

/// The bank channels, each with clearing and in-transit accounts of its own.
public enum Channel: String, Sendable, CaseIterable, PostgresCodable {
    /// Corporate gateway payments.
    case gateway = "unionpay-b2b"
    /// Payouts to corporate accounts.
    case payout = "unionpay-payout"
    /// The reserve account at its bank, for what its statements say.
    case reserve = "reserve"
    /// What billers say of payments, for differences with them.
    case biller = "biller"
}
