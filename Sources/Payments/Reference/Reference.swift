import Postgres

/// Lists that come from outside: cities and banks.
public struct Reference: Sendable {
    let platform: Platform

    /// All provinces with their cities, in the order of the codes.
    public func provinces() async throws -> [Province] {
        let rows = try await platform.database.query(
            """
            SELECT provinces.code AS province_code, provinces.name AS province_name,
                cities.code, cities.name, cities.area_code
            FROM provinces JOIN cities ON cities.province_code = provinces.code
            ORDER BY provinces.code, cities.code
            """)
        var provinces: [Province] = []
        var cities: [City] = []
        for (index, row) in rows.enumerated() {
            let provinceCode: String = try row["province_code"]
            cities.append(
                City(
                    code: try row["code"], name: try row["name"], provinceCode: provinceCode,
                    areaCode: try row["area_code"]))
            let isLast = index + 1 == rows.count
            if try isLast || rows[index + 1].decode("province_code", as: String.self) != provinceCode {
                provinces.append(
                    Province(code: provinceCode, name: try row["province_name"], cities: cities))
                cities = []
            }
        }
        return provinces
    }

    /// The city with this code.
    public func city(_ code: String) async throws -> City? {
        try await platform.database.query(
            "SELECT code, name, province_code, area_code FROM cities WHERE code = \(code)"
        ).first.map { row in
            City(
                code: try row["code"], name: try row["name"], provinceCode: try row["province_code"],
                areaCode: try row["area_code"])
        }
    }

    /// The banks that still exist, in the order of the picker: state banks first.
    public func banks() async throws -> [BankName] {
        try await platform.database.query(
            "SELECT code, name, is_suggested FROM banks WHERE NOT is_defunct ORDER BY position"
        ).map { row in
            BankName(code: try row["code"], name: try row["name"], isSuggested: try row["is_suggested"])
        }
    }
}

extension Platform {
    /// Lists that come from outside: cities and banks.
    public var reference: Reference { Reference(platform: self) }
}
