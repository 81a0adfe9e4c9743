import Foundation
import Payments

/// One order with everything about it, for operations, supervisors and auditors. What is personal in the bank's messages is
/// shortened before it comes here.
struct StaffOrderPage: Page {
    /// One fact of the order.
    struct Fact: Sendable {
        let label: String
        let value: String
    }

    let layout: Layout
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    let number: CopyableNumber
    let title: String
    let state: StateTag
    let stateName: String
    let enterpriseName: String
    let enterpriseAddress: String
    let amount: Amount
    let facts: [Fact]
    let postings: PostingTable
    let hasMatters: Bool
    let matters: [Matter]
    let resolution: Resolution?
    let messages: BankMessageTable
    let timeline: Timeline

    /// - Parameters:
    ///   - role: of whoever looks.
    ///   - messagesBefore: the message below which its page of messages begins; nil for the newest.
    ///   - typed: what was said about the end of its items.
    init(
        layout: Layout, order: StaffOrder, role: StaffRole, messagesBefore: Int64? = nil,
        resolution typed: String = "", errors: [FieldError] = []
    ) {
        let summary = order.summary
        self.layout = layout.marking(.orders)
        hasErrors = !errors.isEmpty
        errorSummary = ErrorSummary(errors)
        number = CopyableNumber(summary.number)
        title = summary.kind.label
        state = summary.kind.tag(state: summary.state, writeOff: summary.writeOff)
        stateName = summary.writeOff == "none" ? summary.state : "\(summary.state) / \(summary.writeOff)"
        enterpriseName = summary.enterpriseName
        enterpriseAddress = Path.enterprise(summary.merchantNumber).text
        amount = Amount(summary.amount)
        facts = Self.facts(order)
        postings = PostingTable(order.lines)
        matters = Self.matters(order)
        hasMatters = !matters.isEmpty
        resolution =
            order.isLeftToPeople && !order.workItems.isEmpty && role == .operations
            ? Resolution(
                address: Path.staffOrderResolution(summary.number).text, csrf: layout.csrf,
                items: order.workItems.map { String($0.id) }.joined(separator: ","),
                field: ReasonField(
                    "resolution", label: "处理说明", value: typed, hint: "订单已了结，以上待办不会自动关闭。", errors: errors)
            ) : nil
        messages = BankMessageTable(
            order.messages, before: messagesBefore, on: .staffOrder(summary.number))
        timeline = Timeline(
            oldestFirst: order.events.map { event in
                let actor = event.actorName ?? Self.actorLabels[event.actorKind] ?? event.actorKind
                let note = event.note.isEmpty ? actor : "\(actor) · \(event.note)"
                return (summary.kind.eventTitle(event.event), note, event.happenedAt)
            })
    }

    private static let actorLabels = ["system": "系统", "bank": "银行", "biller": "收费单位"]

    private static func facts(_ order: StaffOrder) -> [Fact] {
        var facts = [
            Fact(label: "对方", value: order.summary.counterparty),
            Fact(label: "手续费", value: "\(order.fee.formatted) 元"),
            Fact(label: "经办人", value: order.operatorName),
            Fact(label: "提交时间", value: BeijingTime.second(order.summary.createdAt)),
            Fact(label: "当前状态自", value: BeijingTime.second(order.stateSince)),
            Fact(label: "下次自动处理", value: order.nextStepAt.map(BeijingTime.second) ?? "无"),
        ]
        func add(_ label: String, _ value: String?) {
            if let value, !value.isEmpty { facts.append(Fact(label: label, value: value)) }
        }
        switch order.details {
        case .topUp(let topUp):
            add("付款截止时间", BeijingTime.second(topUp.payUntil))
            add("银行订单发送时间", topUp.transactionTime)
            add("银行流水号", topUp.bankSerial)
        case .billPayment(let payment):
            add("收费单位", payment.biller.name)
            add("户号", payment.customerNumber)
            add("收费单位流水号", payment.billerSerial)
            add("原因", payment.reason)
        case .withdrawal(let withdrawal):
            add("提现账户", "\(withdrawal.account.bankName) **** \(withdrawal.account.tail)")
            add("承诺到账日", "\(withdrawal.expectedFrom) 至 \(withdrawal.expectedUntil)")
            add("银行订单发送时间", withdrawal.transactionTime)
            add("银行流水号", withdrawal.bankSerial)
            add("原因", withdrawal.reason)
        }
        return facts
    }

    private static func matters(_ order: StaffOrder) -> [Matter] {
        order.workItems.map(Matter.init) + order.differences.map { Matter($0) }
            + order.refunds.map { refund in
                Matter(
                    heading: "退款 \(refund.number)", hasAddress: false, address: "",
                    detail: "\(refund.amount.formatted) 元", tag: refund.status.tag)
            }
    }
}
