import Payments

/// 提醒与消息: an operator's inbox, the newest message first.
struct MessagesPage: Page {
    /// The order that a message is about.
    struct Order: Sendable {
        let number: String
        let address: String
        let counterparty: String
    }

    /// One message.
    struct Row: Sendable {
        let time: String
        let title: String
        let sentence: String
        let amount: String
        let state: StateTag
        let isUnread: Bool
        /// Where opening it is posted, which marks it as read.
        let readingAddress: String
        let order: Order?
    }

    let layout: Layout
    let isUnreadOnly: Bool
    /// Whether there is something to be marked as read.
    let hasUnread: Bool
    /// The newest message of the list; a later one stays unread.
    let through: String
    let hasRows: Bool
    let rows: [Row]
    let pager: Pager

    /// What `show` in the address says for unread messages only.
    static let unread = "unread"

    /// A page of the inbox.
    ///
    /// - Parameters:
    ///   - next: below which message the next page begins; nil on the last.
    ///   - isFirst: whether it begins with the newest message.
    init(layout: Layout, messages: [InboxMessage], next: Int64?, unreadOnly: Bool, isFirst: Bool) {
        self.layout = layout.marking(.messages)
        isUnreadOnly = unreadOnly
        hasUnread = isFirst && layout.unreadMessages != nil && !messages.isEmpty
        through = messages.first.map { String($0.id) } ?? ""
        hasRows = !messages.isEmpty
        rows = messages.map(Row.init)
        let list = Path.messages.with("show", unreadOnly ? Self.unread : nil)
        pager = Pager(
            summary: "本页 \(messages.count) 条", first: isFirst ? nil : list,
            next: next.map { list.with("before", String($0)) })
    }
}

extension MessagesPage.Row {
    /// A line for a message.
    init(_ message: InboxMessage) {
        let wording = message.topic.wording
        time = BeijingTime.second(message.at)
        title = wording.title
        sentence = wording.sentence
        amount = message.amount?.formatted ?? ""
        state = message.isRead ? StateTag("已读", .closed) : StateTag("未读", .pending)
        isUnread = !message.isRead
        readingAddress = Path.messageReading(String(message.id)).text
        order = message.order.map {
            MessagesPage.Order(
                number: $0.number, address: Path.order($0.kind, $0.number).text, counterparty: $0.counterparty
            )
        }
    }
}
