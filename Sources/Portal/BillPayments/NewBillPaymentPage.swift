import Payments

/// 对公消费, first step: which city, item, biller and customer number.
struct NewBillPaymentPage: Page {
    /// What has been chosen so far, as it came with the address or the refused form.
    struct Choice: Sendable {
        var city = ""
        var item = ""
        var biller = ""
        var customerNumber = ""
    }

    /// A city without a biller, and the cities that have some.
    struct EmptyCity: Sendable {
        /// Another city.
        struct Other: Sendable {
            let name: String
            let address: String
        }

        let name: String
        let hasOthers: Bool
        let others: [Other]
    }

    let layout: Layout
    let hasErrors: Bool
    let progress: Progress
    let errorSummary: ErrorSummary?
    let notice: Notice?
    /// Whether there is a form: the company may pay, and the chosen city has somebody to pay.
    let canChoose: Bool
    /// What stands in place of the form where the company's own city has no biller.
    let empty: EmptyCity?
    let city: SelectField
    let item: SelectField
    let biller: SelectField
    let customerNumber: TextField
    let available: String

    /// The steps of every bill payment.
    static let steps = ["选择缴费项目", "核对账单", "确认支付"]

    /// The step, empty, prefilled or refused.
    ///
    /// - Parameters:
    ///   - cities: the cities with billers.
    ///   - items: what can be paid in the chosen city.
    ///   - billers: the billers of the chosen city, of all its items; the script narrows them to the chosen item.
    ///   - home: the company's own city.
    ///   - notice: why the page is shown again, if so.
    ///   - isRefused: whether the page answers a form that the company's state did not let through.
    init(
        layout: Layout, enterpriseState: EnterpriseState = .active, cities: [(code: String, name: String)],
        items: [BillItem], billers: [Biller], home: (code: String, name: String), choice: Choice,
        available: Money, notice: Notice? = nil, isRefused: Bool = false, errors: [FieldError] = []
    ) {
        self.layout = layout.marking(.billPayments)
        hasErrors = !errors.isEmpty
        progress = Progress(Self.steps, current: 0)
        errorSummary = ErrorSummary(errors)
        let isEmpty = cities.isEmpty || choice.city == home.code && !cities.contains { $0.code == home.code }
        self.notice = enterpriseState.notice(isAlert: isRefused) ?? notice
        canChoose = enterpriseState.paysMoney && !isEmpty
        empty =
            enterpriseState.paysMoney && isEmpty
            ? EmptyCity(
                name: home.name, hasOthers: !cities.isEmpty,
                others: cities.map {
                    EmptyCity.Other(name: $0.name, address: Path.newBillPayment.with("city", $0.code).text)
                })
            : nil
        city = SelectField(
            "city", label: "城市", value: choice.city,
            options: cities.map { SelectField.Option($0.code, $0.name) },
            placeholder: "请选择", errors: errors)
        item = SelectField(
            "item", label: "缴费项目", value: choice.item,
            options: items.map { SelectField.Option($0.code, $0.name) },
            placeholder: "请选择", errors: errors)
        let groups = items.map { item in
            SelectField.Group(
                item.name,
                billers.filter { $0.billItem == item.code }.map { biller in
                    SelectField.Option(
                        biller.code, biller.name, scope: "\(biller.cityCode)/\(biller.billItem)",
                        note: biller.numberHint)
                })
        }
        biller = SelectField(
            "biller", label: "收费单位", value: choice.biller, groups: groups.filter { !$0.options.isEmpty },
            placeholder: "请选择", errors: errors)
        let chosen = billers.first { $0.code == choice.biller }
        customerNumber = TextField(
            "customerNumber", label: "户号", value: choice.customerNumber,
            hint: chosen?.numberHint ?? "缴费通知单或账单上的客户编号", maximum: 40, errors: errors)
        self.available = available.formatted
    }
}
