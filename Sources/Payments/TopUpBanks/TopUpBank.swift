import Foundation

/// A bank from which companies top up (银行渠道), with the settings in force.
public struct TopUpBank: Sendable, Hashable {
    /// The short code usual in payment software, such as ICBC; the gateway's code of the bank as well.
    public let code: String
    /// The name.
    public let name: String
    /// The first letters of the name's syllables in pinyin, such as ZGGSYH.
    public let initials: String
    /// The version of the settings; 0 where nobody has changed what the list of banks says.
    public let version: Int
    /// What is in force.
    public let settings: TopUpBankSettings

    /// Whether payments can be begun now.
    public func availability(at moment: Date) -> BankAvailability {
        guard settings.isOn else { return .off }
        return settings.maintenance.compactMap { $0.end(at: moment) }.max().map(BankAvailability.maintenance)
            ?? .open
    }

    /// Whether a search finds it: by a part of its name, its code, or the beginning of its initials.
    public func isFound(by search: String) -> Bool {
        let search = search.normalizedIdentifier.uppercased()
        return name.contains(search) || code.hasPrefix(search) || initials.hasPrefix(search)
    }
}

/// What operations set for a bank, and two people agree on.
public struct TopUpBankSettings: Sendable, Hashable {
    /// The most windows of maintenance that are kept.
    public static let mostWindows = 20
    /// The longest notice, in characters.
    public static let longestNotice = 100

    /// Whether it takes payments at all.
    public var isOn: Bool
    /// What clerks read beside the bank; empty for nothing.
    public var notice: String
    /// When it takes no payments.
    public var maintenance: [MaintenanceWindow]
    /// The least of one top-up, in fen; nil where the bank names none.
    public var least: Money?
    /// The most of one top-up, in fen; nil where the bank names none.
    public var most: Money?
    /// The most that one company tops up on a Beijing day, in fen; nil where the bank names none.
    public var mostPerDay: Money?
    /// Whether the gateway sends the browser on to the bank at once, by its code; else the payer chooses the bank on the
    /// gateway's own page.
    public var isDirect: Bool
    /// Whether it stands in the picker at once; the others are found by searching.
    public var isSuggested: Bool

    /// Settings.
    public init(
        isOn: Bool, notice: String = "", maintenance: [MaintenanceWindow] = [], least: Money? = nil,
        most: Money? = nil, mostPerDay: Money? = nil, isDirect: Bool, isSuggested: Bool
    ) {
        self.isOn = isOn
        self.notice = notice
        self.maintenance = maintenance
        self.least = least
        self.most = most
        self.mostPerDay = mostPerDay
        self.isDirect = isDirect
        self.isSuggested = isSuggested
    }

    /// Whether each limit is more than nothing, and none is under the least.
    public var hasPossibleLimits: Bool {
        let limits = [least, most, mostPerDay].compactMap(\.self)
        return limits.allSatisfy(\.isPositive) && limits.allSatisfy { $0 >= least ?? $0 }
    }
}

/// Whether payments can be begun at a bank.
public enum BankAvailability: Sendable, Hashable {
    case open
    /// The bank rests; until when.
    case maintenance(until: Date)
    /// Operations have switched it off, or never on.
    case off
}

/// What a company may choose from when it tops up.
public struct TopUpChoices: Sendable {
    /// All banks, in the order of the picker: state banks first.
    public let banks: [TopUpBank]
    /// The code of the bank that the company used last.
    public let lastUsed: String?
    /// What it has ordered today (Beijing) and not lost, by the bank's code.
    public let usedToday: [String: Money]

    /// Choices.
    public init(banks: [TopUpBank], lastUsed: String? = nil, usedToday: [String: Money] = [:]) {
        self.banks = banks
        self.lastUsed = lastUsed
        self.usedToday = usedToday
    }

    /// What a bank's limit of the day leaves, in fen; nil where it has no such limit.
    public func leftToday(at bank: TopUpBank) -> Money? {
        bank.settings.mostPerDay.map { Money(fen: max(0, $0.fen - (usedToday[bank.code]?.fen ?? 0))) }
    }
}

/// A version of a bank's settings: who wanted it and why, and what another person decided.
public struct TopUpBankVersion: Sendable {
    /// Another person's decision.
    public struct Decision: Sendable {
        /// Whether it is in force from then on, or was sent back.
        public let isGranted: Bool
        /// Who decided.
        public let by: String
        /// Why it was sent back; nil where it was granted.
        public let reason: String?
        /// When.
        public let at: Date
    }

    /// From 1 on.
    public let version: Int
    /// What was proposed.
    public let settings: TopUpBankSettings
    /// Why.
    public let reason: String
    /// Who proposed it.
    public let proposedBy: String
    /// The same person's row.
    public let proposerID: StaffMember.ID
    /// When.
    public let proposedAt: Date
    /// What was decided; nil while it waits.
    public let decision: Decision?
}

/// A change of a bank that waits for a second person.
public struct WaitingBankChange: Sendable {
    /// The bank's code.
    public let code: String
    /// The bank's name.
    public let name: String
    /// Why.
    public let reason: String
    /// Who proposed it.
    public let proposedBy: String
    /// When.
    public let proposedAt: Date
}

/// Why a bank's settings were not changed.
public enum TopUpBankError: Error, Hashable, Sendable {
    /// There is no such bank.
    case notFound
    /// The role or region does not reach.
    case notAllowed
    /// A reason has to be given, of at most 200 characters.
    case reasonMissing
    /// The notice is too long, there are too many windows, or the limits contradict each other.
    case impossible
    /// The proposal is what is in force.
    case unchanged
    /// A proposal waits already.
    case alreadyProposed
    /// Somebody else has changed it, or decided, in between.
    case stale
    /// The decider proposed it.
    case samePerson
}
