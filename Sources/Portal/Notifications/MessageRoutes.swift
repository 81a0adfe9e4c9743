import Hummingbird
import Payments

/// 提醒与消息: what operators are told about their enterprise's orders and account.
struct MessageRoutes: Sendable {
    let portal: Portal

    private var inbox: Inbox { portal.platform.inbox }

    func register(on routes: Routes) {
        routes.clerk.get(.messages, use: list)
        routes.clerk.post(.messageReading(.number), use: read)
        routes.clerk.post(.messagesReading, use: readAll)
    }

    private func list(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let fields = request.queryFields
        let unreadOnly = fields["show"] == MessagesPage.unread
        let page = try await inbox.page(
            of: context.session.operatorID, unreadOnly: unreadOnly, before: Int64(fields["before"]))
        return .page(
            MessagesPage(
                layout: context.layout, messages: page.rows, next: page.next, unreadOnly: unreadOnly,
                isFirst: !fields.has("before")))
    }

    /// Opens a message: it is read from then on, and leads to its order.
    private func read(_ request: Request, _ context: ClerkContext) async throws -> Response {
        guard let id = Int64(try context.number),
            let message = try await inbox.read(id, of: context.session.operatorID)
        else { throw SiteError.notFound }
        return .seeOther(message.order.map { .order($0.kind, $0.number) } ?? .messages)
    }

    private func readAll(_ request: Request, _ context: ClerkContext) async throws -> Response {
        guard let newest = Int64(context.form["through"]) else {
            throw SiteError.badRequest("the list of messages names its newest one")
        }
        try await inbox.readAll(through: newest, of: context.session.operatorID)
        return .seeOther(.messages)
    }
}

extension Path {
    /// 提醒与消息.
    static let messages = account.below("messages")
    /// Where 全部已读 is posted.
    static let messagesReading = messages.below("reading")
    /// Where a message is opened or marked as read.
    static func messageReading(_ number: some PathValue) -> Path { messages.below(number).below("reading") }
}
