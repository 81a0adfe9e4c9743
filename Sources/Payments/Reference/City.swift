/// A city by its GB/T 2260 code: municipalities, prefectures and the counties directly under a province.
public struct City: Hashable, Sendable {
    /// Six digits.
    public let code: String
    /// The name as people know it.
    public let name: String
    /// Six digits of the province.
    public let provinceCode: String
    /// With its leading 0. Several cities may share one.
    public let areaCode: String
}

/// A province with its cities, as a picker groups them.
public struct Province: Hashable, Sendable {
    /// Six digits.
    public let code: String
    /// The name.
    public let name: String
    /// Its cities in the order of their codes, the provincial capital first.
    public let cities: [City]
}
