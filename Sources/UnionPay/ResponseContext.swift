/// The call that a response code is read from: one code means different things in different places.
public enum ResponseContext: Sendable, Hashable, CaseIterable {
    /// respCode of a payment's notification, or origRespCode of a query about a payment.
    case paymentResult
    /// respCode of a query's answer: whether the query itself worked.
    case queryAnswer
    /// respCode of the immediate answer to a payout.
    case payoutAnswer
    /// respCode of a payout's notification, or origRespCode of a query about a payout.
    case payoutResult
    /// respCode of the immediate answer to a refund.
    case refundAnswer
    /// respCode of a refund's notification, or origRespCode of a query about a refund.
    case refundResult
    /// respCode of the answer to a file download; it is about a file and says nothing about a transaction.
    case fileAnswer

    /// The context of a final result for a kind of transaction.
    public static func result(of kind: TransactionKind) -> ResponseContext {
        switch kind {
        case .payment: .paymentResult
        case .payout: .payoutResult
        case .refund: .refundResult
        }
    }
}

/// What is to be done about a response code.
public enum Treatment: Sendable, Hashable {
    /// Final success; in a query's answer: the query worked, look at the original code.
    case success
    /// Taken on, result later.
    case accepted
    /// Final refusal: it never entered; no money moved. Of a payment only after payTimeout.
    case refused
    /// Debited after the time allowed; UnionPay gives it back by itself.
    case debitedLate
    /// Not decided: query, later again.
    case askAgain
    /// UnionPay does not know the order, or the file, which is not a refusal.
    case notKnown
    /// Says nothing about the order: leave it unknown; the reconciliation file decides.
    case unclear
}

/// What is known of a transaction.
public enum TransactionState: Sendable, Hashable {
    /// It left, or the browser was sent with it; nobody has answered yet.
    case sent
    /// The bank has taken it on.
    case accepted
    /// Nobody knows.
    case unknown
    /// The money moved.
    case succeeded
    /// The money did not move, and will not.
    case refused
    /// The money moved too late and comes back by itself.
    case debitedLate
}

/// Whether money moved.
public enum MoneyMovement: Sendable, Hashable {
    /// It did.
    case moved
    /// It did not, and will not.
    case notMoved
    /// It did, and comes back by itself.
    case comingBack
    /// Nobody knows: nothing may be released and nothing sent anew.
    case unknown
}

/// What is asked next, and when.
public enum NextQuestion: Sendable, Hashable {
    /// Nothing: the answer is final.
    case none
    /// The same answer's origRespCode.
    case originalCode
    /// A query after payTimeout is the last word: until then the payer may try again, and is asked about as before.
    case afterPayTimeout
    /// The same again, first after this many seconds, then less and less often.
    case seconds(Int)
    /// The reconciliation file of the settlement day; a query has hardly anything to add.
    case reconciliationFile

    /// How long to wait at least before the next query, in seconds. Where the file decides that is an hour: the bank may still
    /// change its mind.
    public var pauseSeconds: Int {
        switch self {
        case .none, .originalCode, .afterPayTimeout: 0
        case .seconds(let seconds): seconds
        case .reconciliationFile: 3600
        }
    }
}

/// What a response code means in one call: one row of the table, as data.
///
/// An answer weaker than what is known already (acceptance after success, say) changes nothing; that is for whoever
/// keeps the order to see to.
public struct ResponseCodeRow: Sendable, Equatable {
    /// The code, two characters.
    public let code: String
    /// The call.
    public let context: ResponseContext
    /// The class of the outcome.
    public let treatment: Treatment

    /// What is known before the answer comes.
    public var before: TransactionState {
        switch context {
        case .paymentResult, .payoutAnswer, .refundAnswer: .sent
        case .payoutResult, .refundResult: .accepted
        case .queryAnswer, .fileAnswer: .unknown
        }
    }

    /// What is known afterwards.
    public var after: TransactionState {
        if context == .queryAnswer || context == .fileAnswer { return before }
        switch treatment {
        case .success: return .succeeded
        case .accepted: return .accepted
        case .refused: return .refused
        case .debitedLate: return .debitedLate
        case .askAgain, .notKnown, .unclear: return before == .sent ? .unknown : before
        }
    }

    /// Whether money moved.
    public var money: MoneyMovement {
        switch after {
        case .succeeded: .moved
        case .refused: .notMoved
        case .debitedLate: .comingBack
        case .sent, .accepted, .unknown: .unknown
        }
    }

    /// What is asked next. Rhythms are the sample's: payments after 1, 2, 4, 8, 16 and 32 seconds, payouts first after
    /// three minutes; that refunds follow payouts, and half an hour for files, is ours. A query's answer does not tell what is
    /// asked about, so a payout's longer rhythm holds beside its row.
    public var next: NextQuestion {
        let pause: NextQuestion =
            switch context {
            case .paymentResult, .queryAnswer: .seconds(code == ResponseCode.tooManyQueries.code ? 180 : 1)
            case .payoutAnswer, .payoutResult, .refundAnswer, .refundResult: .seconds(180)
            case .fileAnswer: .seconds(1800)
            }
        return switch (treatment, context) {
        case (.success, .queryAnswer): .originalCode
        case (.success, _): .none
        // A file that the bank will not give is asked for all the same, while a person is told.
        case (_, .fileAnswer), (.accepted, _), (.askAgain, _), (.notKnown, _): pause
        case (.refused, .paymentResult): .afterPayTimeout
        case (.refused, _): .none
        // Nobody has asked about it yet.
        case (.unclear, .payoutAnswer), (.unclear, .refundAnswer): pause
        case (.debitedLate, _), (.unclear, _): .reconciliationFile
        }
    }
}
