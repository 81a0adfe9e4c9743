import Cryptography
import Foundation
import Hummingbird
import Logging
import NIOCore
import Payments
import Synchronization
import UnionPay

@testable import Sandbox

/// What stands outside, within this process: the sandbox with its own books, and the line to it.
final class World: Sendable {
    static let address = "http://127.0.0.1:8090"
    static let merchantNumber = "777290058110097"

    let sandbox: Sandbox
    private let folder: URL
    private let keys: SandboxKeys
    private let clock: VirtualClock
    private let misreading: Misreading?
    private let receiver = Receiver()

    /// A mutant of the portal that takes a word of the bank for another one. The line tells the portal the wrong word in
    /// the bank's own hand, so that the portal does exactly what one with a wrong row in its table would do.
    enum Misreading: Sendable {
        /// 42, debited too late, as success.
        case lateDebitAsPaid
        /// 34, not known, as a refusal.
        case notKnownAsRefused
        /// No answer to a payout as a refusal.
        case silenceAsRefused
    }

    /// Where notifications arrive; nowhere at first.
    private final class Receiver: Sendable {
        let portal = Mutex<OutgoingNotification.Send?>(nil)
    }

    /// No answer came.
    struct NoAnswer: Error {}

    /// A world whose books are new; `faults` go wrong from the beginning.
    init(at clock: VirtualClock, keys folder: URL, faults: FaultPlan, misreading: Misreading? = nil)
        async throws
    {
        self.clock = clock
        self.misreading = misreading
        self.folder = FileManager.default.temporaryDirectory.appending(
            path: "simulation-\(UUID().uuidString)")
        keys = try SandboxKeys(folder: folder, merchantNumber: Self.merchantNumber)
        sandbox = try await Sandbox(
            keys: keys, directory: self.folder, authorities: ["127.0.0.1:8090"], portal: "",
            clock: SandboxClock(base: { clock.now }),
            faults: Faults(payoutDelaySeconds: 900, pause: { _ in }),
            send: { [receiver] notification in
                guard let receive = receiver.portal.withLock(\.self) else { throw NoAnswer() }
                return try await receive(notification)
            }, logger: Simulation.silentLogger)
        await sandbox.start()
        try await sandbox.bank.adopt(faults)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Where the bank's notifications arrive from now on.
    func notify(_ receive: @escaping OutgoingNotification.Send) {
        receiver.portal.withLock { $0 = receive }
    }

    /// Nothing goes wrong any more; what was decided for orders stays. Gives how often each fault struck until now.
    func liftFaults() async throws -> [String: Int] {
        let strikes = await sandbox.bank.faultReport().counts
        try await sandbox.bank.adopt(.none)
        return strikes
    }

    // MARK: The portal's calls

    /// Carries a call of the portal to the sandbox and the answer back.
    func send(_ call: OutsideCall) async throws -> OutsideAnswer {
        guard let method = HTTPRequest.Method(rawValue: call.method) else { throw NoAnswer() }
        let answer = try await sandbox.answer(
            method, call.url, headers: call.headers.map { ($0.name, $0.value) }, body: call.body)
        if let misreading, let body = try await misread(call, answer, as: misreading) {
            return OutsideAnswer(status: 200, headers: [], body: body)
        }
        // How the sandbox leaves a call without an answer.
        guard answer.status != 504 else { throw NoAnswer() }
        return OutsideAnswer(
            status: answer.status, headers: answer.headers.map { ($0.name.rawName, $0.value) },
            body: answer.body)
    }

    /// The wrong word, if this is an answer that the mutant misreads.
    private func misread(
        _ call: OutsideCall, _ answer: InProcessAnswer, as misreading: Misreading
    ) async throws -> [UInt8]? {
        switch misreading {
        case .silenceAsRefused:
            guard answer.status == 504, call.url.hasSuffix("/backTransReq.do"),
                let payout = try? keys.bank.payout(body: call.body, at: clock.now)
            else { return nil }
            return try keys.bank.body(of: PayoutAnswer(order: payout.order, responseCode: ResponseCode("61")))
        case .lateDebitAsPaid:
            guard let query = try query(call, answered: answer), query.order.number.text.hasPrefix("TP"),
                let order = await sandbox.bank.find(OrderKey(query.order)), order.state == .debitedLate
            else { return nil }
            return try keys.bank.body(
                of: QueryAnswer(
                    product: query.product, order: query.order, kind: order.kind, responseCode: .success,
                    originalCode: .success, transaction: try order.transaction()))
        case .notKnownAsRefused:
            guard let query = try query(call, answered: answer),
                let said = try? Message(answerBody: answer.body), said[.respCode] == "34"
            else { return nil }
            return try keys.bank.body(
                of: QueryAnswer(
                    product: query.product, order: query.order, responseCode: .success,
                    originalCode: ResponseCode("61")))
        }
    }

    private func query(_ call: OutsideCall, answered answer: InProcessAnswer) throws -> Query? {
        guard answer.status == 200, call.url.hasSuffix("/queryTrans.do") else { return nil }
        return try keys.bank.query(body: call.body, at: clock.now)
    }

    /// Serves what stands outside on a port of this machine as long as `body` runs, for a worker in a process of its own.
    func serve(_ body: @Sendable (Int) async -> Void) async throws {
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        let server = Application(
            responder: sandbox.responder, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in running.yield(channel.localAddress?.port ?? 0) },
            logger: Simulation.silentLogger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { running.finish() }
                try await server.run()
            }
            var found = ports.makeAsyncIterator()
            guard let port = await found.next() else { return try await group.waitForAll() }
            await body(port)
            group.cancelAll()
        }
    }

    // MARK: People outside

    /// Posts a form of a page of the portal's, or of the bank's, at the bank.
    func post(_ url: String, _ body: String) async throws -> Int {
        try await sandbox.answer(
            .post, url, headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: Array(body.utf8)
        ).status
    }

    /// The texts on a phone, the newest first.
    func messages(to mobile: String) async -> [String] {
        await sandbox.phone.latest(to: mobile, limit: 5).map(\.text)
    }
}

