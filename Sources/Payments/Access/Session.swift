import Cryptography
import Foundation

/// A clerk's live session with what nearly every page needs of operator and enterprise.
public struct ClerkSession: Sendable {
    /// Who is signed in.
    public let operatorID: Operator.ID
    /// 登录ID.
    public let loginID: String
    /// The person's name.
    public let operatorName: String
    /// Whose clerk it is.
    public let enterpriseID: Enterprise.ID
    /// 单位名称.
    public let enterpriseName: String
    /// 商户编号.
    public let merchantNumber: String
    /// Where the enterprise stands with us.
    public let enterpriseState: EnterpriseState
    /// The code of the enterprise's city.
    public let cityCode: String
    /// The name of the enterprise's city.
    public let cityName: String
    /// What every form of this session carries.
    public let csrf: String
    /// When the session ends at the latest.
    public let endsAt: Date
    /// When and from which address the operator signed in before this session; nil for the first time.
    public let previousSignIn: (at: Date, address: String)?
    /// Messages in the inbox that the operator has not read, counted to 100 and no further.
    public let unreadMessages: Int

    /// Whether a form's token is this session's. Compares in constant time.
    public func isValid(csrf token: String) -> Bool {
        constantTimeEquals(Array(csrf.utf8), Array(token.utf8))
    }
}

/// A live session of a member of staff.
public struct StaffSession: Sendable {
    /// Who is signed in, with role and region as they are now.
    public let member: StaffMember
    /// Whether the password was made by the system: until it is changed nothing else can be done.
    public let mustChangePassword: Bool
    /// What every form of this session carries.
    public let csrf: String
    /// When the session ends at the latest.
    public let endsAt: Date

    /// Whether a form's token is this session's. Compares in constant time.
    public func isValid(csrf token: String) -> Bool {
        constantTimeEquals(Array(csrf.utf8), Array(token.utf8))
    }
}

/// Whose sessions and sign-ins are meant: clerks and staff have nothing in common but the rules.
public enum SessionKind: String, Sendable, CaseIterable {
    case clerk, staff
}

/// A session just begun. The token goes into the cookie and is stored nowhere.
public struct NewSession: Sendable {
    /// 32 random bytes in Base64URL.
    public let token: Secret<String>
    /// When the session ends at the latest.
    public let endsAt: Date
}
