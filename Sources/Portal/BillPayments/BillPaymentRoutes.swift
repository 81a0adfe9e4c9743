import Hummingbird
import Payments

/// 对公消费: ask for the bills, choose, confirm, result. The steps before the confirmation change nothing and live in the
/// address, so that Back and bookmarks work.
struct BillPaymentRoutes: Sendable {
    let portal: Portal

    private var payments: BillPayments { portal.platform.billPayments }

    func register(on routes: Routes) {
        routes.clerk.get(.newBillPayment, use: steps)
        routes.clerk.post(.billQueries, use: ask)
        routes.clerk.post(.billPayments, repeating: ["bill"], use: pay)
        routes.clerk.get(.billPayment(.number), use: show)
    }

    /// The step that the address has come to.
    private func steps(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let fields = request.queryFields
        guard fields.has("query") else {
            let notice =
                fields.has("expired") ? Notice("账单查询已超过 15 分钟，请重新查询，未扣款。", .warning, isAlert: true) : nil
            return .page(
                try await choicePage(
                    context, Self.choice(fields, home: context.session.cityCode), notice: notice))
        }
        let command = CommandID(fields["command"]) ?? CommandID(effects: portal.platform.effects)
        // Back after the payment comes to the order, and not to a form that would pay a second time.
        if fields.has("command"),
            let number = try await portal.platform.result(of: command, by: context.clerk)
        {
            return .seeOther(.billPayment(number))
        }
        guard context.session.enterpriseState.paysMoney else {
            return .page(try await choicePage(context, Self.choice(fields, home: context.session.cityCode)))
        }
        guard let query = try await payments.query(fields.text("query"), of: context.session.enterpriseID)
        else {
            throw SiteError.notFound
        }
        guard portal.platform.effects.now() < query.expiresAt else {
            return .seeOther(Path.askingAgain(query).with("expired", "1"))
        }
        let available = try await portal.platform.statements.available(of: context.session.enterpriseID)
        guard fields.has("confirm") else {
            return .page(
                try billPage(
                    context, query, available, command, chosen: fields.has("bill") ? fields.all("bill") : nil,
                    typed: fields.has("amount") ? fields.text("amount") : nil))
        }
        switch Self.plan(query, fields) {
        case .success(let plan):
            return .page(
                try await confirmation(
                    context, query, plan, available, command, payer: context.session.merchantNumber,
                    replaced: fields.text("replaces"), notice: try await warning(of: query, context)))
        case .failure(let error):
            let page = try billPage(
                context, query, available, command, chosen: fields.all("bill"), typed: fields.text("amount"),
                errors: [error])
            return .page(page, status: .unprocessableContent)
        }
    }

    /// That a prepayment may be one too many; bills that are paid already cannot be paid twice anyway.
    private func warning(of query: BillQuery, _ context: ClerkContext) async throws -> Notice? {
        guard query.biller.amountRule == .prepayment,
            let number = try await payments.underWay(for: query, of: context.session.enterpriseID)
        else { return nil }
        return Notice("该户号已有一笔缴费在处理中（\(number)），请确认这不是重复缴费。", .warning)
    }

    /// - Parameter replaced: the number of a payment that went back because its bills had changed; empty for none.
    private func confirmation(
        _ context: ClerkContext, _ query: BillQuery, _ plan: BillPayments.Plan, _ available: Money,
        _ command: CommandID, payer: String, replaced: String, notice: Notice? = nil,
        refusal: BillPaymentRefusal? = nil
    ) async throws -> ConfirmBillPaymentPage {
        let payment =
            replaced.isEmpty
            ? nil : try await payments.history(replaced, of: context.session.enterpriseID)?.payment
        return ConfirmBillPaymentPage(
            layout: context.layout, query: query, plan: plan, cityName: query.cityName,
            itemName: query.itemName, available: available, command: command.text, payer: payer,
            replaced: payment, notice: notice, refusal: refusal)
    }

