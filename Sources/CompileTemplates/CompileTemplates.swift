import Foundation
import PackagePlugin

/// Has `TemplateCompiler` make a Swift file of each template of the package, in `Templates/`.
///
/// One command for each template, so that an edit compiles one file. Layouts become part of every page that extends
/// them, so every command has all of them among its inputs.
@main
struct CompileTemplates: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let folder = context.package.directoryURL.appending(path: "Templates", directoryHint: .isDirectory)
        let compiler = try context.tool(named: "TemplateCompiler").url
        let names = try templateNames(in: folder)
        let layouts = names.filter { !$0.contains("/") }
        return names.filter { $0.contains("/") }.map { name in
            // The folder is part of the name: base names must be unique in a target.
            let output = context.pluginWorkDirectoryURL.appending(
                path: name.replacing("/", with: "_") + ".swift")
            return .buildCommand(
                displayName: "Compiling template \(name)",
                executable: compiler,
                arguments: [folder.path(percentEncoded: false), name, output.path(percentEncoded: false)],
                inputFiles: ([name] + layouts).map { folder.appending(path: $0 + ".mustache") },
                outputFiles: [output]
            )
        }
    }

    /// The names of all templates, such as `TopUps/TopUpListPage`, sorted.
    private func templateNames(in folder: URL) throws -> [String] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path(percentEncoded: false))
        return paths.filter { $0.hasSuffix(".mustache") }.map { String($0.dropLast(".mustache".count)) }
            .sorted()
    }
}
