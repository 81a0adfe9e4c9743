import Cryptography
import Foundation

/// What can go wrong by plan. The names are those of the plan's JSON.
enum PlannedFault: String, CaseIterable, Codable, Sendable {
    case notificationLost = "notification-lost"
    case notificationLate = "notification-late"
    case notificationRepeated = "notification-repeated"
    case notificationReordered = "notification-reordered"
    case notificationWrongAmount = "notification-wrong-amount"
    case notificationWrongOrder = "notification-wrong-order"
    case notificationBadSignature = "notification-bad-signature"
    case notificationExpiredCertificate = "notification-expired-certificate"
    case answer500 = "answer-500"
    case answerHalf = "answer-half"
    case answerSlow = "answer-slow"
    case timeoutWithEffect = "timeout-with-effect"
    case timeoutWithoutEffect = "timeout-without-effect"
    case notKnownThenSuccess = "not-known-then-success"
    case processingForDays = "processing-for-days"
    case debitedLate = "debited-late"
    case creditedThenReversed = "credited-then-reversed"
    case paidTwice = "paid-twice"
    case payoutReturned = "payout-returned"
    case fileMissing = "file-missing"
    case fileLate = "file-late"
    case fileTruncated = "file-truncated"
    case fileHalfLines = "file-half-lines"
    case fileTwice = "file-twice"
    case fileExtraLine = "file-extra-line"
    case fileMissingLine = "file-missing-line"
    case writtenOffLate = "written-off-late"
    case writeOffUndone = "write-off-undone"

    /// Where the fault can strike; a rule without scope means all of them.
    var scopes: Set<FaultScope> {
        switch self {
        case .notificationLost, .notificationLate, .notificationRepeated, .notificationReordered,
            .notificationWrongAmount, .notificationWrongOrder, .notificationBadSignature,
            .notificationExpiredCertificate:
            [.notification]
        case .answer500, .answerHalf, .answerSlow, .timeoutWithEffect, .timeoutWithoutEffect:
            FaultScope.requests
        case .notKnownThenSuccess, .processingForDays: [.order, .query, .front, .payout, .refund]
        case .debitedLate, .creditedThenReversed, .paidTwice: [.order, .front]
        case .payoutReturned: [.order, .payout]
        case .fileMissing, .fileLate, .fileTruncated: [.file, .statement, .billerStatement]
        case .fileTwice, .fileMissingLine: [.file, .billerStatement]
        case .fileHalfLines, .fileExtraLine: [.file]
        case .writtenOffLate, .writeOffUndone: [.billerPayment]
        }
    }

    /// What happens, for people.
    var explanation: String {
        switch self {
        case .notificationLost: "通知丢失"
        case .notificationLate: "通知迟到（seconds 或 days，默认 600 秒）"
        case .notificationRepeated: "通知重复（times，默认 3 次）"
        case .notificationReordered: "通知乱序：下一笔通知之后才发（最迟 seconds，默认 300 秒）"
        case .notificationWrongAmount: "通知金额不符（多 fen 分，默认 1）"
        case .notificationWrongOrder: "通知订单号不符"
        case .notificationBadSignature: "通知签名错误"
        case .notificationExpiredCertificate: "通知以过期证书签名"
        case .answer500: "应答 HTTP 500（effect: none 未处理，booked 已处理；默认 none）"
        case .answerHalf: "已处理，只应答一半"
        case .answerSlow: "已处理，应答慢（seconds，默认 10 秒）"
        case .timeoutWithEffect: "超时，已处理"
        case .timeoutWithoutEffect: "超时，未处理"
        case .notKnownThenSuccess: "查询先应答 34，seconds（默认 300 秒）后成功"
        case .processingForDays: "查询应答 03，days（默认 3 天）后才有结果"
        case .debitedLate: "超过付款时限后扣款（seconds 默认 600），查询应答 42，days（默认 5 天）后退回；inFile 为 false 时不进对账文件"
        case .creditedThenReversed: "入账后冲正（days，默认 1 天后）"
        case .paidTwice: "同一订单付款两次（seconds，默认 600 秒后，不再通知）"
        case .payoutReturned: "代付到账后退汇（days，默认 2 天后；fen 为银行扣下的金额，默认 0）"
        case .fileMissing: "文件始终没有"
        case .fileLate: "文件迟到（seconds 或 days，默认 1 天）"
        case .fileTruncated: "文件只有一半"
        case .fileHalfLines: "文件本身完整，但少后一半明细，汇总仍是全部"
        case .fileTwice: "每一行出现两次"
        case .fileExtraLine: "多出一行（金额 fen，默认 100）"
        case .fileMissingLine: "缺少 times（默认 1）行（收费单位对账单：days 天后的对账单补上；没有 days 则不补）"
        case .writtenOffLate: "收费单位销账失败，seconds 或 days（默认 2 天）后又销账，只有对账单会说"
        case .writeOffUndone: "收费单位应答已销账，seconds（默认 3600 秒，最迟当日）后自行撤销，对账单没有"
        }
    }
}

/// Where a fault strikes.
enum FaultScope: String, CaseIterable, Codable, Sendable {
    /// A notification to the merchant.
    case notification
    /// A query.
    case query
    /// A payout.
    case payout
    /// A refund.
    case refund
    /// A browser with a payment.
    case front
    /// The download of a reconciliation file.
    case file
    /// The download of a statement of the reserve account.
    case statement
    /// A biller's statement of a day.
    case billerStatement
    /// What becomes of a payment at its biller.
    case billerPayment
    /// What becomes of an order at all.
    case order

