import Foundation
import Hummingbird
import UnionPay

/// The message centre and the page on which people read the phones.
struct PhoneRoutes: Sendable {
    let book: PhoneBook
    let service: SignedService
    let faults: Faults
    let clock: SandboxClock

    private static let shown = 50

    func add(to router: some RouterMethods<SandboxContext>) {
        router.post("/phone/messages") { request, _ in try await takeMessage(request) }
        router.get("/phone") { request, _ in await page(request) }
        router.get("/phone/messages.json") { request, _ in
            try WebAnswer.json(await book.latest(to: number(in: request), limit: Self.shown))
        }
    }

    private func takeMessage(_ request: Request) async throws -> Response {
        struct Order: Decodable {
            let to: String
            let text: String
        }
        let accepted: SignedService.Accepted
        switch try await service.accept(request) {
        case .failure(let refusal): return try refusal.response()
        case .success(let request): accepted = request
        }
        let order = try accepted.decode(Order.self)
        guard order.to.utf8.count <= 20, !order.to.isEmpty, order.text.count <= 1000 else {
            return try service.answer(["error": "badMessage"], status: .badRequest, to: accepted)
        }
        let fault = faults.takeCallFault(.message)
        if fault == .withoutEffect { return try await faults.leaveUnanswered() }
        try await book.add(PhoneMessage(to: order.to, text: order.text, at: clock.now))
        if fault == .withEffect { return try await faults.leaveUnanswered() }
        return try service.answer(["status": "delivered"], to: accepted)
    }

    private func number(in request: Request) -> String? {
        request.uri.queryParameters["number"].map { $0.trimmingCharacters(in: .whitespaces) }
            .flatMap { $0.isEmpty ? nil : $0 }
    }

    private func page(_ request: Request) async -> Response {
        let number = number(in: request)
        let messages = await book.latest(to: number, limit: Self.shown)
        let cards = messages.map { message -> Markup in
            """
            <li class="card">
            <strong>\(message.to)</strong>
            <time>\(Self.readable(message.at))</time>
            <p class="message">\(Self.linked(message.text))</p>
            </li>

            """
        }
        let list: Markup = cards.isEmpty ? "<p>没有短信。</p>" : "<ol class=\"messages\">\n\(cards)</ol>"
        return WebAnswer.page(
            "手机短信",
            """
            <form method="get" action="/phone">
            <label for="number">手机号</label>
            <input id="number" name="number" type="tel" autocomplete="off" value="\(number ?? "")">
            <button type="submit">查询</button>
            </form>
            <h2>最近的短信</h2>
            \(list)
            """)
    }

    /// `2026-11-22 09:30:00` in Beijing.
    static func readable(_ time: Date) -> String {
        let text = BeijingTime(time).digits
        let parts = [(0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14)].map { start, end in
            String(text.dropFirst(start).prefix(end - start))
        }
        return "\(parts[0])-\(parts[1])-\(parts[2]) \(parts[3]):\(parts[4]):\(parts[5])"
    }

    /// The text with its web addresses as links. An address ends before the first character that is not plain ASCII
    /// of an address, so that the Chinese text around it stays outside.
    static func linked(_ text: String) -> Markup {
        var pieces: [Markup] = []
        var rest = Substring(text)
        while let start = rest.firstRange(of: /https?:\/\//)?.lowerBound {
            let address = rest[start...].prefix { character in
                character.isASCII && !character.isWhitespace && !"\"'<>()".contains(character)
            }
            let target = String(address)
            pieces.append("\(String(rest[..<start]))<a href=\"\(target)\">\(target)</a>")
            rest = rest[address.endIndex...]
        }
        pieces.append("\(String(rest))")
        return Markup(pieces)
    }
}
