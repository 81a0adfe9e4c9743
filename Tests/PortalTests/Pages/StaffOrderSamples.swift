import Foundation

@testable import Payments
@testable import Portal

/// Samples of 订单查询 and of orders as staff see them.
enum StaffOrderSamples {
    static let moment = ClerkSamples.moment
    static let layout = {
        var layout = Layout(
            staffName: "吴涛", roleLabel: "运营员", regionName: "全国", canOpenAccounts: false, canReview: false,
            csrf: "csrf-token")
        layout.seesOperations = true
        return layout
    }()

    static func summary(_ kind: OrderKind, _ number: String, _ status: some OrderStatus) -> StaffOrderSummary
    {
        StaffOrderSummary(
            kind: kind, number: number, enterpriseName: ClerkSamples.hostile,
            merchantNumber: "M43010001000016",
            counterparty: ClerkSamples.hostile, amount: Money(fen: 999_999_999_999), state: status.state,
            writeOff: status.writeOff, createdAt: moment)
    }

    static func events(_ steps: [(event: String, state: String, actor: String, name: String?, note: String)])
        -> [OrderEvent]
    {
        steps.enumerated().map { place, step in
            OrderEvent(
                event: step.event, state: step.state, writeOff: "none",
                happenedAt: moment.addingTimeInterval(Double(place) * 30), actorKind: step.actor,
                actorName: step.name, note: step.note)
        }
    }

    static func line(_ code: PostingCode, _ account: Account, _ owner: String, _ amount: Int64)
        -> PostedLine
    {
        PostedLine(
            code: code.rawValue, bookedAt: moment, account: account, owner: owner,
            item: "TP20261123ABCDEFGHJKMN", amount: Money(fen: amount))
    }

    static func difference(_ state: DifferenceState) -> Difference {
        Difference(
            id: 1, number: "DF20261123\(state.rawValue.uppercased())", channel: .gateway, kind: .stateDiffers,
            settlementDate: LocalDate(moment), orderNumber: "TP20261123ABCDEFGHJKMN",
            serial: "202611230000000000001",
            bankAmount: Money(fen: 700), ourAmount: nil, detail: ClerkSamples.hostile, parking: .none,
            amount: .zero, isBorne: false, state: state, handling: nil, enterprise: nil, enterpriseName: nil,
            merchantNumber: nil, reason: "",
            version: 1, raisedAt: moment, stateSince: moment, topUp: nil, orderID: 1)
    }

    /// A top-up that everything has happened to.
    static let busy = StaffOrder(
        summary: summary(.topUp, "TP20261123ABCDEFGHJKMN", TopUpStatus.reversalParked),
        details: .topUp(ClerkSamples.topUp(.credited)), fee: .zero, operatorName: "陈晓", stateSince: moment,
        nextStepAt: moment.addingTimeInterval(60),
        events: events([
            ("ordered", "created", "operator", "陈晓", ""), ("handedOff", "atBank", "operator", "陈晓", ""),
            ("paidConfirmed", "credited", "bank", nil, "202611230000000000001"),
            ("paidAgain", "credited", "bank", nil, ClerkSamples.hostile),
            ("absentFromFiles", "reversalParked", "system", nil, ""),
        ]),
        lines: [
            line(.topUpPaid, .bankClearing, "unionpay-b2b", 999_999_999_999),
            line(.topUpPaid, .enterpriseAvailable, "", -999_999_999_999),
        ],
        differences: DifferenceState.allCases.map(difference),
        refunds: RefundStatus.allCases.map {
            StaffOrder.RefundSummary(number: "RF20261123ABCDEFGHJKMN", status: $0, amount: Money(fen: 700))
        },
        workItems: [item], isLeftToPeople: false,
        messages: messages)

    /// A page of messages, after which there are older ones.
    static let messages = ListPage(
        [
            KeptBankMessage(
                id: 9, at: moment, isSent: false, call: "notification", code: "00", problem: "与订单不符：txnAmt",
                fields: [(name: "orderId", value: ClerkSamples.hostile), (name: "respCode", value: "00")]),
            query(8), query(7),
        ], limit: 2, key: \.id)

