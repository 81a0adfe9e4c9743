import Foundation
import Testing

@testable import Payments
@testable import Portal

/// A page with the name of the state it shows.
struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let page: any Page

    var pageName: String { String(describing: type(of: page)) }
    var testDescription: String { "\(pageName).\(name)" }

    init(_ name: String, _ page: any Page) {
        self.name = name
        self.page = page
    }
}

/// Pages are held by snapshots: the whole HTML of every sample. They change only with intent: `RECORD_SNAPSHOTS=1
/// swift test --filter Snapshots` writes them, and that run fails so that nobody takes it for a test.
@Suite("Snapshots")
struct SnapshotTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Snapshots")

    /// The feature of each page, which is the folder of its template.
    static func features() throws -> [String: String] {
        let pairs = try Referee.pageNames().map { $0.split(separator: "/").map(String.init) }
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0[1], $0[0]) })
    }

    @Test("Every sample renders as recorded", arguments: Samples.all)
    func rendersAsRecorded(sample: Sample) throws {
        let feature = try #require(try Self.features()[sample.pageName])
        let file = Self.folder.appending(path: "\(feature)/\(sample.pageName).\(sample.name).html")
        let rendered = String(decoding: sample.page.rendered(), as: UTF8.self)
        if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] != nil {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try rendered.write(to: file, atomically: true, encoding: .utf8)
            Issue.record("recorded; run again without RECORD_SNAPSHOTS")
            return
        }
        let recorded = try? String(contentsOf: file, encoding: .utf8)
        #expect(recorded != nil, "there is no snapshot \(file.lastPathComponent); record it and read it")
        #expect(rendered == recorded, "\(file.lastPathComponent) differs")
    }

    @Test("Every sample's bytes equal what swift-mustache makes of it", arguments: Samples.all)
    func agreesWithReferee(sample: Sample) async throws {
        try await Referee.expectAgreement(on: sample.page, sample: sample.name)
    }

    @Test(
        "Each state of an order, a case, an enterprise and its account has a snapshot, each page with errors two"
    )
    func nothingIsMissing() throws {
        var needed: Set<String> = []
        for status in TopUpStatus.allCases {
            needed.formUnion(["TopUpPage.\(status.state)", "BankReturnPage.\(status.state)"])
        }
        for status in BillPaymentStatus.allCases {
            needed.insert("BillPaymentPage.\(status.state)-\(status.writeOff)")
        }
        for status in WithdrawalStatus.allCases { needed.insert("WithdrawalPage.\(status.state)") }
        for status in BillerSettlementStatus.allCases { needed.insert("SettlementPage.\(status.rawValue)") }
        for state in DifferenceState.allCases { needed.insert("DifferencePage.\(state.rawValue)") }
        for state in AccountOpeningState.allCases { needed.insert("ApprovalPage.\(state.rawValue)") }
        for state in EnterpriseState.allCases { needed.insert("EnterprisePage.enterprise-\(state.rawValue)") }
        for state in RegisteredAccountState.allCases {
            needed.insert("EnterprisePage.account-\(state.rawValue)")
        }
        for name in try Referee.pageNames() {
            let page = String(name.split(separator: "/")[1])
            let template = try String(
                contentsOf: Referee.templates.appending(path: name + ".mustache"), encoding: .utf8)
            if template.contains("{{#errorSummary}}") {
                needed.formUnion(["\(page).empty", "\(page).error"])
            }
        }
        let there = Set(Samples.all.map { "\($0.pageName).\($0.name)" })
        #expect(needed.subtracting(there).sorted() == [])
        let pages = Set(try Referee.pageNames().map { String($0.split(separator: "/")[1]) })
        #expect(pages.subtracting(Samples.all.map(\.pageName)).sorted() == [])
        let features = try Self.features()
        let places = Set(
            Samples.all.compactMap { sample in
                features[sample.pageName].map { "\($0)/\(sample.pageName).\(sample.name)" }
            })
        let files = try FileManager.default.subpathsOfDirectory(atPath: Self.folder.path)
            .filter { $0.hasSuffix(".html") }.map { String($0.dropLast(5)) }
        #expect(Set(files).subtracting(places).sorted() == [], "snapshots that no sample makes")
        #expect(there.count == Samples.all.count, "two samples of one name")
    }

    @Test("What people typed is escaped wherever it appears")
    func escaped() {
        for sample in Samples.all {
            let html = String(decoding: sample.page.rendered(), as: UTF8.self)
            #expect(!html.contains("<script>alert"), "\(sample.testDescription)")
        }
    }
}

/// All samples of all pages.
enum Samples {
    static let all: [Sample] =
        ClerkSamples.all + StaffSamples.all + ReconciliationSamples.all + FollowUpSamples.all
        + SettlementSamples.all
}
