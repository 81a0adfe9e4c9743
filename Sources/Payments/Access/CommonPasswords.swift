/// Passwords that are tried first. The list is not copied from a leak: it is built from the patterns that
/// such lists consist of, so that it can be read and reviewed, and comes to more than 10,000 entries of 8
/// characters and more.
public enum CommonPasswords {
    /// All entries, in lower case.
    public static let entries: Set<String> = {
        var entries: Set<String> = []
        for word in words {
            for ending in endings {
                entries.insert(word + ending)
                entries.insert(ending + word)
            }
        }
        for walk in walks {
            entries.insert(walk)
            entries.insert(walk + walk)
            for ending in ["1", "12", "123", "1234", "!", "123456", "888"] { entries.insert(walk + ending) }
        }
        return entries.filter { $0.unicodeScalars.count >= PasswordRules.shortest }
    }()

    /// Whether a password is on the list or follows one of the patterns, whatever its case.
    static func contains(_ password: String) -> Bool {
        let text = password.lowercased()
        return entries.contains(text) || isRepetition(text) || isWalk(text) || isMostlyDate(text)
    }

    /// One piece of up to four characters again and again: `aaaaaaaa`, `12121212`, `abc1abc1`.
    private static func isRepetition(_ text: String) -> Bool {
        let characters = Array(text)
        return (1...4).contains { length in
            characters.count >= 2 * length
                && characters.indices.allSatisfy { characters[$0] == characters[$0 % length] }
        }
    }

    /// A way along the keys or the digits, forwards or backwards: `asdfghjkl`, `87654321`, `abcdefgh`.
    private static func isWalk(_ text: String) -> Bool {
        let lines = [
            "01234567890123456789", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "abcdefghijklmnopqrstuvwxyz",
            "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
            "qazwsxedcrfvtgbyhnujmikolp",
            "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "147258369", "!@#$%^&*()", "a1b2c3d4e5f6g7h8i9",
        ]
        return lines.contains { line in
            line.range(of: text) != nil || String(line.reversed()).range(of: text) != nil
        }
    }

    /// A date of a life or a year's digits with hardly anything beside it: `19880808`, `li19880808`.
    private static func isMostlyDate(_ text: String) -> Bool {
        let characters = Array(text.utf8)
        guard characters.count <= 11 else { return false }
        for start in characters.indices where start + 8 <= characters.count {
            let piece = characters[start..<(start + 8)]
            guard piece.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { continue }
            let digits = String(decoding: piece, as: UTF8.self)
            func number(_ from: Int, _ length: Int) -> Int { Int(digits.dropFirst(from).prefix(length)) ?? 0 }
            let orders = [
                (number(0, 4), number(4, 2), number(6, 2)), (number(4, 4), number(2, 2), number(0, 2)),
                (number(4, 4), number(0, 2), number(2, 2)),
            ]
            let isDate = orders.contains { year, month, day in
                (1900...2099).contains(year) && LocalDate(year: year, month: month, day: day) != nil
            }
            if isDate { return true }
        }
        return false
    }

