import Hummingbird

/// Answers to requests of the merchant, with what the control page and the fault plan make of them.
struct FaultedAnswers: Sendable {
    let book: BankBook
    let faults: Faults
    let clock: SandboxClock

    /// Answers a request about an order, or about a day's file, by `perform`, which carries it out. `call` is its name on
    /// the control page, when it has one.
    func answer(
        _ scope: FaultScope, about subject: String, call: Faults.Call? = nil,
        perform: () async throws -> Response
    ) async throws -> Response {
        let ordered = call.flatMap { faults.takeCallFault($0) }
        if ordered == .withoutEffect { return try await faults.leaveUnanswered() }
        let planned = try await book.answerFaults(scope, subject: subject, at: clock.now)
        if planned[.timeoutWithoutEffect] != nil { return try await faults.leaveUnanswered() }
        if let parameters = planned[.answer500], parameters.effect != .withEffect {
            return Self.outOfOrder
        }
        let response = try await perform()
        if ordered == .withEffect || planned[.timeoutWithEffect] != nil {
            return try await faults.leaveUnanswered()
        }
        if planned[.answer500] != nil { return Self.outOfOrder }
        if let parameters = planned[.answerSlow] { await faults.pause(parameters.seconds(or: 10)) }
        return planned[.answerHalf] == nil ? response : try await Self.half(of: response)
    }

    private static var outOfOrder: Response {
        WebAnswer.text("", status: .internalServerError)
    }

    /// The answer with the first half of its content.
    private static func half(of response: Response) async throws -> Response {
        let whole = try await InProcessAnswer(response)
        var half = response
        half.body = .init(byteBuffer: ByteBuffer(bytes: whole.body.prefix(whole.body.count / 2)))
        half.headers[.contentLength] = nil
        return half
    }
}
