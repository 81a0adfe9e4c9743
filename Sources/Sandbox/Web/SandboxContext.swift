import Hummingbird
import Logging

/// What belongs to one request. Unlike the library's own context it can be made without a connection, so that a program
/// can call the sandbox's addresses within its own process.
struct SandboxContext: RequestContext {
    var coreContext: CoreRequestContextStorage

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }

    /// A context without a connection.
    init(logger: Logger) {
        coreContext = CoreRequestContextStorage(source: InProcess(logger: logger))
    }

    private struct InProcess: RequestContextSource {
        let logger: Logger
    }
}

/// What an address answered, read to its end.
struct InProcessAnswer: Sendable {
    let status: Int
    let headers: HTTPFields
    let body: [UInt8]

    /// Reads an answer to its end.
    init(_ response: Response) async throws {
        let collector = BodyCollector()
        try await response.body.write(collector)
        status = response.status.code
        headers = response.headers
        body = Array(collector.buffer.readableBytesView)
    }

    /// The content as text.
    var text: String {
        String(decoding: body, as: UTF8.self)
    }

    /// Keeps what is written into an answer.
    private final class BodyCollector: ResponseBodyWriter {
        private(set) var buffer = ByteBuffer()

        func write(_ part: ByteBuffer) async throws {
            buffer.writeImmutableBuffer(part)
        }

        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
