import Hummingbird
import Logging
import NIOCore
import Payments

/// What every handler knows about a request, whoever sent it.
public protocol SiteContext: RequestContext {
    /// Names the request in the log, in the audit trail, and to the user when something went wrong.
    var referenceNumber: String { get }
    /// The address of the browser, or of the proxy we do not know.
    var clientAddress: String { get }
    /// The fields of the posted form; empty for other methods.
    var form: FormFields { get }
    /// The frame of the pages that answer: who is signed in, the token of forms.
    var layout: Layout { get }
}

extension SiteContext {
    /// Where the request came from, for the audit trail.
    public var origin: Origin { Origin(address: clientAddress, requestID: referenceNumber) }
}

/// The context of a request as it comes in. Groups that need a session turn it into ``ClerkContext`` or
/// ``StaffContext``, which cannot exist without one.
public struct PortalContext: SiteContext {
    /// What Hummingbird keeps.
    public var coreContext: CoreRequestContextStorage
    /// Names the request in the log, in the audit trail, and to the user when something went wrong.
    public let referenceNumber: String
    /// The other end of the connection; nil only in tests without a network.
    public let peerAddress: String?
    /// The address of the browser, as far as it is known.
    public internal(set) var clientAddress: String
    /// The fields of the posted form.
    public internal(set) var form = FormFields.empty
    /// The frame of the pages that answer.
    public internal(set) var layout = Layout.signedOut
    /// The body as sent, for messages whose signature covers the bytes.
    public internal(set) var body: [UInt8] = []
    /// Why a posted form of a signed-out browser is not to be believed.
    var formFault: SiteError?
    /// The clerk's session, where a guard has found one.
    var clerk: ClerkSession?
    /// The session of a member of staff, where a guard has found one.
    var staff: StaffSession?

    /// The context of a request that has just come in.
    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        referenceNumber = String(RequestID().description.suffix(12)).uppercased()
        peerAddress = source.channel.remoteAddress?.ipAddress
        clientAddress = peerAddress ?? "unknown"
    }

    /// The posted form of a signed-out browser, if it is one of ours.
    ///
    /// - Throws: ``SiteError/cookieMissing`` or ``SiteError/formNotTrusted``.
    func trustedForm() throws(SiteError) -> FormFields {
        if let formFault { throw formFault }
        return form
    }
}

/// The context of a request by a signed-in operator of an enterprise.
public struct ClerkContext: SiteContext, ChildRequestContext {
    /// What Hummingbird keeps.
    public var coreContext: CoreRequestContextStorage
    /// Names the request in the log, in the audit trail, and to the user when something went wrong.
    public let referenceNumber: String
    /// The address of the browser, as far as it is known.
    public let clientAddress: String
    /// The fields of the posted form.
    public let form: FormFields
    /// The frame of the pages that answer.
    public let layout: Layout
    /// Who it is, as read from the database for this very request.
    public let session: ClerkSession

    /// The context of a request whose session a guard has found.
    ///
    /// - Throws: ``SiteError/notSignedIn(_:hasEnded:back:)`` when none has.
    public init(context: PortalContext) throws {
        guard let session = context.clerk else {
            throw SiteError.notSignedIn(.clerk, hasEnded: false, back: nil)
        }
        coreContext = context.coreContext
        referenceNumber = context.referenceNumber
        clientAddress = context.clientAddress
        form = context.form
        layout = context.layout
        self.session = session
    }
}

/// The context of a request by a signed-in member of staff.
public struct StaffContext: SiteContext, ChildRequestContext {
    /// What Hummingbird keeps.
    public var coreContext: CoreRequestContextStorage
    /// Names the request in the log, in the audit trail, and to the user when something went wrong.
    public let referenceNumber: String
    /// The address of the browser, as far as it is known.
    public let clientAddress: String
    /// The fields of the posted form.
    public let form: FormFields
    /// The frame of the pages that answer.
    public let layout: Layout
    /// Who it is, as read from the database for this very request.
    public let session: StaffSession

    /// The context of a request whose session a guard has found.
    ///
    /// - Throws: ``SiteError/notSignedIn(_:hasEnded:back:)`` when none has.
    public init(context: PortalContext) throws {
        guard let session = context.staff else {
            throw SiteError.notSignedIn(.staff, hasEnded: false, back: nil)
        }
        coreContext = context.coreContext
        referenceNumber = context.referenceNumber
        clientAddress = context.clientAddress
        form = context.form
        layout = context.layout
        self.session = session
    }
}
