import Payments

/// What regions are called. The list of provinces and cities changes with migrations only, so it is read once.
actor RegionNames {
    private let reference: Reference
    private var names: [String: String]?

    init(reference: Reference) {
        self.reference = reference
    }

    /// The region as people say it: 全国, or the name of the province or city.
    func name(of region: Region) async throws -> String {
        switch region {
        case .national: "全国"
        case .province(let code), .city(let code): try await loaded()[code] ?? code
        }
    }

    private func loaded() async throws -> [String: String] {
        if let names { return names }
        var found: [String: String] = [:]
        for province in try await reference.provinces() {
            found[province.code] = province.name
            for city in province.cities { found[city.code] = city.name }
        }
        names = found
        return found
    }
}
