/// What an operator of the site may set; the defaults suit one machine.
public struct PortalSettings: Sendable {
    /// Where people reach the portal, without a trailing slash: `https://pay.example.cn`.
    public var publicAddress: String
    /// The address to listen on.
    public var listenHost: String
    /// The port to listen on; 0 takes a free one.
    public var listenPort: Int
    /// The address of the one proxy whose `X-Forwarded-For` is believed. Nil: none, and the header is ignored.
    public var trustedProxy: String?
    /// The origin of the bank's page, which the hand-off page may post to: `https://gateway.95516.com`.
    public var bankOrigin: String
    /// The folder with style sheet, script and icons.
    public var publicFolder: String
    /// Connections at the same time, over which new ones wait.
    public var connectionLimit: Int
    /// Seconds after which a silent connection is closed.
    public var idleConnectionSeconds: Int64

    /// Puts the settings together.
    public init(
        publicAddress: String, listenHost: String = "127.0.0.1", listenPort: Int = 8080,
        trustedProxy: String? = nil, bankOrigin: String, publicFolder: String = "Public",
        connectionLimit: Int = 2000, idleConnectionSeconds: Int64 = 60
    ) {
        self.publicAddress = publicAddress
        self.listenHost = listenHost
        self.listenPort = listenPort
        self.trustedProxy = trustedProxy
        self.bankOrigin = bankOrigin
        self.publicFolder = publicFolder
        self.connectionLimit = connectionLimit
        self.idleConnectionSeconds = idleConnectionSeconds
    }

    /// Whether people come by TLS, so that their browsers may be told never to come otherwise.
    var isSecure: Bool { publicAddress.hasPrefix("https://") }
}