    private func ask(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let choice = Self.choice(context.form, home: context.session.cityCode)
        guard context.session.enterpriseState.paysMoney else {
            return .page(
                try await choicePage(context, choice, isRefused: true), status: .unprocessableContent)
        }
        var errors: [FieldError] = []
        if choice.city.isEmpty { errors.append(FieldError("city", "请选择城市")) }
        if choice.item.isEmpty { errors.append(FieldError("item", "请选择缴费项目")) }
        if choice.biller.isEmpty { errors.append(FieldError("biller", "请选择收费单位")) }
        if choice.customerNumber.isEmpty { errors.append(FieldError("customerNumber", "请输入户号")) }
        if errors.isEmpty {
            do {
                let number = try await payments.ask(
                    biller: choice.biller, city: choice.city, item: choice.item,
                    customerNumber: choice.customerNumber, by: context.clerk)
                return .seeOther(.newBillPayment.with("query", number))
            } catch BillPaymentError.unknownBiller {
                errors.append(FieldError("biller", "请从所选城市和缴费项目的列表中选择收费单位"))
            } catch BillPaymentError.malformedNumber {
                errors.append(FieldError("customerNumber", "户号的格式不对，请对照提示检查"))
            }
        }
        return .page(try await choicePage(context, choice, errors: errors), status: .unprocessableContent)
    }

    private func pay(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let form = context.form
        let command = try CommandID(posted: form["command"])
        guard let query = try await payments.query(form.text("query"), of: context.session.enterpriseID)
        else {
            throw SiteError.notFound
        }
        let plan: BillPayments.Plan
        switch Self.plan(query, form) {
        case .success(let checked): plan = checked
        case .failure(let error):
            let available = try await portal.platform.statements.available(of: context.session.enterpriseID)
            let page = try billPage(
                context, query, available, command, chosen: form.all("bill"), typed: form.text("amount"),
                errors: [error])
            return .page(page, status: .unprocessableContent)
        }
        do {
            let number = try await payments.pay(
                command, query: query, plan: plan, account: form.text("payer"),
                password: form["paymentPassword"],
                by: context.clerk)
            return .seeOther(.billPayment(number))
        } catch {
            guard let refusal = BillPaymentRefusal(error, query: query) else { throw error }
            let available = try await portal.platform.statements.available(of: context.session.enterpriseID)
            let page = try await confirmation(
                context, query, plan, available, command, payer: form.text("payer"),
                replaced: form.text("replaces"), refusal: refusal)
            return .page(page, status: .unprocessableContent)
        }
    }

    private func show(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let number = try context.number
        guard let (payment, events) = try await payments.history(number, of: context.session.enterpriseID)
        else {
            throw SiteError.notFound
        }
        let movements = try await portal.platform.statements.movements(
            of: number, enterprise: context.session.enterpriseID)
        var changed: BillQuery?
        if let number = payment.changedQueryNumber {
            changed = try await payments.query(number, of: context.session.enterpriseID)
        }
        return .page(
            try BillPaymentPage(
                layout: context.layout, payment: payment, events: events, movements: movements,
                cityName: payment.cityName, changed: changed))
    }

    private func choicePage(
        _ context: ClerkContext, _ choice: NewBillPaymentPage.Choice, notice: Notice? = nil,
        isRefused: Bool = false, errors: [FieldError] = []
    ) async throws -> NewBillPaymentPage {
        async let catalogue = portal.platform.billers.catalogue(city: choice.city)
        async let available = portal.platform.statements.available(of: context.session.enterpriseID)
        let found = try await catalogue
        return NewBillPaymentPage(
            layout: context.layout, enterpriseState: context.session.enterpriseState, cities: found.cities,
            items: found.items, billers: found.billers,
            home: (context.session.cityCode, context.session.cityName), choice: choice,
            available: try await available, notice: notice, isRefused: isRefused, errors: errors)
    }

    private func billPage(
        _ context: ClerkContext, _ query: BillQuery, _ available: Money, _ command: CommandID,
        chosen: [String]? = nil, typed: String? = nil, errors: [FieldError] = []
    ) throws -> BillPage {
        try BillPage(
            layout: context.layout, query: query, cityName: query.cityName, itemName: query.itemName,
            available: available, command: command.text, chosen: chosen, typedAmount: typed, errors: errors)
    }

