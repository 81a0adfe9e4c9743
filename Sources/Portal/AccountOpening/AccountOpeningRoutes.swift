import HTTPTypes
import Hummingbird
import Payments

/// 开户: a new application, and a returned one edited and submitted again.
struct AccountOpeningRoutes: Sendable {
    let portal: Portal

    /// Registers the forms of account managers.
    func register(on routes: Routes) {
        let group = routes.staff(.accountManager)
        group.get(.newEnterprise, use: newForm)
        group.post(.enterprises, use: submit)
        group.get(.opening(.number), use: returnedForm)
        group.post(.opening(.number), use: resubmit)
    }

    private func newForm(_ request: Request, _ context: StaffContext) async throws -> Response {
        let command = CommandID(effects: portal.platform.effects)
        return .page(try await page(.new, AccountOpeningForm(), command: command.text, context))
    }

    private func submit(_ request: Request, _ context: StaffContext) async throws -> Response {
        let form = AccountOpeningForm(context.form)
        let command = context.form["command"]
        do {
            let number = try await portal.platform.accountOpenings.submit(
                form, command: try CommandID(posted: command), by: context.session.member,
                from: context.origin,
                at: portal.platform.effects.now())
            return .seeOther(.approval(number))
        } catch let faults as AccountOpeningFaults {
            let page = try await page(.new, form, command: command, faults: faults, context)
            return .page(page, status: .unprocessableContent)
        }
    }

    private func returnedForm(_ request: Request, _ context: StaffContext) async throws -> Response {
        let number = try context.parameters.require(Path.Parameter.number.name)
        do {
            let returned = try await returned(number, context)
            let command = CommandID(effects: portal.platform.effects)
            return .page(try await page(returned, returned.shownForm, command: command.text, context))
        } catch AccountOpeningError.stale {
            // Decided or submitted again since: its page tells.
            return .seeOther(.approval(number))
        }
    }

    private func resubmit(_ request: Request, _ context: StaffContext) async throws -> Response {
        let number = try context.parameters.require(Path.Parameter.number.name)
        let command = context.form["command"]
        let typed = AccountOpeningForm(context.form)
        do {
            let draft = try await portal.platform.accountOpenings.draft(number, for: context.session.member)
            // Numbers are not put into the page again; an empty field keeps the one typed before.
            let form = typed.keepingNumbers(of: draft.form)
            do {
                try await portal.platform.accountOpenings.resubmit(
                    number, version: Int(context.form["version"]) ?? 0, form,
                    command: try CommandID(posted: command),
                    by: context.session.member, from: context.origin, at: portal.platform.effects.now())
            } catch let faults as AccountOpeningFaults {
                let returned = try await returned(number, context)
                let page = try await page(returned, typed, command: command, faults: faults, context)
                return .page(page, status: .unprocessableContent)
            }
        } catch AccountOpeningError.stale {
            return .seeOther(.approval(number))
        }
        return .seeOther(.approval(number))
    }

    private func returned(_ number: String, _ context: StaffContext) async throws -> OpeningFormPage.Occasion
    {
        let openings = portal.platform.accountOpenings
        let member = context.session.member
        guard let found = try await openings.find(number, for: member) else { throw SiteError.notFound }
        let draft = try await openings.draft(number, for: member)
        return .returned(found, version: draft.version, form: draft.form)
    }

    private func page(
        _ occasion: OpeningFormPage.Occasion, _ form: AccountOpeningForm, command: String,
        faults: AccountOpeningFaults? = nil, _ context: StaffContext
    ) async throws -> OpeningFormPage {
        let reference = portal.platform.reference
        let region = context.session.member.region
        let provinces = try await reference.provinces()
        let banks = try await reference.banks()
        return OpeningFormPage(
            layout: context.layout.marking(.opening), occasion: occasion, form: form, command: command,
            choices: OpeningChoices(provinces: provinces, banks: banks, within: region), faults: faults)
    }
}

extension CommandID {
    /// The id that a form brought back.
    ///
    /// - Throws: ``SiteError/badRequest(_:)``: every form of ours has one.
    init(posted text: String) throws(SiteError) {
        guard let id = CommandID(text) else { throw .badRequest("the form has no command") }
        self = id
    }
}

extension AccountOpeningForm {
    /// The form as posted.
    init(_ fields: FormFields) {
        self.init()
        enterpriseName = fields.text("enterpriseName")
        creditCode = fields.text("creditCode")
        legalRepresentative = fields.text("legalRepresentative")
        operatorName = fields.text("operatorName")
        operatorMobile = fields.text("operatorMobile")
        cityCode = fields.text("cityCode")
        internetBankingBank = fields.text("internetBankingBank")
        accountBank = fields.text("accountBank")
        lineNumber = fields.text("lineNumber")
        accountNumber = fields.text("accountNumber")
        holderName = fields.text("holderName")
        loginID = fields.text("loginID")
    }

    /// The same form with account and mobile number of an earlier one where none were typed.
    func keepingNumbers(of earlier: AccountOpeningForm) -> AccountOpeningForm {
        var form = self
        if form.accountNumber.isEmpty { form.accountNumber = earlier.accountNumber }
        if form.operatorMobile.isEmpty { form.operatorMobile = earlier.operatorMobile }
        return form
    }
}
