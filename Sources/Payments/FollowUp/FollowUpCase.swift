import Foundation
import Postgres

/// A case of follow-up monitoring (风险案例): a company has done what a rule looks for, or payments to a biller have looked so,
/// and a member of operations says what it was.
public struct FollowUpCase: Sendable {
    /// What a member of operations found.
    public enum Decision: String, Sendable, CaseIterable, PostgresCodable {
        /// 无异常
        case unremarkable
        /// 已核实: the company has explained and shown it.
        case verified
        /// 上报: to those who report suspicious transactions.
        case escalated
    }

    /// Its row, which orders the list.
    public let id: Int64
    /// The number people use, `RC…`.
    public let number: String
    /// The rule that was hit, in the version of that time.
    public let rule: FollowUpRule
    /// Whose case it is; nil where it is a biller's.
    public let enterprise: Enterprise.ID?
    /// 单位名称, or the biller's name.
    public let enterpriseName: String
    /// 商户编号, or the biller's code.
    public let merchantNumber: String
    /// Where the company or biller belongs.
    let cityCode: String
    /// When the rule was hit.
    public let happenedAt: Date
    /// When that was found.
    public let raisedAt: Date
    /// Where it stands.
    public let state: FollowUpState
    /// Who works on it; nil while nobody does.
    public let owner: StaffMember.ID?
    /// That person's name.
    public let ownerName: String?
    /// What was found; nil until it is decided.
    public let decision: Decision?
    /// Why.
    public let reason: String?
    /// What keeps the company's withdrawals, or the biller's payments, back because of it; nil where the rule holds nothing.
    public let hold: WithdrawalHold?

    /// Whether it is about payments to a biller.
    public var isAboutBiller: Bool { rule.kind.isAboutBillers }
}

/// Where a case stands.
public enum FollowUpState: String, Lifecycle {
    /// 待处理, 处理中, 已办结
    case open, taken, decided

    /// What can happen to a case.
    public enum Event: String, Sendable, CaseIterable {
        case raised, takenOver, decided
    }

    /// The name under which the database keeps the steps.
    public static let subject = "follow_up_case"

    /// The whole table.
    public static let steps: [LifecycleStep<FollowUpState>] = [
        rows([nil], .raised, .open),
        rows([.open, .taken], .takenOver, .taken),
        rows([.taken], .decided, .decided),
    ].flatMap { $0 }
}

/// What keeps the withdrawals of a company back (暂缓提现), or the payments to a biller (暂缓付款), from the moment of a case until
/// two people release them.
public struct WithdrawalHold: Sendable {
    /// What two people do with what is kept back.
    public enum Handling: String, Sendable, CaseIterable, PostgresCodable {
        /// 放行: sent to the bank; the hold ends.
        case release
        /// 撤销, of withdrawals only: the money is set free (P11); the hold goes on for the next withdrawal.
        case cancel
    }

    /// Where a hold stands.
    public enum State: String, Lifecycle {
        case active, proposed, released

        /// What can happen to a hold.
        public enum Event: String, Sendable, CaseIterable {
            case began, withdrawalHeld, releaseProposed, cancellationProposed, proposalReturned
            case withdrawalsCancelled, released
        }

        /// The name under which the database keeps the steps.
        public static let subject = "withdrawal_hold"

        /// The whole table. A withdrawal that comes later makes a proposal void: it was about fewer.
        public static let steps: [LifecycleStep<State>] = [
            rows([nil], .began, .active),
            rows([.active, .proposed], .withdrawalHeld, .active),
            rows([.active], .releaseProposed, .proposed),
            rows([.active], .cancellationProposed, .proposed),
            rows([.proposed], .proposalReturned, .active),
            rows([.proposed], .withdrawalsCancelled, .active),
            rows([.proposed], .released, .released),
        ].flatMap { $0 }
    }

