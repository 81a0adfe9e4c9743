import Payments

extension AccountOpeningFaults {
    /// What is wrong in the order of the page, each with what to do.
    var fieldErrors: [FieldError] {
        var errors: [FieldError] = []
        func add(_ field: String, _ message: String?) {
            if let message { errors.append(FieldError(field, message)) }
        }
        add("enterpriseName", enterpriseName?.sentence(name: "单位名称"))
        add("creditCode", creditCode?.sentence)
        add("legalRepresentative", legalRepresentative?.sentence(name: "法定代表人（负责人）"))
        add("cityCode", cityCode?.sentence(name: "所在城市"))
        add("internetBankingBank", internetBankingBank?.sentence(name: "已开通企业网银的银行"))
        add("operatorName", operatorName?.sentence(name: "授权经办人"))
        add("operatorMobile", operatorMobile?.sentence)
        add("loginID", loginID?.sentence)
        add("accountBank", accountBank?.sentence(name: "开户银行"))
        add("lineNumber", lineNumber?.sentence)
        add("accountNumber", accountNumber?.sentence)
        add("holderName", holderName?.sentence)
        return errors
    }

    /// The customer who has the credit code already.
    var existingCustomer: OpeningFormPage.Existing? {
        guard case .alreadyCustomer(let number, let name) = creditCode else { return nil }
        return OpeningFormPage.Existing(label: "\(name)（\(number)）", address: Path.enterprise(number).text)
    }
}

extension NameFault {
    fileprivate func sentence(name: String) -> String {
        switch self {
        case .empty: "请输入\(name)"
        case .wrongLength(let longest): "\(name)过短或超过 \(longest) 个字"
        case .wrongCharacter: "\(name)含有无法显示的字符，请重新输入"
        case .notForTheBank: BankText.sentence(name: name)
        }
    }
}

extension BankText {
    /// Why a name with one of these characters is refused.
    fileprivate static func sentence(name: String) -> String {
        "\(name)不能含 \(separators.map(String.init).joined(separator: " ")) 等字符，银行报文无法传送；确有此字符的请改用全角形式"
    }
}

extension ChoiceFault {
    fileprivate func sentence(name: String) -> String {
        switch self {
        case .empty: "请选择\(name)"
        case .unknown: "\(name)不在列表中，请重新选择"
        case .outsideRegion: "\(name)不在您的负责区域内"
        }
    }
}

extension CreditCodeFault {
    fileprivate var sentence: String {
        switch self {
        case .form(.empty): "请输入统一社会信用代码"
        case .form(.wrongLength): "统一社会信用代码应为 18 位"
        case .form(.wrongCharacter): "统一社会信用代码只含数字和大写字母，不含 I、O、S、V、Z"
        case .form(.wrongCheckCharacter): "统一社会信用代码的校验位不符，请逐位核对"
        case .alreadyCustomer: "该统一社会信用代码已经开户"
        case .taken: "该统一社会信用代码已被使用，请联系运营员核实"
        }
    }
}

extension OperatorMobileFault {
    fileprivate var sentence: String {
        switch self {
        case .form(.empty): "请输入手机号"
        case .form(.notAMobileNumber): "手机号应为 11 位，以 1 开头"
        case .belongsToStaff: "该手机号属于工作人员；授权经办人须是单位自己的人员"
        }
    }
}

extension LoginIDFault {
    fileprivate var sentence: String {
        switch self {
        case .form(.empty): "请输入登录ID"
        case .form(.wrongLength): "登录ID 应为 4 至 32 位"
        case .form(.wrongCharacter): "登录ID 只能用字母、数字和 . _ -，并以字母开头"
        case .form(.looksLikeMerchantNumber): "登录ID 不能与商户编号的形式相同"
        case .taken: "该登录ID 已被使用，请换一个"
        }
    }
}

extension BankLineNumber.Fault {
    fileprivate var sentence: String {
        switch self {
        case .empty: "请输入联行号"
        case .notTwelveDigits: "联行号应为 12 位数字"
        }
    }
}

extension BankAccountNumber.Fault {
    fileprivate var sentence: String {
        switch self {
        case .empty: "请输入账号"
        case .wrongForm: "账号应为 8 至 32 位数字或字母"
        }
    }
}

extension HolderFault {
    fileprivate var sentence: String {
        switch self {
        case .empty: "请输入户名"
        case .differsFromEnterprise: "户名必须与单位名称一致"
        case .wrongCharacter: "户名含有无法显示的字符，请重新输入"
        case .notForTheBank: BankText.sentence(name: "户名")
        }
    }
}
