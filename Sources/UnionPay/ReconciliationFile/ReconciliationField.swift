/// The fields of a line of trades (ZM), in their order; the raw value is the position. Widths are bytes of GBK, and one
/// space stands between fields.
///
/// From the file description in UnionPay's ACP sample; checked on the sample archive that comes with it.
public enum ReconciliationField: Int, Sendable, Hashable, CaseIterable {
    /// 交易代码, for example S22 or S56.
    case txnCode = 1
    /// 代理机构标识码.
    case acqInsCode
    /// 发送机构标识码.
    case fwdInsCode
    /// 系统跟踪号, 6 digits.
    case traceNo
    /// 交易传输时间, `MMddHHmmss`.
    case txnTransTime
    /// 账号, masked.
    case accNo
    /// 交易金额, 12 digits of fen.
    case txnAmt
    /// 商户类别.
    case merCatCode
    /// 终端类型, 07 internet.
    case termType
    /// 查询流水号, 21 digits.
    case queryId
    /// 支付方式（旧）.
    case oldPayType
    /// 商户订单号.
    case orderId
    /// 支付卡类型, 01 debit, 02 credit.
    case payCardType
    /// 原始交易的系统跟踪号.
    case origTraceNo
    /// 原始交易日期时间, `MMddHHmmss`.
    case origTxnTime
    /// 商户手续费, side and 12 digits of fen.
    case merFee
    /// 结算金额, side and 12 digits of fen.
    case settleAmt
    /// 支付方式, 0001 card.
    case payType
    /// 集团商户代码.
    case groupMerId
    /// 交易类型, 01 payment, 04 refund, 31 cancel, 12 payout.
    case txnType
    /// 交易子类.
    case txnSubType
    /// 业务类型.
    case bizType
    /// 账号类型.
    case accType
    /// 账单类型.
    case billType
    /// 账单号码.
    case billNo
    /// 交互方式.
    case interactMode
    /// 原交易查询流水号, of refunds and cancels.
    case origQryId
    /// 商户代码.
    case merId
    /// 分账入账方式.
    case splitMode
    /// 二级商户代码.
    case subMerId
    /// 二级商户简称.
    case subMerAbbr
    /// 二级商户分账入账金额, side and 12 digits of fen.
    case splitAmt
    /// 清算净额, side and 12 digits of fen.
    case netAmt
    /// 终端号.
    case termId
    /// 商户自定义域.
    case merReserved
    /// 优惠金额, side and 12 digits of fen.
    case discountAmt
    /// 发票金额, side and 12 digits of fen.
    case invoiceAmt
    /// 分期付款附加手续费, side and 11 digits of fen.
    case instalFee
    /// 分期付款期数.
    case instalNum
    /// 交易介质.
    case media
    /// The first part of what the layout with 42 fields reserves; in the one with 41 fields the last field begins here.
    case reserved1
    /// 保留使用.
    case reserved2

    /// Bytes of a line, without its line end; the same with 41 and with 42 fields.
    public static let lineLength = 607

    /// The field's name as in messages.
    public var name: String { "\(self)" }

    /// Its width in bytes of GBK.
    public var width: Int { Self.widths[rawValue - 1] }

    /// Its first byte in the line.
    public var offset: Int { Self.offsets[rawValue - 1] }

    private static let widths = [
        3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1,
        15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 98,
    ]

    private static let offsets: [Int] = {
        var next = 0
        return widths.map { width in
            defer { next += width + 1 }
            return next
        }
    }()

    /// The bytes between fields 1 and 41, which must be spaces, with the field before each. The one before the last
    /// field is not here: in the layout with 41 fields it belongs to the last one.
    static let separators: [(field: ReconciliationField, offset: Int)] = allCases.dropLast(2).map {
        ($0, $0.offset + $0.width)
    }
}
