import Payments

/// The way to the bank: a signed form that sends itself, or is sent by its button where there is no script.
struct BankHandOffPage: Page {
    /// One hidden field of the signed form.
    struct Field: Sendable {
        let name: String
        let value: String
    }

    let layout: Layout
    let bankName: String
    /// Whether the payer chooses the bank on the gateway's own page.
    let isByGateway: Bool
    let number: String
    let amount: Amount
    let payeeName: String
    let gatewayAddress: String
    let fields: [Field]
    let orderAddress: String

    /// The page for a form that has just been signed.
    ///
    /// - Parameters:
    ///   - action: the gateway's address; the response's policy must allow forms to its origin.
    ///   - inputs: names and values of the signed message, in order.
    init(
        layout: Layout, topUp: TopUp, payee: String, action: String, inputs: [(name: String, value: String)]
    ) {
        self.layout = layout.marking(.topUps)
        bankName = topUp.bankName
        isByGateway = !topUp.isDirect
        number = topUp.number
        amount = Amount(topUp.amount)
        payeeName = payee
        gatewayAddress = action
        fields = inputs.map { Field(name: $0.name, value: $0.value) }
        orderAddress = Path.topUp(topUp.number).text
    }
}
