import Cryptography
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

    /// What counts as one address where tries are limited: of IPv6 the first 64 bits, because whoever has one such
    /// address has all that begin with them (RFC 6177).
    public var network: String {
        var bytes = in6_addr()
        guard inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        let parts = withUnsafeBytes(of: bytes) { Array($0) }
        // An IPv4 address written as IPv6 is that address.
        if parts.prefix(10).allSatisfy({ $0 == 0 }), parts[10] == 0xFF, parts[11] == 0xFF {
            return parts.suffix(4)
                .map { String($0) }.joined(separator: ".")
        }
        return Hex.encode(Array(parts.prefix(8))) + "::/64"
    }
}

/// What the audit trail records. Movements of money have their own trail in the events of their orders.
public enum AuditAction: String, Sendable, CaseIterable {
    case signedIn, signInRefused, signedOut, activated
    case activationReissueRequested, activationReissueReturned, activationReissueRefused, activationIssued
    case paymentPasswordRefused, paymentPasswordLocked
    case openingSubmitted, openingApproved, openingReturned, openingRejected, openingWithdrawn, openingRefused
    case manualCheckRequested, accountConfirmed, accountRefused, accountCheckRefused
    case staffAdded, staffDisabled, passwordChanged, passwordChangeRefused
    case channelChangeProposed, channelChanged, channelChangeReturned
    case bankChangeProposed, bankChanged, bankChangeReturned
    case differenceProposed, differenceHandled, differenceReturned, orderViewed, workItemResolved
    case repaymentProposed, repaymentAgreed, repaymentReturned, repaymentRefused
    case settlementProposed, settlementApproved, settlementReturned, billerAccountRegistered
    case followUpTaken, followUpDecided, holdProposed, holdReturned, holdDecided
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
