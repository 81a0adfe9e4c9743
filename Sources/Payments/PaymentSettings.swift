/// What an operator of the platform may set; the defaults are production's.
public struct PaymentSettings: Sendable {
    /// Where people reach the portal, without a trailing slash. Part of links in messages and of what the bank is told.
    public var publicAddress: String
    /// Where the bank's server reaches the portal, without a trailing slash.
    public var callbackAddress: String
    /// The gateway's address up to and without `/gateway/api`.
    public var bankAddress: String
    /// Where the bank's files are fetched, a whole address; nil where they come from the gateway's own.
    public var bankFileAddress: String?
    /// The address of the bank that keeps the reserve account, without a trailing slash.
    public var reserveBankAddress: String
    /// Our merchant number at the bank, 15 characters.
    public var merchantID: String
    /// The message centre's address, without a trailing slash.
    public var phoneAddress: String
    /// Seconds a top-up may stay unpaid at the bank; a second person at the company may have to release it there.
    public var topUpLifetimeSeconds: Int
    /// Seconds to wait for the bank's answer.
    public var bankTimeoutSeconds: Double
    /// Seconds to wait for the file of a settlement day, which may be long.
    public var fileTimeoutSeconds: Double
    /// Seconds to wait for a biller's answer to a payment.
    public var billerTimeoutSeconds: Double
    /// Seconds to wait for a biller's answer to a bill query, while the clerk waits for the page.
    public var billQueryTimeoutSeconds: Double
    /// Seconds before the first question about a payout.
    public var firstPayoutQuerySeconds: Int
    /// How many years the bank's messages are kept; the database keeps them for five whatever stands here.
    public var messageRetentionYears: Int

    /// Production's values, with the addresses that have no default.
    public init(
        publicAddress: String, callbackAddress: String, bankAddress: String,
        bankFileAddress: String? = nil, reserveBankAddress: String? = nil, merchantID: String,
        phoneAddress: String, topUpLifetimeSeconds: Int = 72 * 3600, bankTimeoutSeconds: Double = 30,
        fileTimeoutSeconds: Double = 300,
        billerTimeoutSeconds: Double = 20, billQueryTimeoutSeconds: Double = 5,
        firstPayoutQuerySeconds: Int = 180, messageRetentionYears: Int = 10
    ) {
        self.publicAddress = publicAddress
        self.callbackAddress = callbackAddress
        self.bankAddress = bankAddress
        self.bankFileAddress = bankFileAddress
        self.reserveBankAddress = reserveBankAddress ?? bankAddress
        self.merchantID = merchantID
        self.phoneAddress = phoneAddress
        self.topUpLifetimeSeconds = topUpLifetimeSeconds
        self.bankTimeoutSeconds = bankTimeoutSeconds
        self.fileTimeoutSeconds = fileTimeoutSeconds
        self.billerTimeoutSeconds = billerTimeoutSeconds
        self.billQueryTimeoutSeconds = billQueryTimeoutSeconds
        self.firstPayoutQuerySeconds = firstPayoutQuerySeconds
        self.messageRetentionYears = messageRetentionYears
    }
}
