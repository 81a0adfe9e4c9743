import Testing

@testable import Portal

@Suite("CSV files")
struct CSVFileTests {
    @Test("A note has as many fields as the first line")
    func note() {
        var file = CSVFile()
        file.append(["订单号", "金额(元)", "状态"])
        file.append(["TP1", "1.00", "到账"])
        file.note("只导出最近 1 笔")
        #expect(
            String(decoding: file.bytes.dropFirst(3), as: UTF8.self)
                == "\"订单号\",\"金额(元)\",\"状态\"\r\n\"TP1\",\"1.00\",\"到账\"\r\n\"只导出最近 1 笔\",\"\",\"\"\r\n")
    }
}