    /// Its row.
    let id: Int64
    /// Where it stands.
    public let state: State
    /// What is proposed, or was done at its end.
    public let handling: Handling?
    /// Why.
    public let reason: String?
    /// Rises with every change; a decision is about one version.
    public let version: Int
    /// Who made the proposal that waits; nil where none does.
    public let proposer: StaffMember.ID?

    /// Whether it keeps withdrawals back.
    public var isInForce: Bool { state != .released }
}

/// Something that a rule has seen, as it was then.
public struct FollowUpEvidence: Sendable {
    /// What it is.
    public enum Fact: String, Sendable, CaseIterable, PostgresCodable {
        case toppedUp, withdrawn, returned, accountVerified, opened, lastActive, activeAgain
        case billerAccount, billerPaid, billerReturned
    }

    /// What it is.
    public let fact: Fact
    /// When it was.
    public let at: Date
    /// The order it was, or the settlement to a biller; nil for what is neither.
    public let order: Order?

    /// An order, or a settlement to a biller, as it was seen.
    public struct Order: Sendable {
        /// Its number.
        public let number: String
        /// Its amount, in fen.
        public let amount: Money
        /// Whether it is a settlement to a biller.
        public var isSettlement = false
    }
}

/// A case with all that its page shows.
public struct FollowUpDetails: Sendable {
    /// The case.
    public let found: FollowUpCase
    /// What the rule has seen, in its order.
    public let evidence: [FollowUpEvidence]
    /// The withdrawals that its hold has kept back, the oldest first.
    public let held: [HeldWithdrawal]
    /// The settlements to its biller that its hold has kept back, the oldest first.
    public var heldSettlements: [HeldSettlement] = []
    /// What happened, oldest first.
    public let events: [Event]

    /// A withdrawal that a hold has kept back.
    public struct HeldWithdrawal: Sendable {
        /// Its number.
        public let number: String
        /// Its amount, in fen.
        public let amount: Money
        /// Since when it was kept back.
        public let heldAt: Date
        /// Where it stands now.
        public let status: WithdrawalStatus
    }

    /// A settlement to a biller that a hold has kept back.
    public struct HeldSettlement: Sendable {
        /// Its number.
        public let number: String
        /// What the biller gets, in fen.
        public let amount: Money
        /// Since when it was kept back.
        public let heldAt: Date
        /// Where it stands now.
        public let status: BillerSettlementStatus
    }

    /// Something that happened to the case or its hold.
    public struct Event: Sendable {
        /// The event's name: of ``FollowUpState`` or of ``WithdrawalHold/State``.
        public let event: String
        /// When.
        public let at: Date
        /// The person's name; nil for the machine.
        public let staffName: String?
        /// A reason, or the number of a withdrawal.
        public let note: String
    }
}

/// What the list of cases is narrowed to.
public struct FollowUpFilter: Sendable, Hashable {
    /// Of one rule.
    public var rule: FollowUpRule.Kind?
    /// In one state.
    public var state: FollowUpState?
    /// Part of a company's name, or a whole merchant number or number of a case. Empty: no narrowing.
    public var search: String

    /// A filter; without arguments it lets all cases through.
    public init(rule: FollowUpRule.Kind? = nil, state: FollowUpState? = nil, search: String = "") {
        self.rule = rule
        self.state = state
        self.search = search
    }
}

/// Why a case was not changed.
public enum FollowUpError: Error, Hashable, Sendable {
    /// There is no such case within the person's reach.
    case notFound
    /// The role does not do this.
    case notAllowed
    /// A reason has to be given, of at most 500 characters.
    case reasonMissing
    /// Somebody else works on the case.
    case notOwner
    /// The case's hold is still in force; two people end it first.
    case holdInForce
    /// There is no withdrawal that could be cancelled.
    case nothingHeld
    /// Somebody else changed or decided it in between.
    case stale
    /// The decider has a hand in the proposal.
    case samePerson
}
