import Foundation

/// A call to a program of somebody else: the bank, a biller, the message centre.
public struct OutsideCall: Sendable {
    /// The HTTP method, in capitals.
    public var method: String
    /// The whole address, scheme and host included.
    public var url: String
    /// Header names and values in the order they are sent.
    public var headers: [(name: String, value: String)]
    /// The body as sent.
    public var body: [UInt8]
    /// After how many seconds without a whole answer the call counts as unanswered.
    public var timeoutSeconds: Double
    /// How many bytes of an answer are taken; one that is longer counts as unanswered.
    public var answerLimit: Int

    /// Describes a call; nothing is sent by it.
    public init(
        method: String = "POST", url: String, headers: [(name: String, value: String)] = [],
        body: [UInt8] = [], timeoutSeconds: Double = 30, answerLimit: Int = 4 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutSeconds = timeoutSeconds
        self.answerLimit = answerLimit
    }
}

/// What came back from an ``OutsideCall``: any status, whole body.
public struct OutsideAnswer: Sendable {
    /// The HTTP status code.
    public var status: Int
    /// Header names and values as received.
    public var headers: [(name: String, value: String)]
    /// The whole body.
    public var body: [UInt8]

    /// Makes an answer, for transports.
    public init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Everything the business takes from the world besides its database. Handed in from one place, so that a test
/// or the demo can move the clock and nothing else has to know.
public struct Effects: Sendable {
    /// The present moment. Business code reads time here only.
    public var now: @Sendable () -> Date
    /// So many bytes from the system's generator.
    public var randomBytes: @Sendable (Int) -> [UInt8]
    /// Sends a call and waits for the answer. Throws when no whole answer came, for whatever reason: the caller
    /// must take that as *unknown*, never as refused. Never used inside a database transaction.
    public var send: @Sendable (OutsideCall) async throws -> OutsideAnswer

    /// Puts the effects together.
    public init(
        now: @escaping @Sendable () -> Date,
        randomBytes: @escaping @Sendable (Int) -> [UInt8],
        send: @escaping @Sendable (OutsideCall) async throws -> OutsideAnswer
    ) {
        self.now = now
        self.randomBytes = randomBytes
        self.send = send
    }
}
