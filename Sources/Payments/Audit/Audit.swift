import Foundation
import Postgres

/// Where a request came from, for the audit trail.
public struct Origin: Sendable, Hashable {
    /// The peer's address.
    public let address: String
    /// The request's number, as shown to people on error pages.
    public let requestID: String

    /// An origin.
    public init(address: String, requestID: String) {
        self.address = address
        self.requestID = requestID
    }

    /// Somebody at the server's command line.
    public static let commandLine = Origin(address: "command line", requestID: "")
}

/// What the audit trail records. Movements of money have their own trail in the events of their orders.
public enum AuditAction: String, Sendable, CaseIterable {
    case signedIn, signInRefused, signedOut, activated, activationIssued
    case paymentPasswordRefused, paymentPasswordLocked, passwordRenewed
    case openingSubmitted, openingApproved, openingReturned, openingRejected, openingWithdrawn, openingRefused
    case manualCheckRequested, accountConfirmed, accountRefused
    case staffAdded
    case topUpOrdered, topUpCancelled, billPaymentSubmitted, withdrawalSubmitted, withdrawalCancelled
}

/// The audit trail: append-only, written in the transaction of the act it tells of.
public enum Audit {
    /// Records an act.
    ///
    /// - Parameters:
    ///   - subject: what it was done to, such as `enterprise M430100001000013`; never a secret or a full
    ///     account number.
    ///   - actor: who did it; nil for a stranger.
    ///   - isAllowed: whether it was done, or refused.
    static func record(
        _ action: AuditAction, subject: String, by actor: Actor?, isAllowed: Bool = true, detail: String = "",
        from origin: Origin, at moment: Date, on connection: isolated Connection
    ) throws {
        try connection.execute(
            recording(
                action, subject: subject, by: actor, isAllowed: isAllowed, detail: detail, from: origin,
                at: moment))
    }

    /// The statement that records an act, for one that does the act in the same round trip.
    static func recording(
        _ action: AuditAction, subject: String, by actor: Actor?, isAllowed: Bool = true, detail: String = "",
        from origin: Origin, at moment: Date
    ) -> SQL {
        """
        INSERT INTO audit_events (
            at, actor_kind, actor_id, action, subject, is_allowed, detail, address, request_id
        ) VALUES (
            \(moment), \(actor?.kind ?? "stranger"), \(actor?.id), \(action.rawValue), \(subject),
            \(isAllowed), \(detail), \(origin.address), \(origin.requestID)
        )
        """
    }
}
