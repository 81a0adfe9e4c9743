#if DEBUG && compiler(>=6.2)
    import Testing

    @testable import Postgres

    @Suite("A mistake in our own code")
    struct MisuseTests {
        @Test("a second connection taken inside of a transaction stops a debug build")
        func trapsSecondCheckout() async {
            await #expect(processExitsWith: .failure) {
                let configuration = DatabaseConfiguration(connectionString: "host=/nowhere")
                let database = Database(configuration: configuration, logger: .quiet)
                try await TransactionMarker.$isInside.withValue(true) {
                    _ = try await database.query("SELECT 1")
                }
            }
        }
    }
#endif
