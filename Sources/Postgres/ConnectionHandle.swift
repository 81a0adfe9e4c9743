import CPostgres
import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// libpq's connection and what must live as long: its end is the connection's end.
///
/// Not Sendable: only the actor that holds it touches it, on the connection's thread.
final class ConnectionHandle {
    private(set) var pointer: OpaquePointer?
    private let notices: NoticeSink

    /// Connects, blocking, and sets the session up.
    ///
    /// - Throws: kind `connectionFailed`, with libpq's message, which holds no password.
    init(configuration: DatabaseConfiguration, logger: Logger) throws(PostgresError) {
        notices = NoticeSink(logger: logger)
        // libpq lets a later setting win over an earlier one, and the connection string stands in "dbname":
        // so what is before it are defaults, and what is behind it is fixed.
        let seconds = max(2, configuration.connectTimeout.components.seconds)
        let settings: [(keyword: String, value: String)] = [
            ("fallback_application_name", configuration.applicationName),
            ("connect_timeout", String(seconds)), ("keepalives", "1"), ("keepalives_idle", "30"),
            ("keepalives_interval", "10"), ("keepalives_count", "3"), ("tcp_user_timeout", "20000"),
            ("dbname", configuration.connectionString), ("client_encoding", "UTF8"),
        ]
        let connected = Self.connect(settings)
        pointer = connected
        guard let connected, PQstatus(connected) == CONNECTION_OK else {
            let message =
                connected.flatMap { PQerrorMessage($0) }.map { String(cString: $0) } ?? "out of memory"
            close()
            let lines = message.split(separator: "\n").joined(separator: "; ")
            throw PostgresError(.connectionFailed, lines)
        }
        PQsetNoticeReceiver(
            connected,
            { sink, result in
                guard let sink, let result else { return }
                Unmanaged<NoticeSink>.fromOpaque(sink).takeUnretainedValue().receive(result)
            }, Unmanaged.passUnretained(notices).toOpaque())
        try setSessionUp(connected, configuration)
    }

    deinit {
        close()
    }

    /// Ends the connection; the second time does nothing.
    func close() {
        if let pointer { PQfinish(pointer) }
        pointer = nil
    }

    /// Whether a new use may start: connected, outside of a transaction, and not ended by the server since
    /// the last use.
    func isFresh() -> Bool {
        guard let pointer, PQstatus(pointer) == CONNECTION_OK, PQtransactionStatus(pointer) == PQTRANS_IDLE
        else {
            return false
        }
        // An idle connection has nothing to read, unless the server said good-bye. Looking costs one system
        // call and finds every connection that a restart of the server has left behind.
        for _ in 0..<4 {
            var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
            if poll(&descriptor, 1, 0) == 0 { break }
            guard PQconsumeInput(pointer) == 1, PQisBusy(pointer) == 0, PQstatus(pointer) == CONNECTION_OK
            else {
                return false
            }
        }
        return !notices.sawFatal
    }

    private static func connect(_ settings: [(keyword: String, value: String)]) -> OpaquePointer? {
        let keywords = settings.map { strdup($0.keyword) }
        let values = settings.map { strdup($0.value) }
        defer {
            for copy in keywords + values { free(copy) }
        }
        return (keywords.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { keywords in
            (values.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { values in
                PQconnectdbParams(keywords.baseAddress, values.baseAddress, 1)
            }
        }
    }

    /// Fixes what decoding relies on, and the server's time-outs.
    private func setSessionUp(
        _ pointer: OpaquePointer, _ configuration: DatabaseConfiguration
    ) throws(PostgresError) {
        let script = """
            SET TimeZone = 'UTC';
            SET DateStyle = 'ISO, YMD';
            SET IntervalStyle = 'iso_8601';
            SET bytea_output = 'hex';
            SET standard_conforming_strings = on;
            SET client_min_messages = warning;
            SET statement_timeout = \(configuration.statementTimeout.milliseconds);
            SET lock_timeout = \(configuration.lockTimeout.milliseconds);
            SET idle_in_transaction_session_timeout = \(configuration.idleInTransactionTimeout.milliseconds);
            """
        let result = PQexec(pointer, script)
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else {
            var error = PostgresError(result: result, connection: pointer, wasCancelled: false)
            error.kind = .connectionFailed
            throw error
        }
    }
}

/// Takes what the server says beside its answers.
final class NoticeSink {
    private let logger: Logger
    /// Whether the server has announced that it ends this connection.
    private(set) var sawFatal = false

    init(logger: Logger) {
        self.logger = logger
    }

    func receive(_ result: OpaquePointer) {
        let error = PostgresError(result: result, connection: nil, wasCancelled: false)
        let severity = PQresultErrorField(result, Int32(UInt8(ascii: "V"))).map { String(cString: $0) } ?? ""
        if severity == "FATAL" || severity == "PANIC" { sawFatal = true }
        logger.notice(
            "The database says: \(error.message)",
            metadata: ["severity": "\(severity)", "sqlState": "\(error.sqlState ?? "")"])
    }
}
