import Foundation
import Synchronization

/// Stands between a client and the database's Unix socket, and cuts the connection at a COMMIT: the client cannot know
/// then what became of its transaction.
///
/// Blocking threads, two for each connection: there are few, and they end with their sockets.
final class CuttingProxy: Sendable {
    /// Where the connection is cut.
    enum Cut: Sendable {
        /// The COMMIT never reaches the server.
        case beforeServer
        /// The server has committed, and its answer never reaches the client.
        case afterServer
    }

    struct Failure: Error { let call: String }

    /// The folder that a client names as its host.
    let folder: String
    private let target: String
    private let listener: Int32
    private let next = Mutex<Cut?>(nil)
    private let done = Atomic<Int>(0)

    /// How often it has cut.
    var cuts: Int { done.load(ordering: .sequentiallyConsistent) }

    /// Listens in a folder of its own, for connections to the server whose socket lies in `serverFolder`.
    init(to serverFolder: String) throws {
        target = serverFolder + "/.s.PGSQL.5432"
        folder = "/tmp/cut-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let isBound = Self.withAddress(of: folder + "/.s.PGSQL.5432") { bind(listener, $0, $1) }
        guard listener >= 0, isBound == 0, listen(listener, 16) == 0 else { throw Failure(call: "listen") }
        Thread.detachNewThread { self.accept() }
    }

    /// Cuts at the next COMMIT that comes by.
    func cutNextCommit(_ cut: Cut) { next.withLock { $0 = cut } }

    /// Takes no more connections and removes its folder.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            guard Self.withAddress(of: target, { connect(server, $0, $1) }) == 0 else {
                close(client)
                close(server)
                continue
            }
            let isMute = Mute()
            Thread.detachNewThread { self.forward(from: client, to: server, isMute) }
            Thread.detachNewThread { self.answer(from: server, to: client, isMute) }
        }
        close(listener)
    }

    /// Whether the server's next answer is the last that happens on a connection, and is not passed on.
    private final class Mute: Sendable {
        let isOn = Atomic<Bool>(false)
    }

    private func forward(from client: Int32, to server: Int32, _ mute: Mute) {
        let commit = Array("Q\0\0\0\u{0B}COMMIT\0".utf8)
        while let bytes = Self.read(client) {
            if bytes == commit,
                let cut = next.withLock({ cut in
                    defer { cut = nil }
                    return cut
                })
            {
                done.add(1, ordering: .sequentiallyConsistent)
                if cut == .beforeServer { break }
                mute.isOn.store(true, ordering: .sequentiallyConsistent)
            }
            Self.write(bytes, to: server)
        }
        // Wakes the other direction, which closes both.
        shutdown(server, Int32(SHUT_RDWR))
        shutdown(client, Int32(SHUT_RDWR))
    }

    private func answer(from server: Int32, to client: Int32, _ mute: Mute) {
        while let bytes = Self.read(server) {
            if mute.isOn.load(ordering: .sequentiallyConsistent) { break }
            Self.write(bytes, to: client)
        }
        shutdown(client, Int32(SHUT_RDWR))
        shutdown(server, Int32(SHUT_RDWR))
    }

    /// What has come; nil at the end.
    private static func read(_ socket: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    private static func write(_ bytes: [UInt8], to socket: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func withAddress<R>(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
    ) -> R {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
