import Payments

/// What the lists of 开户 offer.
struct OpeningChoices: Sendable {
    let cities: [SelectField.Group]
    let banks: [SelectField.Group]

    /// The cities of a region by province; banks that many use first, the others after them.
    init(provinces: [Province], banks: [BankName], within region: Region) {
        cities = provinces.compactMap { province in
            let options = province.cities
                .filter { region.covers(city: $0.code, of: province.code) }
                .map { SelectField.Option($0.code, $0.name) }
            return options.isEmpty ? nil : SelectField.Group(province.name, options)
        }
        func group(_ label: String, _ banks: [BankName]) -> SelectField.Group {
            SelectField.Group(label, banks.map { SelectField.Option($0.code, $0.name) })
        }
        self.banks = [
            group("常用银行", banks.filter(\.isSuggested)), group("其他银行", banks.filter { !$0.isSuggested }),
        ].filter { !$0.options.isEmpty }
    }
}

/// 开户: the application, empty, refused, or come back from the reviewer.
struct OpeningFormPage: Page {
    /// Whether the application is new.
    enum Occasion: Sendable {
        case new
        /// It came back; with the version that was sent back and its content.
        case returned(AccountOpeningCase, version: Int, form: AccountOpeningForm)

        /// What to fill the form with: numbers are not put into a page again.
        var shownForm: AccountOpeningForm {
            guard case .returned(_, _, var form) = self else { return AccountOpeningForm() }
            form.accountNumber = ""
            form.operatorMobile = ""
            return form
        }
    }

    /// The enterprise that has the credit code already.
    struct Existing: Sendable {
        let label: String
        let address: String
    }

    let layout: Layout
    let heading: String
    let address: String
    let command: String
    let version: Int
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    let returned: Notice?
    let existing: Existing?
    let enterpriseFields: [TextField]
    let city: SelectField
    let internetBankingBank: SelectField
    let operatorFields: [TextField]
    let accountBank: SelectField
    let accountFields: [TextField]

    init(
        layout: Layout, occasion: Occasion, form: AccountOpeningForm, command: String,
        choices: OpeningChoices,
        faults: AccountOpeningFaults? = nil
    ) {
        let errors = faults?.fieldErrors ?? []
        self.layout = layout
        self.command = command
        hasErrors = !errors.isEmpty
        errorSummary = ErrorSummary(errors)
        existing = faults?.existingCustomer
        var mobileHint = "激活链接将发送到此手机"
        var accountHint: String?
        switch occasion {
        case .new:
            heading = "开户"
            address = Path.enterprises.text
            version = 0
            returned = nil
        case .returned(let opening, let shown, _):
            heading = "修改开户申请 \(opening.number)"
            address = Path.opening(opening.number).text
            version = shown
            returned = opening.returnNotice
            mobileHint = "留空则沿用 \(opening.operatorMobileMasked)；\(mobileHint)"
            accountHint = "留空则沿用尾号 \(opening.accountNumberTail) 的账号"
        }
        func field(
            _ name: String, _ label: String, _ value: String, kind: TextField.Kind = .text,
            hint: String? = nil,
            maximum: Int
        ) -> TextField {
            TextField(
                name, label: label, value: value, kind: kind, hint: hint, maximum: maximum, errors: errors)
        }
        enterpriseFields = [
            field("enterpriseName", "单位名称", form.enterpriseName, hint: "与营业执照一致", maximum: 100),
            field("creditCode", "统一社会信用代码", form.creditCode, hint: "18 位，可含空格", maximum: 40),
            field("legalRepresentative", "法定代表人（负责人）", form.legalRepresentative, maximum: 60),
        ]
        city = SelectField(
            "cityCode", label: "所在城市", value: form.cityCode, groups: choices.cities, placeholder: "请选择城市",
            errors: errors)
        internetBankingBank = SelectField(
            "internetBankingBank", label: "已开通企业网银", value: form.internetBankingBank, groups: choices.banks,
            placeholder: "请选择银行", errors: errors)
        operatorFields = [
            field("operatorName", "授权经办人", form.operatorName, maximum: 60),
            field("operatorMobile", "手机号", form.operatorMobile, kind: .mobile, hint: mobileHint, maximum: 20),
            field(
                "loginID", "登录ID", form.loginID, hint: "4 至 32 位字母、数字或 . _ -，以字母开头", maximum: 32),
        ]
        accountBank = SelectField(
            "accountBank", label: "开户银行", value: form.accountBank, groups: choices.banks,
            placeholder: "请选择银行",
            errors: errors)
        accountFields = [
            field("lineNumber", "联行号", form.lineNumber, kind: .digits, hint: "12 位数字", maximum: 20),
            field("accountNumber", "账号", form.accountNumber, hint: accountHint, maximum: 40),
            field("holderName", "户名", form.holderName, hint: "必须与单位名称一致；银行报文不能传送 & = { } [ ]", maximum: 100),
        ]
    }
}