    /// The scopes that are requests to the bank.
    static let requests: Set<FaultScope> = [.query, .payout, .refund, .front, .file, .statement]
}

/// The plan of what goes wrong: the same plan over the same orders makes the same faults, in whatever order they come.
struct FaultPlan: Codable, Sendable, Equatable {
    /// One rule of the plan.
    struct Rule: Codable, Sendable, Equatable {
        let fault: PlannedFault
        /// Where it strikes; nil for everywhere the fault can.
        var scope: FaultScope?
        /// The share of events that it strikes, 0 to 1; all when absent.
        var share: Double?
        /// Of how many events of the same kind for one order (or one day's file) the share is drawn: the first so many;
        /// 1 when absent. Later ones are left alone, so that an order cannot fail for ever.
        var count: Int?
        var parameters: Parameters?

        /// Whether the rule is for a scope.
        func strikes(_ candidates: Set<FaultScope>) -> Bool {
            scope.map { candidates.contains($0) } ?? !fault.scopes.isDisjoint(with: candidates)
        }
    }

    /// What some faults need to know; absent ones have defaults.
    struct Parameters: Codable, Sendable, Equatable {
        var seconds: Double?
        var days: Double?
        var times: Int?
        /// An amount in fen.
        var fen: Int64?
        /// Whether a late debit and its return are in the reconciliation files.
        var inFile: Bool?
        /// Whether a request that is answered with 500 was carried out.
        var effect: Faults.CallFault?

        /// `days` and `seconds` together; the default when both are absent.
        func seconds(or standard: Double) -> Double {
            days == nil && seconds == nil ? standard : (days ?? 0) * 86_400 + (seconds ?? 0)
        }
    }

    /// What all draws depend on.
    var seed: Int64
    var rules: [Rule]

    /// Nothing goes wrong.
    static let none = FaultPlan(seed: 0, rules: [])

    /// The fraction from 0 to below 1 that decides about an event. It depends on nothing but the seed, the order (or
    /// day), the kind of event and its number, so neither time nor order of arrival changes it.
    func fraction(rule: Int, subject: String, occurrence: Int) -> Double {
        let kind = "\(rules[rule].fault.rawValue)/\(rule)"
        let digest = SHA256.digest(Array("\(seed)/\(subject)/\(kind)/\(occurrence)".utf8))
        let number = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Double(number >> 11) / Double(UInt64(1) << 53)
    }

    /// Reads a plan. Throws `SandboxFailure` with a text for people when it is none.
    init(json: Data) throws {
        do {
            self = try JSONDecoder().decode(FaultPlan.self, from: json)
        } catch {
            throw SandboxFailure("not a fault plan: \(error)")
        }
        let sent = (try? JSONSerialization.jsonObject(with: json)) as? [String: Any] ?? [:]
        try Self.require(sent, of: ["seed", "rules"])
        for rule in sent["rules"] as? [[String: Any]] ?? [] {
            try Self.require(rule, of: ["fault", "scope", "share", "count", "parameters"])
            try Self.require(
                rule["parameters"] as? [String: Any] ?? [:],
                of: ["seconds", "days", "times", "fen", "inFile", "effect"])
        }
        for rule in rules { try Self.check(rule) }
    }

    init(seed: Int64, rules: [Rule]) {
        self.seed = seed
        self.rules = rules
    }

    private static func require(_ object: [String: Any], of names: Set<String>) throws {
        for name in object.keys where !names.contains(name) {
            throw SandboxFailure("\(name) is not one of \(names.sorted().joined(separator: ", "))")
        }
    }

    private static func check(_ rule: Rule) throws {
        let name = rule.fault.rawValue
        if let scope = rule.scope, !rule.fault.scopes.contains(scope) {
            let scopes = rule.fault.scopes.map(\.rawValue).sorted().joined(separator: ", ")
            throw SandboxFailure("\(name) has the scopes \(scopes)")
        }
        guard (0...1).contains(rule.share ?? 1) else { throw SandboxFailure("\(name): share is 0 to 1") }
        guard (1...1000).contains(rule.count ?? 1) else {
            throw SandboxFailure("\(name): count is 1 to 1000")
        }
        let parameters = rule.parameters ?? Parameters()
        guard
            (0...86_400 * 366).contains(parameters.seconds ?? 0), (0...366).contains(parameters.days ?? 0),
            (1...100).contains(parameters.times ?? 1), (0...999_999_999_999).contains(parameters.fen ?? 0)
        else { throw SandboxFailure("\(name): a parameter is out of bounds") }
    }
}

/// Something that the plan decided, as the bank's journal keeps it.
struct FaultDraw: Codable, Sendable {
    /// The rule's place in the plan.
    let rule: Int
    let fault: PlannedFault
    /// The order's number, or the day of a file.
    let subject: String
    /// The number of the event for this subject, from 0.
    let occurrence: Int
    let isHit: Bool
    let at: Date
}

/// A fault that strikes, with what it needs to know.
struct FaultHit: Sendable {
    let fault: PlannedFault
    let parameters: FaultPlan.Parameters
}

extension [FaultHit] {
    /// The parameters of a fault, if it strikes.
    subscript(fault: PlannedFault) -> FaultPlan.Parameters? {
        first { $0.fault == fault }?.parameters
    }
}
