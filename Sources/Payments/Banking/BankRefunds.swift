import Foundation
import UnionPay

/// Refunds and files on the line to the bank. As with payouts, no doubt about an answer means that money did not move.
extension Bank {
    /// Sends a refund. Sent again it is the identical pair of number and time.
    func refund(_ refund: Refunds.Refund) async -> PayoutEvidence {
        do {
            guard let message = try message(of: refund) else { return .unclear(reason: "never sent") }
            let request = try side.request(for: message, at: platform.effects.now())
            let answer = try await ask(.refund, request, order: refund.orderID) {
                try side.answer(to: message, body: $0, at: $1)
            }
            switch answer.outcome {
            case .accepted: return .accepted
            case .refused(let code): return .refused(code: code.code, text: code.text)
            case .askAgain(let code): return .unclear(reason: code.code)
            }
        } catch {
            return .unclear(reason: Self.words(error))
        }
    }

    /// Asks what became of a refund.
    func askAbout(_ refund: Refunds.Refund) async -> PayoutEvidence {
        do {
            guard let expected = try expectation(of: refund) else { return .unclear(reason: "never sent") }
            let (outcome, next) = try await answer(about: expected, order: refund.orderID)
            switch outcome {
            case .succeeded(let transaction):
                return .paid(
                    serial: transaction.queryID.text, settlementDay: transaction.settleDate ?? "")
            case .refused(let code): return .refused(code: code.code, text: code.text)
            case .accepted: return .accepted
            case .notKnown: return .notKnown
            case .debitedLate: return .unclear(reason: ResponseCode.debitedLate.code)
            case .askAgain(let code), .unclear(let code):
                return .unclear(reason: code.code, pauseSeconds: next.pauseSeconds)
            }
        } catch {
            return .unclear(reason: Self.words(error))
        }
    }

    /// What a refund must look like in the bank's messages; nil before it was sent.
    func expectation(of refund: Refunds.Refund) throws -> ExpectedOrder? {
        try message(of: refund).map(ExpectedOrder.init)
    }

    private func message(of refund: Refunds.Refund) throws -> UnionPay.Refund? {
        guard let time = refund.transactionTime else { return nil }
        return try UnionPay.Refund(
            order: identity(refund.number, time),
            originalQueryID: try QueryID(refund.originalSerial), amountFen: refund.amount.fen,
            backURL: backURL
        )
    }

    /// How many bytes a file's answer may have: a million trades zipped are a tenth of it.
    private static let fileLimit = 512 << 20

    /// Asks for the file of a settlement day.
    func file(of day: LocalDate) async throws -> FileDownloadAnswer.Outcome {
        let moment = platform.effects.now()
        guard let date = SettlementDate(year: day.year, month: day.month, day: day.day) else {
            throw UnreadableOrder(column: "settlement_date")
        }
        let download = FileDownload(
            merchant: try UnionPay.MerchantNumber(platform.settings.merchantID), settlementDate: date,
            time: BeijingTime(moment))
        return try await ask(
            .file, try side.request(for: download, at: moment), order: nil,
            timeout: platform.settings.fileTimeoutSeconds, answerLimit: Self.fileLimit
        ) { try side.answer(to: download, body: $0, at: $1).outcome }
    }
}