extension FaultPlan {
    /// Everything that can go wrong: 30 of 100 notifications are lost, 50 repeated, 5 contradict (another amount, another
    /// order); the rest happens to a few of a hundred.
    static func everything(seed: Int64) -> FaultPlan {
        func rule(
            _ fault: PlannedFault, _ share: Double, scope: FaultScope? = nil, count: Int? = nil,
            _ parameters: Parameters? = nil
        ) -> Rule {
            Rule(fault: fault, scope: scope, share: share, count: count, parameters: parameters)
        }
        return FaultPlan(
            seed: seed,
            rules: [
                rule(.notificationLost, 0.30), rule(.notificationRepeated, 0.50),
                rule(.notificationWrongAmount, 0.025), rule(.notificationWrongOrder, 0.025),
                rule(.notificationLate, 0.05), rule(.notificationLate, 0.03, Parameters(days: 2)),
                rule(.notificationReordered, 0.10), rule(.notificationBadSignature, 0.03),
                rule(.notificationExpiredCertificate, 0.03),
                rule(.answer500, 0.03, count: 3),
                rule(.answer500, 0.03, count: 3, Parameters(effect: .withEffect)),
                rule(.answerHalf, 0.03, count: 3), rule(.answerSlow, 0.02),
                rule(.timeoutWithEffect, 0.04, count: 3), rule(.timeoutWithoutEffect, 0.04, count: 3),
                rule(.notKnownThenSuccess, 0.04), rule(.notKnownThenSuccess, 0.02, Parameters(days: 1.5)),
                rule(.processingForDays, 0.02),
                rule(.debitedLate, 0.03), rule(.debitedLate, 0.015, Parameters(inFile: false)),
                rule(.creditedThenReversed, 0.03), rule(.paidTwice, 0.04),
                rule(.payoutReturned, 0.05), rule(.payoutReturned, 0.03, Parameters(days: 4, fen: 500)),
                rule(.fileLate, 0.10), rule(.fileMissing, 0.04), rule(.fileTruncated, 0.06),
                rule(.fileHalfLines, 0.04),
                rule(.fileTwice, 0.05), rule(.fileExtraLine, 0.06), rule(.fileMissingLine, 0.05),
                rule(.fileMissingLine, 0.15, scope: .billerStatement, Parameters(days: 1)),
                rule(.fileMissingLine, 0.10, scope: .billerStatement, Parameters(days: 3)),
                rule(.writtenOffLate, 0.30), rule(.writeOffUndone, 0.05),
            ])
    }
}