    /// The company's own city is the first suggestion.
    private static func choice(_ fields: FormFields, home: String) -> NewBillPaymentPage.Choice {
        NewBillPaymentPage.Choice(
            city: fields.has("city") ? fields.text("city") : home, item: fields.text("item"),
            biller: fields.text("biller"), customerNumber: fields.text("customerNumber").uppercased())
    }

    /// What is to be paid, or what is wrong with the choice.
    private static func plan(_ query: BillQuery, _ fields: FormFields) -> Result<
        BillPayments.Plan, FieldError
    > {
        do {
            let amount =
                query.biller.amountRule == .prepayment ? try Money(entered: fields.text("amount")) : nil
            return .success(try BillPayments.plan(query, chosen: fields.all("bill"), amount: amount))
        } catch let error as MoneyEntryError {
            return .failure(FieldError("amount", error.sentence(name: "缴费金额")))
        } catch BillPaymentError.amountOutside(let least, let most) {
            return .failure(FieldError("amount", "缴费金额须在 \(least.formatted) 元至 \(most.formatted) 元之间"))
        } catch BillPaymentError.nothingToPay {
            return .failure(FieldError("bill", "没有需要缴纳的账单"))
        } catch {
            return .failure(FieldError("bill", "请至少选择一笔账单"))
        }
    }
}

/// A payment that was not submitted, in the words of the confirmation page.
struct BillPaymentRefusal {
    /// What stands in the way, where it belongs to no field.
    var notice: Notice?
    /// What is wrong with what was entered.
    var errors: [FieldError] = []
    /// Where to go from here, when entering it again would not help.
    var wayOn: WayOn?

    /// Nil for what is not the clerk's to mend.
    init?(_ error: any Error, query: BillQuery) {
        switch error {
        case let error as PaymentAuthorizationError:
            errors = [FieldError("paymentPassword", error.sentence)]
        case BillPaymentError.balanceShort(let missing):
            refuse("可用余额不足，还差 \(missing.formatted) 元，未扣款。", .toppingUp(missing))
        case BillPaymentError.alreadyBeingPaid(let number?):
            refuse("这笔账单已有一笔缴费在处理中（\(number)），请勿重复缴费。", WayOn("查看处理中的缴费", .billPayment(number)))
        case BillPaymentError.alreadyBeingPaid(nil):
            refuse("这笔账单已有一笔缴费在处理中，请勿重复缴费。", WayOn("返回首页", .account))
        case BillPaymentError.queryExpired:
            refuse("账单查询已超过 15 分钟，未扣款。", WayOn("重新查询账单", .askingAgain(query)))
        case BillPaymentError.enterpriseNotActive:
            refuse("账户目前不能缴费，未扣款。请联系客户经理。", WayOn("返回首页", .account))
        default: return nil
        }
    }

    private mutating func refuse(_ sentence: String, _ way: WayOn) {
        notice = Notice(sentence, .warning, isAlert: true)
        wayOn = way
    }
}

/// The next step that is offered where the one wanted cannot be taken.
struct WayOn: Sendable {
    let label: String
    let address: String

    init(_ label: String, _ path: Path) {
        self.label = label
        address = path.text
    }

    /// 去充值 with the missing amount filled in.
    static func toppingUp(_ missing: Money) -> WayOn {
        WayOn("去充值", .newTopUp.with("amount", missing.plain))
    }
}

extension PaymentAuthorizationError {
    /// What is wrong, without saying which of number and password it was.
    var sentence: String {
        switch self {
        case .refused(let left): "商户编号（登录ID）或支付密码不正确，还可以尝试 \(left) 次"
        case .locked(let until): "支付密码错误次数过多，\(BeijingTime.minute(until)) 前不能支付"
        case .busy: "系统繁忙，请稍后再试，未扣款"
        }
    }
}
