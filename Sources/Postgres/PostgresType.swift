/// A type of PostgreSQL by its object identifier.
///
/// The identifiers of built-in types never change; they are listed in PostgreSQL's catalogue `pg_type`.
public struct PostgresType: RawRepresentable, Hashable, Sendable {
    /// The object identifier (OID) in `pg_type`.
    public let rawValue: UInt32

    /// Makes a type from its object identifier.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// `boolean`
    public static let bool = PostgresType(rawValue: 16)
    /// `bytea`
    public static let bytea = PostgresType(rawValue: 17)
    /// `bigint`
    public static let int8 = PostgresType(rawValue: 20)
    /// `smallint`
    public static let int2 = PostgresType(rawValue: 21)
    /// `integer`
    public static let int4 = PostgresType(rawValue: 23)
    /// `text`
    public static let text = PostgresType(rawValue: 25)
    /// `date`
    public static let date = PostgresType(rawValue: 1082)
    /// `timestamp with time zone`
    public static let timestamptz = PostgresType(rawValue: 1184)
    /// `uuid`
    public static let uuid = PostgresType(rawValue: 2950)

    /// The built-in types this client knows by name: identifier, array's identifier, name as SQL spells it.
    private static let known: [(type: UInt32, array: UInt32, name: String)] = [
        (16, 1000, "boolean"), (17, 1001, "bytea"), (18, 1002, "\"char\""), (19, 1003, "name"),
        (20, 1016, "bigint"), (21, 1005, "smallint"), (23, 1007, "integer"), (25, 1009, "text"),
        (26, 1028, "oid"), (114, 199, "json"), (700, 1021, "real"), (701, 1022, "double precision"),
        (869, 1041, "inet"), (1042, 1014, "character"), (1043, 1015, "character varying"),
        (1082, 1182, "date"),
        (1083, 1183, "time"), (1114, 1115, "timestamp"), (1184, 1185, "timestamptz"),
        (1186, 1187, "interval"),
        (1700, 1231, "numeric"), (2278, 0, "void"), (2950, 2951, "uuid"), (3802, 3807, "jsonb"),
    ]

    /// The type of an array of this type; the server finds out what is not known here.
    public var array: PostgresType {
        PostgresType(rawValue: Self.known.first { $0.type == rawValue }?.array ?? 0)
    }

    /// The name as SQL spells it, or the identifier where the type is not built in.
    public var name: String {
        for type in Self.known {
            if type.type == rawValue { return type.name }
            if type.array == rawValue, rawValue != 0 { return "\(type.name)[]" }
        }
        return "type \(rawValue)"
    }
}
