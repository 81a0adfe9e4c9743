/// What the frame around every page shows: who is signed in, the part of the menu, the token of forms.
/// `Layout.mustache` is the frame for everybody, `AdminLayout.mustache` the one for staff.
///
/// A request's context makes it once, from what the session knows; a page marks its own part of the menu with
/// ``marking(_:)``. The title is a block of the templates, because it is text.
public struct Layout: Sendable {
    /// The parts of the site that a menu marks.
    enum Section: Sendable {
        case account, topUps, billPayments, withdrawals, statements
        case accountReconciliation, messages
        case opening, approvals, enterprises
        case reconciliation, differences, orders, withdrawalQueue, settlements, channels, banks, followUps
    }

    /// The token that every form sends back; empty where a page has none.
    var csrf: String
    /// Changes when a file of `Public/` does, so that browsers may keep those files.
    var assetVersion = ""

    /// Whether a clerk is signed in.
    let isClerk: Bool
    /// 单位名称 of the signed-in clerk.
    let enterpriseName: String
    /// The signed-in clerk's name.
    let operatorName: String

    /// How many messages the signed-in clerk has not read, `99+` for more; nil for none.
    var unreadMessages: String?

    /// Whether a member of staff is signed in.
    let isStaff: Bool
    /// The name of the signed-in member of staff.
    let staffName: String
    /// 客户经理, 审核员, 运营员 or 审计员.
    let roleLabel: String
    /// The region whose companies they see: a city, a province or 全国.
    let regionName: String
    /// Whether the menu offers 开户.
    let canOpenAccounts: Bool
    /// Whether the menu offers 待审核.
    let canReview: Bool
    /// Whether the menu offers what is about money and banks: 对账, 差异处理, 订单查询, 提现处理, 收费单位结算, 收付通道, 银行渠道, 事后监控.
    var seesOperations = false
    /// Whether the menu offers 银行报文.
    var canSeeBankMessages = false

    /// Seconds without a request after which the session ends; the page warns two minutes earlier.
    var sessionSeconds = 900
    /// Whom to call, shown at the same place on every page (WCAG 3.2.6).
    var servicePhone = "400-000-0000"

    /// Whether 商户首页 is the current part of the menu.
    private(set) var isAccount = false
    /// Whether 充值 is.
    private(set) var isTopUps = false
    /// Whether 对公消费 is.
    private(set) var isBillPayments = false
    /// Whether 结算 is.
    private(set) var isWithdrawals = false
    /// Whether 交易明细 is.
    private(set) var isStatements = false
    /// Whether 对账 of a clerk's enterprise is.
    private(set) var isAccountReconciliation = false
    /// Whether 提醒与消息 is.
    private(set) var isMessages = false
    /// Whether 开户 is.
    private(set) var isOpening = false
    /// Whether 待审核 is.
    private(set) var isApprovals = false
    /// Whether 企业列表 is.
    private(set) var isEnterprises = false
    /// Whether 对账 is.
    private(set) var isReconciliation = false
    /// Whether 差异处理 is.
    private(set) var isDifferences = false
    /// Whether 订单查询 is.
    private(set) var isOrders = false
    /// Whether 提现处理 is.
    private(set) var isWithdrawalQueue = false
    /// Whether 收费单位结算 is.
    private(set) var isSettlements = false
    /// Whether 收付通道 is.
    private(set) var isChannels = false
    /// Whether 银行渠道 is.
    private(set) var isBanks = false
    /// Whether 事后监控 is.
    private(set) var isFollowUps = false

    /// The frame for a browser without a session.
    static let signedOut = Layout(csrf: "")

    /// The frame for a browser without a session, with the token its forms need.
    init(csrf: String) {
        self.csrf = csrf
        isClerk = false
        enterpriseName = ""
        operatorName = ""
        isStaff = false
        staffName = ""
        roleLabel = ""
        regionName = ""
        canOpenAccounts = false
        canReview = false
    }

    /// The frame for a signed-in clerk.
    init(enterpriseName: String, operatorName: String, csrf: String) {
        self.csrf = csrf
        isClerk = true
        self.enterpriseName = enterpriseName
        self.operatorName = operatorName
        isStaff = false
        staffName = ""
        roleLabel = ""
        regionName = ""
        canOpenAccounts = false
        canReview = false
    }

    /// The frame for a signed-in member of staff, whose role decides what the menu offers.
    init(
        staffName: String, roleLabel: String, regionName: String, canOpenAccounts: Bool, canReview: Bool,
        csrf: String
    ) {
        self.csrf = csrf
        isClerk = false
        enterpriseName = ""
        operatorName = ""
        isStaff = true
        self.staffName = staffName
        self.roleLabel = roleLabel
        self.regionName = regionName
        self.canOpenAccounts = canOpenAccounts
        self.canReview = canReview
    }

    /// The same frame with one part of the menu marked as the current one.
    func marking(_ section: Section) -> Layout {
        var copy = self
        copy.isAccount = section == .account
        copy.isTopUps = section == .topUps
        copy.isBillPayments = section == .billPayments
        copy.isWithdrawals = section == .withdrawals
        copy.isStatements = section == .statements
        copy.isAccountReconciliation = section == .accountReconciliation
        copy.isMessages = section == .messages
        copy.isOpening = section == .opening
        copy.isApprovals = section == .approvals
        copy.isEnterprises = section == .enterprises
        copy.isReconciliation = section == .reconciliation
        copy.isDifferences = section == .differences
        copy.isOrders = section == .orders
        copy.isWithdrawalQueue = section == .withdrawalQueue
        copy.isSettlements = section == .settlements
        copy.isChannels = section == .channels
        copy.isBanks = section == .banks
        copy.isFollowUps = section == .followUps
        return copy
    }
}