    static let noMessages = ListPage<KeptBankMessage, Int64>([], limit: 2, key: \.id)

    static func query(_ id: Int64) -> KeptBankMessage {
        KeptBankMessage(
            id: id, at: moment, isSent: true, call: "query", code: nil, problem: nil,
            fields: [(name: "signature", value: "QUJDREVG…（共 344 个字符）")])
    }

    static func quiet(_ summary: StaffOrderSummary, _ details: StaffOrder.Details) -> StaffOrder {
        StaffOrder(
            summary: summary, details: details, fee: .zero, operatorName: "陈晓", stateSince: moment,
            nextStepAt: nil, events: events([("submitted", summary.state, "operator", "陈晓", "")]), lines: [],
            differences: [], refunds: [], workItems: [], isLeftToPeople: true, messages: noMessages)
    }

    static let item = OpenWorkItem(
        id: 1, detail: ClerkSamples.hostile, raisedAt: moment, order: nil)

    /// An ended top-up with items that only a person can close.
    static let left = StaffOrder(
        summary: summary(.topUp, "TP20261123ABCDEFGHJKMN", TopUpStatus.credited),
        details: .topUp(ClerkSamples.topUp(.credited)), fee: .zero, operatorName: "陈晓", stateSince: moment,
        nextStepAt: nil, events: events([("ordered", "created", "operator", "陈晓", "")]), lines: [],
        differences: [], refunds: [],
        workItems: [
            item,
            OpenWorkItem(
                id: 2, detail: "充值已入账，银行又称在时限之后扣款，请与银行核对", raisedAt: moment, order: nil),
        ], isLeftToPeople: true, messages: noMessages)

    static func page(
        _ order: StaffOrder, role: StaffRole = .operations, messagesBefore: Int64? = nil,
        resolution: String = "", errors: [FieldError] = []
    ) -> StaffOrderPage {
        StaffOrderPage(
            layout: layout, order: order, role: role, messagesBefore: messagesBefore, resolution: resolution,
            errors: errors)
    }

    static let all: [Sample] = [
        Sample("empty", OrderSearchPage(layout: layout, search: "", orders: [])),
        Sample("not-found", OrderSearchPage(layout: layout, search: ClerkSamples.hostile, orders: [])),
        Sample(
            "typical",
            OrderSearchPage(
                layout: layout, search: "202611230000000000001",
                orders: [summary(.topUp, "TP20261123ABCDEFGHJKMN", TopUpStatus.credited)])),
        Sample("top-up", page(busy)),
        Sample("older-messages", page(busy, messagesBefore: 10)),
        Sample("no-older-messages", page(left, messagesBefore: 1)),
        Sample("empty", page(left)),
        Sample("left-to-people-for-a-reader", page(left, role: .auditor)),
        Sample(
            "error",
            page(
                left, resolution: ClerkSamples.hostile,
                errors: [FieldError("resolution", "请填写处理说明，最多 500 个字")])),
        Sample(
            "bill-payment",
            page(
                quiet(
                    summary(.billPayment, "BP20261123ABCDEFGHJKMN", BillPaymentStatus.refusedDisputed),
                    .billPayment(ClerkSamples.billPayment(.refusedDisputed))))),
        Sample(
            "withdrawal",
            page(
                quiet(
                    summary(.withdrawal, "WD20261123ABCDEFGHJKMN", WithdrawalStatus.returned),
                    .withdrawal(returned)))),
    ]

    static let returned = Withdrawal(
        reference: ClerkSamples.reference(.withdrawal, "WD20261123ABCDEFGHJKMN", fen: 100_000),
        status: .returned, account: ClerkSamples.payoutAccount,
        promise: ClerkSamples.promise(), transactionTime: "20261123100001", createdAt: moment,
        stateSince: moment,
        bankSerial: "202611231000001234568", reason: ClerkSamples.hostile, nextQuestionAt: nil)
}
