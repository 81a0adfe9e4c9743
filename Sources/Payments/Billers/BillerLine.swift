import Cryptography
import Foundation
import HTTPSignatures

/// The line to the billers: JSON over HTTP, signed both ways (RFC 9421, RFC 9530). Every doubt about an answer, a
/// time-out, a wrong signature, a broken body, makes it *no answer*; nothing here throws, because nothing that happens
/// on this line means that a payment failed.
struct BillerLine: Sendable {
    let platform: Platform

    /// What a biller says when asked for bills.
    enum Bills: Sendable {
        case bills(customerName: String, bills: [Bill])
        case unknownCustomer
        case noAnswer(reason: String)
    }

    /// Asks for the open bills of a customer number.
    func bills(of customerNumber: String, at biller: Biller) async -> Bills {
        struct Question: Encodable { let customerNumber: String }
        struct Answer: Decodable {
            let customerName: String
            let bills: [Bill]
        }
        do {
            let (status, body) = try await exchange(
                Question(customerNumber: customerNumber), with: biller, path: "/bills/query",
                timeoutSeconds: platform.settings.billQueryTimeoutSeconds)
            if status == 404 { return .unknownCustomer }
            guard status == 200 else { return .noAnswer(reason: "status \(status)") }
            let answer = try JSONDecoder().decode(Answer.self, from: Data(body))
            guard answer.bills.allSatisfy(\.addsUp), answer.bills.count <= 200,
                Set(answer.bills.map(\.billNumber)).count == answer.bills.count
            else { return .noAnswer(reason: "the bills do not add up") }
            return .bills(customerName: Self.plain(answer.customerName, 100), bills: answer.bills)
        } catch {
            return .noAnswer(reason: "\(error)")
        }
    }

    /// Sends a payment. Repeated with the same number it is identical, so the biller takes it once.
    func pay(_ payment: BillPayment) async -> BillerEvidence {
        struct Order: Encodable {
            let paymentNumber: String
            let customerNumber: String
            let amount: Int64
            let bills: [String]
            let paidAt: String
        }
        return await evidence(
            Order(
                paymentNumber: payment.number, customerNumber: payment.customerNumber,
                amount: payment.amount.fen,
                bills: payment.bills.map(\.billNumber), paidAt: payment.createdAt.ISO8601Format()),
            of: payment, path: "/payments")
    }

    /// Asks what became of a payment.
    func outcome(of payment: BillPayment) async -> BillerEvidence {
        struct Question: Encodable { let paymentNumber: String }
        return await evidence(Question(paymentNumber: payment.number), of: payment, path: "/payments/query")
    }

    /// What a biller says when asked for its statement of a day.
    enum DayStatement: Sendable {
        case ready(BillerStatements.Statement)
        case notReady
        case unusable(reason: String)
    }

    /// How many bytes of a statement are taken.
    private static let statementLimit = 64 << 20

    /// Asks for what a biller has written off on a day. Count and sum have to be those of its lines.
    func statement(of day: LocalDate, at biller: Biller) async -> DayStatement {
        struct Question: Encodable { let day: String }
        struct Answer: Decodable {
            struct Line: Decodable {
                let paymentNumber: String
                let serial: String
                let amount: Int64
                let customerNumber: String
                let writtenOffAt: String
            }
            let status: String
            let day: String?
            let count: Int?
            let sum: Int64?
            let payments: [Line]?
        }
        do {
            let (status, body) = try await exchange(
                Question(day: day.description), with: biller, path: "/statements/query",
                timeoutSeconds: platform.settings.fileTimeoutSeconds, answerLimit: Self.statementLimit)
            guard status == 200 else { return .unusable(reason: "HTTP \(status)") }
            let answer = try JSONDecoder().decode(Answer.self, from: Data(body))
            if answer.status == "notReady" { return .notReady }
            guard answer.status == "ready", answer.day == day.description, let payments = answer.payments
            else { return .unusable(reason: "应答不是这一天的对账单") }
            let statement = try BillerStatements.Statement(
                lines: payments.map {
                    BillerStatements.Statement.Line(
                        paymentNumber: $0.paymentNumber, serial: $0.serial, amount: $0.amount,
                        customerNumber: $0.customerNumber, writtenOffAt: $0.writtenOffAt)
                }, digest: SHA256.digest(body))
            guard let place = statement.lines.firstIndex(where: { !$0.isReadable }) else {
                guard answer.count == statement.lines.count, answer.sum == statement.sum else {
                    return .unusable(reason: "对账单的笔数或合计与明细不符")
                }
                return .ready(statement)
            }
            return .unusable(reason: "对账单第 \(place + 1) 行无法识别")
        } catch {
            return .unusable(reason: String("\(error)".prefix(200)))
        }
    }

    /// A biller's answer about a payment.
    private struct PaymentAnswer: Decodable {
        let paymentNumber: String
        let status: String
        let serial: String?
        let reason: String?
    }

    private func evidence(
        _ question: some Encodable & Sendable, of payment: BillPayment, path: String
    ) async -> BillerEvidence {
        do {
            let (status, body) = try await exchange(
                question, with: payment.biller, path: path,
                timeoutSeconds: platform.settings.billerTimeoutSeconds)
            guard status == 200 else { return .noAnswer(reason: "status \(status)") }
            let answer = try JSONDecoder().decode(PaymentAnswer.self, from: Data(body))
            guard answer.paymentNumber == payment.number else {
                return .noAnswer(reason: "another payment's answer")
            }
            let reason = Self.plain(answer.reason ?? "", 200)
            let serial = answer.serial.map { Self.plain($0, 64) }.flatMap { $0.isEmpty ? nil : $0 }
            switch (answer.status, serial) {
            case ("writtenOff", let serial?): return .writtenOff(serial: serial)
            case ("writeOffUnknown", let serial?): return .writeOffUnknown(serial: serial)
            case ("writeOffFailed", let serial?): return .writeOffFailed(serial: serial, reason: reason)
            case ("refused", _): return .refused(reason: reason)
            case ("notKnown", _): return .notKnown
            default: return .noAnswer(reason: "an answer that is not in the contract")
            }
        } catch {
            return .noAnswer(reason: "\(error)")
        }
    }

    /// A biller's text of bounded length without invisible characters, which could not even be stored.
    private static func plain(_ text: String, _ length: Int) -> String {
        String(text.filter { !String($0).hasInvisibleCharacters }.prefix(length))
    }

    /// Sends a signed question and gives the verified answer.
    private func exchange(
        _ question: some Encodable, with biller: Biller, path: String, timeoutSeconds: Double,
        answerLimit: Int = 4 << 20
    ) async throws -> (status: Int, body: [UInt8]) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return try await platform.signedLine.exchange(
            url: biller.address + path, body: Array(try encoder.encode(question)), tag: "biller-payment",
            timeoutSeconds: timeoutSeconds, answerLimit: answerLimit)
    }
}

extension BillerStatements.Statement.Line {
    /// Whether it can be kept: an amount of more than nothing, a moment, texts of some length without invisible characters.
    fileprivate var isReadable: Bool {
        amount > 0 && (try? Date(writtenOffAt, strategy: .iso8601)) != nil
            && [paymentNumber, serial, customerNumber].allSatisfy {
                (1...64).contains($0.count) && !$0.hasInvisibleCharacters
            }
    }
}

extension Platform {
    /// The line to the billers.
    var billerLine: BillerLine { BillerLine(platform: self) }
}
