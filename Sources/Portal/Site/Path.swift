/// An address of this site. The only source of URLs: routes are registered under the same values that links,
/// forms and redirects are made from, so a link to nowhere does not compile.
///
/// A part that varies is given as a value when linking and as a ``Parameter`` when registering:
/// `Path.enterprise("M01234567890123").text`, `Path.enterprise(.merchantNumber)`.
public struct Path: Hashable, Sendable, CustomStringConvertible {
    /// One part between two slashes.
    enum Segment: Hashable, Sendable {
        /// A word of ours, or a value that stands for itself.
        case text(String)
        /// A place in a route that takes any value.
        case parameter(Parameter)
    }

    /// The name of a varying part in a route's pattern, and the key under which a handler reads it.
    public struct Parameter: Hashable, Sendable {
        /// As the router knows it.
        let name: String

        /// Whether the value may not be written to any log.
        var isSecret: Bool { self == .token }

        static let merchantNumber = Parameter(name: "merchantNumber")
        static let number = Parameter(name: "number")
        static let day = Parameter(name: "day")
        static let token = Parameter(name: "token")
    }

    let segments: [Segment]
    private let query: [String]

    init(_ segments: Segment..., query: [String] = []) {
        self.init(segments: segments, query: query)
    }

    init(segments: [Segment], query: [String] = []) {
        self.segments = segments
        self.query = query
    }

    /// The address as it stands in a link: percent-encoded, with its query.
    public var text: String {
        let path = segments.map { segment in
            switch segment {
            case .text(let text): "/" + PercentEncoding.encode(text)
            case .parameter(let parameter): "/:" + parameter.name
            }
        }
        let base = path.isEmpty ? "/" : path.joined()
        return query.isEmpty ? base : base + "?" + query.joined(separator: "&")
    }

    /// As in a link.
    public var description: String { text }

    /// The same address with a value in its query; nil and empty values leave it as it is.
    public func with(_ name: String, _ value: String?) -> Path {
        guard let value, !value.isEmpty else { return self }
        let pair = PercentEncoding.encode(name) + "=" + PercentEncoding.encode(value)
        return Path(segments: segments, query: query + [pair])
    }

    /// The address below this one.
    func below(_ word: String) -> Path { Path(segments: segments + [.text(word)]) }

    /// The address below this one that a value names.
    func below(_ value: some PathValue) -> Path { Path(segments: segments + [value.segment]) }

    /// The address that `text` spells, if it fits this pattern and its varying parts are plain numbers or words.
    /// Its query goes along, encoded anew; one that no page of ours makes is dropped. Never gives an address on another
    /// host, because the parts are put together anew.
    func matching(_ text: String) -> Path? {
        guard text.first == "/" else { return nil }
        let parts = text.prefix { $0 != "?" && $0 != "#" }.dropFirst()
            .split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == segments.count else { return nil }
        var found: [Segment] = []
        for (segment, part) in zip(segments, parts) {
            switch segment {
            case .text(let word):
                guard part == word else { return nil }
            case .parameter:
                let isPlain = part.utf8.allSatisfy {
                    PercentEncoding.isUnreserved($0) && $0 != UInt8(ascii: ".")
                }
                guard isPlain, (1...64).contains(part.utf8.count) else { return nil }
            }
            found.append(.text(String(part)))
        }
        let query = text.prefix { $0 != "#" }.drop { $0 != "?" }.dropFirst()
        guard query.utf8.count <= Self.longestQuery, let fields = FormFields(urlencoded: query.utf8) else {
            return Path(segments: found)
        }
        return fields.pairs.reduce(Path(segments: found)) { $0.with($1.name, $1.value) }
    }

    /// The longest query that is kept of an address from a request; ours are far shorter.
    private static let longestQuery = 1024
}

/// What can stand for a varying part of an address: a number of ours, or its place in a route.
protocol PathValue {
    var segment: Path.Segment { get }
}

extension String: PathValue {
    var segment: Path.Segment { .text(self) }
}

extension Path.Parameter: PathValue {
    var segment: Path.Segment { .parameter(self) }
}

extension PathValue where Self == Path.Parameter {
    /// The place of a 商户编号.
    static var merchantNumber: Path.Parameter { Path.Parameter.merchantNumber }
    /// The place of an order's or a case's number.
    static var number: Path.Parameter { Path.Parameter.number }
    /// The place of a day, `2026-11-22`.
    static var day: Path.Parameter { Path.Parameter.day }
    /// The place of a one-time secret; kept out of the logs.
    static var token: Path.Parameter { Path.Parameter.token }
}

extension Path {
    // Anyone.
    /// 首页.
    public static let home = Path()
    /// 商户登录.
    public static let login = Path(.text("login"))
    /// Where a clerk's sign-out is posted.
    public static let logout = Path(.text("logout"))
    /// The page behind a one-time activation link.
    static func activation(_ token: some PathValue) -> Path { Path(.text(activationWord), token.segment) }
    /// How the addresses begin that hold a secret.
    static let activationWord = "activation"
    /// After an activation.
    static let activated = Path(.text("activated"))
    /// Whether the process lives.
    static let health = Path(.text("health"))
    /// Whether the process can serve.
    static let ready = Path(.text("ready"))
    /// A file of `Public/`.
    static func file(_ name: String) -> Path { Path(.text(name)) }

    // Clerks.
    /// 商户首页.
    public static let account = Path(.text("account"))
    /// Where a new 充值 is posted, and the list of them.
    static let topUps = account.below("top-ups")
    /// 充值.
    static let newTopUp = topUps.below("new")
    /// One 充值.
    static func topUp(_ number: some PathValue) -> Path { topUps.below(number) }
    /// Where a new 缴费 is posted.
    static let billPayments = account.below("bill-payments")
    /// 对公消费.
    static let newBillPayment = billPayments.below("new")
    /// One 缴费.
    static func billPayment(_ number: some PathValue) -> Path { billPayments.below(number) }
    /// Where a new 提现 is posted.
    static let withdrawals = account.below("withdrawals")
    /// 结算.
    static let newWithdrawal = withdrawals.below("new")
    /// One 提现.
    static func withdrawal(_ number: some PathValue) -> Path { withdrawals.below(number) }
    /// 交易明细.
    static let transactions = account.below("transactions")

    // Staff.
    /// 待办.
    public static let admin = Path(.text("admin"))
    /// 工作人员登录.
    public static let adminLogin = admin.below("login")
    /// Where a staff member's sign-out is posted.
    public static let adminLogout = admin.below("logout")
    /// 修改密码 of staff.
    static let adminPassword = admin.below("password")
    /// 单位.
    static let enterprises = admin.below("enterprises")
    /// 开户.
    static let newEnterprise = enterprises.below("new")
    /// One 单位.
    static func enterprise(_ merchantNumber: some PathValue) -> Path { enterprises.below(merchantNumber) }
    /// 待审核.
    static let approvals = admin.below("approvals")
    /// One case under review.
    static func approval(_ number: some PathValue) -> Path { approvals.below(number) }
    /// Where 通过 is posted.
    static func approvalGrant(_ number: some PathValue) -> Path { approval(number).below("approval") }
    /// Where 退回 is posted.
    static func approvalReturn(_ number: some PathValue) -> Path { approval(number).below("return") }
    /// One order, as staff see it.
    static func staffOrder(_ number: some PathValue) -> Path { staffOrders.below(number) }
    /// One opening case of 开户.
    static func opening(_ number: some PathValue) -> Path { admin.below("openings").below(number) }
}