    private static let words = [
        // Words of the trade and the first ideas in English.
        "password", "passw0rd", "p@ssword", "p@ssw0rd", "pa$$word", "passwd", "pass", "qwerty",
        "qwertyuiop", "qwert", "asdfgh", "asdf", "zxcvbn", "zxcvbnm", "admin", "administrator", "root",
        "system", "manager", "welcome", "letmein", "iloveyou", "loveyou", "monkey", "dragon", "master",
        "sunshine", "princess", "football", "baseball", "superman", "batman", "shadow", "michael",
        "jordan", "jennifer", "hunter", "charlie", "hello", "helloworld", "test", "tester", "guest",
        "user", "login", "secret", "changeme", "default", "company", "finance", "account", "payment",
        "money", "bank", "china", "office", "server", "computer", "internet", "freedom", "whatever",
        "starwars", "summer", "winter", "spring", "autumn", "love", "family", "abc", "abcd", "abcde",
        "abcdef", "aa", "aaa", "asd", "qwe", "zxc", "qaz", "qazwsx", "a", "q", "z", "x",
        // The same in pinyin: "my password", "I love you", "company", "accounts", places.
        "mima", "wodemima", "woaini", "woainima", "aini", "nihao", "zhongguo", "zhonghua", "beijing",
        "shanghai", "guangzhou", "shenzhen", "changsha", "hunan", "wuhan", "chengdu", "nanjing",
        "gongsi", "qiye", "caiwu", "kuaiji", "chuna", "zhanghao", "zhanghu", "yinhang", "zhifu",
        "jiaofei", "chongzhi", "tixian", "yidong", "zhongguoyidong", "chinamobile", "cmcc", "liantong",
        "dianxin", "laoban", "jingli", "facai", "gongxifacai", "dashuju", "kaixin", "xingfu", "pingan",
        "jiankang", "shunli", "tiantian", "baobao", "baobei", "laopo", "laogong", "mama", "baba",
        "zuguo", "wangluo", "diannao", "xuexi", "gongzuo",
        // The most frequent names in pinyin.
        "zhangwei", "wangwei", "wangfang", "liwei", "lina", "zhangmin", "lijing", "wangjing", "liuwei",
        "wangxiuying", "zhangli", "lixiuying", "wangli", "zhangjing", "zhangxiuying", "liqiang",
        "wangmin", "limin", "wanglei", "liuyang", "wangyan", "wangyong", "lijun", "zhangyong", "lijie",
        "zhangjie", "zhanglei", "wangqiang", "lijuan", "wangjun", "zhangyan", "zhangtao", "wangtao",
        "liyan", "wangchao", "liming", "liyong", "wangjuan", "liujie", "liumin", "lixia", "lili",
        "yangyang", "chenchen", "chenjing", "zhaomin", "liuyan", "wang", "zhang", "liu", "chen", "yang",
        "huang", "zhao", "zhou", "xu", "sun", "zhu", "guo", "lin",
    ]

    private static let endings =
        [
            "", "0", "1", "2", "7", "8", "9", "01", "007", "001", "11", "12", "66", "88", "99", "123", "321",
            "000",
            "111", "222", "333", "520", "521", "555", "666", "777", "888", "999", "1234", "4321", "1314",
            "5200",
            "6666", "8888", "9999", "0000", "1111", "12345", "54321", "123456", "654321", "111111", "000000",
            "666666", "888888", "112233", "123123", "147258", "159357", "10000", "10010", "10086", "95588",
            "520520", "521521", "1234567",
            "5201314",
            "12345678", "87654321", "88888888", "66666666", "11111111", "00000000", "123456789", "1234567890",
            "!", "!!", "!@#", "!@#$", "@", "#", "1!", "12!", "123!", "1234!", "@1", "@12", "@123", "@1234",
            "#123",
            "_123", ".123", "-123", "@888", "@2024", "@2025", "@2026", "@2027", "abc", "abc123", "qwe", "asd",
            "qwer",
        ] + (1960...2030).map(String.init)

    private static let walks = [
        "1qaz2wsx", "1qaz2wsx3edc", "zaq12wsx", "zaq1xsw2", "qaz123wsx", "1q2w3e4r", "1q2w3e4r5t",
        "q1w2e3r4", "qweasdzxc", "qweasd123", "123qweasd", "123qwe", "qwe123", "asd123", "zxc123",
        "123abc", "a123456", "aa123456", "a12345678", "abc123456", "abcd1234", "1234abcd", "1234qwer",
        "qwer1234", "asdf1234", "1qazxsw2", "!qaz2wsx", "1qaz@wsx", "!qaz@wsx", "q1w2e3r4t5",
        "147258369", "147852369", "159753", "159357", "741852963", "789456123", "123654789", "987654321",
        "0123456789", "9876543210", "123456789a", "12345678a", "1234567a", "123456aa", "123456abc",
        "123456qwe", "123123123", "321321321", "11223344", "1122334455", "12344321", "12341234",
        "135792468", "246813579", "13145200", "52013140", "5201314520", "1314520520", "1314521",
        "7758521", "7758258", "woaini520", "woaini1314", "10086", "1008610086", "95598", "12306",
    ]
}
