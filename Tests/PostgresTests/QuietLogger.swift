import Logging

extension Logger {
    /// Keeps expected failures out of the test run's output.
    static let quiet: Logger = {
        var logger = Logger(label: "postgres-tests")
        logger.logLevel = .critical
        return logger
    }()
}
