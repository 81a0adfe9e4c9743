import Postgres

/// The part of the country in which a member of staff acts. What lies outside does not exist for that person.
public enum Region: Hashable, Sendable {
    /// Everywhere.
    case national
    /// One province, by its code.
    case province(String)
    /// One city, by its code.
    case city(String)

    /// Whether the city, which belongs to the province, lies inside.
    public func covers(city: String, of province: String) -> Bool {
        switch self {
        case .national: true
        case .province(let code): code == province
        case .city(let code): code == city
        }
    }

    /// The condition on a query's table `cities`.
    var condition: SQL {
        switch self {
        case .national: "TRUE"
        case .province(let code): "cities.province_code = \(code)"
        case .city(let code): "cities.code = \(code)"
        }
    }

    /// The level, as in the database.
    var level: String {
        switch self {
        case .national: "national"
        case .province: "province"
        case .city: "city"
        }
    }

    /// The region of the columns `region_level`, `region_province` and `region_city`.
    init(_ row: Row) throws {
        switch try row.decode("region_level", as: String.self) {
        case "city": self = .city(try row["region_city"])
        case "province": self = .province(try row["region_province"])
        default: self = .national
        }
    }

    var cityCode: String? { if case .city(let code) = self { code } else { nil } }
    var provinceCode: String? { if case .province(let code) = self { code } else { nil } }
}

extension StaffRole: PostgresCodable {}
