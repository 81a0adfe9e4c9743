#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#else
    import Darwin
#endif

/// The tool that the build runs for each template: `TemplateCompiler <Templates folder> <name> <Swift file>`.
///
/// It reads `<folder>/<name>.mustache` and the layouts that it extends, and writes one Swift file. Whatever is wrong
/// goes to standard error with file, line and column, and the build stops. No Foundation: a run takes milliseconds.
@main
enum TemplateCompilerTool {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else {
            report("usage: TemplateCompiler <Templates folder> <name> <Swift file>")
            exit(64)
        }
        let folder = TemplateFolder { name in contents(of: "\(arguments[1])/\(name).mustache") }
        do {
            let swift = try SwiftGenerator.swift(for: arguments[2], in: folder)
            guard write(swift, to: arguments[3]) else {
                report("\(arguments[3]): error: cannot be written")
                exit(73)
            }
        } catch {
            for error in error.errors { report(error.description) }
            exit(65)
        }
    }

    /// The bytes of a file; nil where it cannot be read.
    private static func contents(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return ferror(file) == 0 ? bytes : nil
    }

    /// Writes a whole file; false where that fails.
    private static func write(_ text: String, to path: String) -> Bool {
        guard let file = fopen(path, "wb") else { return false }
        let bytes = Array(text.utf8)
        let count = fwrite(bytes, 1, bytes.count, file)
        return fclose(file) == 0 && count == bytes.count
    }

    private static func report(_ message: String) {
        fputs(message + "\n", stderr)
    }
}
