import Postgres

/// What a message in the inbox is about. The words are the site's; the name is kept with the message.
public enum InboxTopic: String, Sendable, CaseIterable, PostgresCodable {
    case topUpCredited, topUpClosed, topUpLateDebited, topUpRefundedByBank, topUpInReview, topUpReturned
    case topUpPaidTwice, topUpReversalParked, topUpReversed, topUpKept
    case billPaymentWrittenOff, billPaymentPartlyWrittenOff, billPaymentWriteOffPending, billPaymentFailed
    case billPaymentRefused, billPaymentReturnedToMaker, billPaymentExpired, billPaymentStopped
    case billPaymentRefunded, billPaymentDisputed, billPaymentCharged, billPaymentKept
    case withdrawalPaid, withdrawalRefused, withdrawalReturned, withdrawalReturnedToMaker, withdrawalExpired
    case withdrawalLate, withdrawalInReview, withdrawalCharged, withdrawalKept
    case withdrawalInVerification, withdrawalReleased, withdrawalNotReleased
    case differenceCredited, differenceCharged, receivableRepaid
    case accountActivated, outgoingStopped, accountFrozen, accountResumed
    case registeredAccountVerified, registeredAccountInvalid, registeredAccountInCheck
    case registeredAccountReplaced
}

// Which step of an order is news to its enterprise. What its own operators do is none: they see the result at once. The switches
// name every event, so that a new one has to be decided about.

extension TopUpStatus {
    /// What operators are told of a step; nil where there is nothing to tell.
    public static func news(of event: Event, leadingTo status: TopUpStatus) -> InboxTopic? {
        switch event {
        case .paidConfirmed: status == .inReview ? .topUpInReview : .topUpCredited
        case .deadlinePassed, .notPaidConfirmed, .absentFromFiles:
            switch status {
            case .closed: .topUpClosed
            case .reversalParked: .topUpReversalParked
            default: nil
            }
        case .lateDebitReported: status == .lateDebited ? .topUpLateDebited : nil
        case .bankRefundConfirmed: status == .refundedByBank ? .topUpRefundedByBank : nil
        case .bankRefundOverdue, .receiptMismatched: .topUpInReview
        case .returnCompleted: .topUpReturned
        case .paidAgain: .topUpPaidTwice
        case .reversedByBank: .topUpReversalParked
        case .charged: .topUpReversed
        case .madeGood, .borne: .topUpKept
        // The case of reconciliation tells of it, with what was really credited.
        case .creditApproved: nil
        case .ordered, .handedOff, .cancelled, .cancelRequested, .answerUnclear, .declinedBeforeTimeout: nil
        }
    }
}

extension BillPaymentStatus {
    /// What operators are told of a step; nil where there is nothing to tell.
    public static func news(of event: Event, leadingTo status: BillPaymentStatus) -> InboxTopic? {
        switch event {
        case .writtenOff: .billPaymentWrittenOff
        case .partlyWrittenOff: .billPaymentPartlyWrittenOff
        case .writeOffUnknown: .billPaymentWriteOffPending
        case .writeOffFailed: .billPaymentFailed
        case .refused: .billPaymentRefused
        case .absentFromFiles: status == .refused ? .billPaymentRefused : .billPaymentFailed
        case .returnedToMaker, .billChanged: .billPaymentReturnedToMaker
        case .reviewExpired: .billPaymentExpired
        case .stopped: .billPaymentStopped
        case .fullyRefunded: .billPaymentRefunded
        case .writeOffDenied, .writtenOffLate: .billPaymentDisputed
        case .charged: .billPaymentCharged
        case .billerReversed, .borne: .billPaymentKept
        case .submitted, .approved, .withdrawn, .sendStarted, .noAnswer, .answerUnclear, .notKnown, .resent:
            nil
        }
    }
}

extension WithdrawalStatus {
    /// What operators are told of a step; nil where there is nothing to tell.
    public static func news(of event: Event, leadingTo status: WithdrawalStatus) -> InboxTopic? {
        switch event {
        case .paidConfirmed: status == .paid ? .withdrawalPaid : .withdrawalInReview
        case .bankRefused, .neverPaid: .withdrawalRefused
        case .absentFromFiles: status == .refused ? .withdrawalRefused : nil
        case .payoutReturned: status == .returned ? .withdrawalReturned : nil
        case .returnedToMaker, .accountNoLongerValid: .withdrawalReturnedToMaker
        case .reviewExpired: .withdrawalExpired
        case .promisePassed: .withdrawalLate
        case .charged: .withdrawalCharged
        case .madeGood, .borne: .withdrawalKept
        case .submitted, .approved, .cancelled, .sendStarted, .bankAccepted, .noAnswer, .answerUnclear,
            .notKnown, .resent:
            nil
        }
    }
}

extension EnterpriseState {
    /// What operators are told of a step; nil where there is nothing to tell.
    static func news(of event: Event) -> InboxTopic? {
        switch event {
        case .activated: .accountActivated
        case .outgoingStopped: .outgoingStopped
        case .frozen: .accountFrozen
        case .reactivated: .accountResumed
        case .opened, .activationExpired, .closingApproved, .closed: nil
        }
    }
}

extension RegisteredAccountState {
    /// What operators are told of a step; nil where there is nothing to tell.
    static func news(of event: Event, leadingTo state: RegisteredAccountState) -> InboxTopic? {
        switch event {
        case .amountMatched, .confirmed: .registeredAccountVerified
        case .refused: .registeredAccountInvalid
        case .depositReturned: state == .invalid ? .registeredAccountInvalid : .registeredAccountInCheck
        case .threeMisses: .registeredAccountInCheck
        case .replacementApproved: .registeredAccountReplaced
        case .registered, .depositStarted, .depositPaid, .noAnswer, .manualCheckRequested: nil
        }
    }
}
