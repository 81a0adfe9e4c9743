import Foundation
import Postgres

/// Who is paid (收费单位). Everything that differs from biller to biller is data.
public struct Biller: Sendable, Equatable {
    /// What one payment may be.
    public enum AmountRule: String, Sendable, CaseIterable {
        /// All arrears at once.
        case exact
        /// Whole bills, freely chosen.
        case periods
        /// Any amount; what goes beyond the arrears is kept for the customer (预存).
        case prepayment
    }

    /// The biller's code.
    public let code: String
    /// Its name.
    public let name: String
    /// The city it serves, GB/T 2260.
    public let cityCode: String
    /// What is paid to it.
    public let billItem: String
    /// What one payment may be.
    public let amountRule: AmountRule
    /// What it calls its customer number (户号).
    public let numberLabel: String
    /// A regular expression for the whole customer number.
    public let numberPattern: String
    /// How the number looks, with an example.
    public let numberHint: String
    /// The least one payment may be.
    public let least: Money
    /// The most one payment may be.
    public let most: Money
    /// Where its program answers, without a trailing slash.
    public let address: String

    /// Describes a biller, for the catalogue.
    public init(
        code: String, name: String, cityCode: String, billItem: String, amountRule: AmountRule,
        numberLabel: String, numberPattern: String, numberHint: String, least: Money, most: Money,
        address: String
    ) {
        self.code = code
        self.name = name
        self.cityCode = cityCode
        self.billItem = billItem
        self.amountRule = amountRule
        self.numberLabel = numberLabel
        self.numberPattern = numberPattern
        self.numberHint = numberHint
        self.least = least
        self.most = most
        self.address = address
    }

    /// Whether `number` looks like one of this biller's customer numbers.
    public func accepts(_ number: String) -> Bool {
        guard let pattern = try? Regex(numberPattern) else { return false }
        return (try? pattern.wholeMatch(in: number)) != nil
    }

    init(row: Row) throws {
        guard let rule = AmountRule(rawValue: try row.decode("amount_rule", as: String.self)) else {
            throw UnreadableOrder(column: "amount_rule")
        }
        self.init(
            code: try row.decode("code", as: String.self), name: try row.decode("name", as: String.self),
            cityCode: try row.decode("city_code", as: String.self),
            billItem: try row.decode("bill_item", as: String.self), amountRule: rule,
            numberLabel: try row.decode("number_label", as: String.self),
            numberPattern: try row.decode("number_pattern", as: String.self),
            numberHint: try row.decode("number_hint", as: String.self),
            least: try row.decode("least_amount", as: Money.self),
            most: try row.decode("most_amount", as: Money.self),
            address: try row.decode("address", as: String.self))
    }

    static let columns: SQL = """
        b.code, b.name, b.city_code, b.bill_item, b.amount_rule, b.number_label, b.number_pattern, b.number_hint,
        b.least_amount, b.most_amount, b.address
        """
}

/// What is paid for (缴费项目).
public struct BillItem: Sendable, Equatable {
    /// Its code.
    public let code: String
    /// Its name.
    public let name: String
}

/// The catalogue: in which cities which items can be paid to whom.
public struct Catalogue: Sendable {
    /// Cities with at least one active biller, by code.
    public let cities: [(code: String, name: String)]
    /// The items that can be paid in the chosen city, in their order.
    public let items: [BillItem]
    /// The billers of the chosen city, of all its items.
    public let billers: [Biller]
}

/// The billers.
public struct Billers: Sendable {
    let platform: Platform

    /// What can be chosen, given a city or none. One round trip.
    public func catalogue(city: String?) async throws -> Catalogue {
        let rows = try await platform.database.query(
            """
            SELECT \(fragment: Biller.columns), c.name AS city_name, i.name AS item_name
            FROM billers b JOIN cities c ON c.code = b.city_code JOIN bill_items i ON i.code = b.bill_item
            WHERE b.is_active ORDER BY b.city_code, i.position, b.code LIMIT 5000
            """)
        var cities: [(code: String, name: String)] = []
        var items: [BillItem] = []
        var billers: [Biller] = []
        for row in rows {
            let biller = try Biller(row: row)
            if cities.last?.code != biller.cityCode {
                cities.append((biller.cityCode, try row.decode("city_name", as: String.self)))
            }
            guard biller.cityCode == city else { continue }
            if items.last?.code != biller.billItem {
                items.append(
                    BillItem(code: biller.billItem, name: try row.decode("item_name", as: String.self)))
            }
            billers.append(biller)
        }
        return Catalogue(cities: cities, items: items, billers: billers)
    }

    /// The active biller with this code.
    public func find(_ code: String) async throws -> Biller? {
        try await platform.database.query(
            "SELECT \(fragment: Biller.columns) FROM billers b WHERE b.code = \(code) AND b.is_active"
        ).first.map(Biller.init(row:))
    }

    /// Puts a biller into the catalogue, or changes it.
    public func register(_ biller: Biller) async throws {
        _ = try await platform.database.execute(
            """
            INSERT INTO billers (
                code, name, city_code, bill_item, amount_rule, number_label, number_pattern, number_hint,
                least_amount, most_amount, address)
            VALUES (
                \(biller.code), \(biller.name), \(biller.cityCode), \(biller.billItem),
                \(biller.amountRule.rawValue), \(biller.numberLabel), \(biller.numberPattern),
                \(biller.numberHint), \(biller.least), \(biller.most), \(biller.address))
            ON CONFLICT (code) DO UPDATE SET
                name = excluded.name, amount_rule = excluded.amount_rule, number_label = excluded.number_label,
                number_pattern = excluded.number_pattern, number_hint = excluded.number_hint,
                least_amount = excluded.least_amount, most_amount = excluded.most_amount,
                address = excluded.address
            """)
    }
}

extension Platform {
    /// The billers.
    public var billers: Billers { Billers(platform: self) }
}
