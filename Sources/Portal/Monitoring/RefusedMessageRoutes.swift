import Hummingbird
import Payments

/// 银行报文: what the bank sent and was not believed, for operations.
struct RefusedMessageRoutes: Sendable {
    let portal: Portal

    /// Messages a page.
    static let limit = 20

    func register(on routes: Routes) {
        routes.staff(.operations, .auditor).get(.refusedMessages) { request, context in
            let before = Int64(request.queryFields["before"])
            let messages = try await portal.platform.monitoring.refusedBankMessages(
                before: before, limit: Self.limit + 1)
            return .page(
                RefusedMessagesPage(
                    layout: context.layout, messages: Array(messages.prefix(Self.limit)),
                    isFirst: before == nil, hasMore: messages.count > Self.limit))
        }
    }
}

/// The list of messages that were not believed. None of them was booked.
struct RefusedMessagesPage: Page {
    /// One message.
    struct Row: Sendable {
        let time: String
        let orderNumber: String
        let problem: String
        let content: String
    }

    let layout: Layout
    let hasRows: Bool
    let rows: [Row]
    let pager: Pager

    init(layout: Layout, messages: [RefusedBankMessage], isFirst: Bool, hasMore: Bool) {
        self.layout = layout
        hasRows = !messages.isEmpty
        rows = messages.map {
            Row(
                time: BeijingTime.second($0.receivedAt), orderNumber: $0.orderNumber ?? "无对应订单",
                problem: $0.problem,
                content: $0.content)
        }
        let next = hasMore ? messages.last.map { Path.refusedMessages.with("before", String($0.id)) } : nil
        pager = Pager(
            summary: "本页 \(messages.count) 条", first: isFirst ? nil : .refusedMessages, next: next)
    }
}

extension Path {
    /// 银行报文 that were not believed.
    static let refusedMessages = admin.below("bank-messages")
}
