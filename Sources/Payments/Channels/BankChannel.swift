import Foundation

/// A channel of the bank (收付通道) with what is set on it.
public struct BankChannel: Sendable {
    /// Which one.
    public let channel: Channel
    /// What staff call it.
    public let name: String
    /// Rises with every change.
    public let version: Int
    /// What is set.
    public let settings: Settings
    /// The change that waits for a second person, if somebody has proposed one.
    public let proposal: ChannelChange?

    /// What two people can set on a channel.
    public struct Settings: Sendable, Hashable {
        /// Whether nothing is sent through it at present.
        public var isPaused: Bool
        /// What companies read about it; at least the reason of a pause.
        public var notice: String
        /// Until when of a working day a payout counts from that day; nil for a channel without working days.
        public var cutOff: CutOff?

        /// Puts the settings together.
        public init(isPaused: Bool, notice: String, cutOff: CutOff?) {
            self.isPaused = isPaused
            self.notice = notice
            self.cutOff = cutOff
        }
    }
}

/// A version of a channel that somebody has proposed, and what became of it.
public struct ChannelChange: Sendable {
    /// Its row; a decision names it.
    public let id: Int64
    /// The channel.
    public let channel: Channel
    /// The channel's name.
    public let channelName: String
    /// What is to be set.
    public let settings: BankChannel.Settings
    /// Why, in the words of whoever proposed it.
    public let reason: String
    /// Who proposed it, by name.
    public let proposedBy: String
    /// Who proposed it, by key: that person does not decide.
    public let proposerID: StaffMember.ID
    /// When.
    public let proposedAt: Date
    /// What was decided; nil while it waits.
    public let decision: Decision?

    /// What a second person has decided.
    public struct Decision: Sendable {
        /// Whether it was agreed to; otherwise it was given back.
        public let isGranted: Bool
        /// Why it was given back, or a remark.
        public let reason: String?
        /// Who decided.
        public let decidedBy: String
        /// When.
        public let decidedAt: Date

        /// Puts a decision together.
        public init(isGranted: Bool, reason: String?, decidedBy: String, decidedAt: Date) {
            self.isGranted = isGranted
            self.reason = reason
            self.decidedBy = decidedBy
            self.decidedAt = decidedAt
        }
    }
}

/// Why a channel was not changed.
public enum ChannelError: Error, Hashable, Sendable {
    /// There is no such channel.
    case notFound
    /// The role does not do this, or does not reach the whole country.
    case notAllowed
    /// A reason has to be given, of at most 500 characters.
    case reasonMissing
    /// Companies have to be told why a channel is paused, in at most 100 characters.
    case noticeMissing
    /// A payout channel has a cut-off time, and no other has one.
    case cutOffUnfitting
    /// Nothing would be other than it is.
    case nothingChanged
    /// A proposal waits already.
    case alreadyProposed
    /// Somebody else changed or decided it in between.
    case stale
    /// The decider has a hand in the proposal.
    case samePerson
}
