-- The banks from which companies top up by the B2B gateway (银行渠道): whether a bank takes payments now, what clerks are
-- told of it, when it rests, and its limits. The gateway publishes none of this as data, so operations keep it.
--
-- Settings are versions that never change. One is in force when another person has granted it (ControlledAction.changeBank); so
-- the database itself holds both persons, and what is in force cannot be set by anybody alone.

-- The first letters of the name's syllables in pinyin, for the picker. The names are those of 0001.
ALTER TABLE banks ADD COLUMN initials text CHECK (initials ~ '^[A-Z]+$');
UPDATE banks SET initials = given.initials FROM (VALUES
    ('ICBC', 'ZGGSYH'), ('ABC', 'ZGNYYH'), ('BOC', 'ZGYH'), ('CCB', 'ZGJSYH'), ('COMM', 'JTYH'), ('PSBC', 'ZGYZCXYH'),
    ('CMB', 'ZSYH'), ('SPDB', 'PFYH'), ('CIB', 'XYYH'), ('CITIC', 'ZXYH'), ('CEB', 'ZGGDYH'), ('CMBC', 'ZGMSYH'),
    ('HXBANK', 'HXYH'), ('SPABANK', 'PAYH'), ('GDB', 'GFYH'), ('CZBANK', 'ZSYH'), ('BOHAIB', 'BHYH'),
    ('EGBANK', 'HFYH'), ('ADBC', 'ZGNYFZYH'), ('CDB', 'GJKFYH'), ('EXIMBANK', 'ZGJCKYH'), ('BGB', 'GXBBWYH'),
    ('BHB', 'HBYH'), ('BJBANK', 'BJYH'), ('BOD', 'DGYH'), ('BOQH', 'QHYH'), ('BOQZ', 'QZYH'), ('BOSZ', 'SZYH'),
    ('CABANK', 'CAYH'), ('CCQTGB', 'CQSXYH'), ('CDCB', 'CDYH'), ('CQBANK', 'CQYH'), ('CSCB', 'CSYH'),
    ('CZCB', 'ZJCZSYYH'), ('DLB', 'DLYH'), ('FDB', 'FDYH'), ('FJHXBC', 'FJHXYH'), ('GCB', 'GZYH'), ('GHB', 'GDHXYH'),
    ('GLBANK', 'GLYH'), ('GSBANK', 'GSYH'), ('GYCB', 'GYYH'), ('H3CB', 'NMGYH'), ('HBC', 'HBYH'), ('HKB', 'HKYH'),
    ('HNBANK', 'HNYH'), ('HRBANK', 'HEBYH'), ('HRXJB', 'HRXJYH'), ('HSBANK', 'HSYH'), ('HZCB', 'HZYH'),
    ('JJBANK', 'JJYH'), ('JLBANK', 'JLYH'), ('JSB', 'JSYH'), ('JSBANK', 'JSYH'), ('KLB', 'KLYH'), ('LZCCB', 'LZYH'),
    ('LZYH', 'LZYH'), ('MTBANK', 'ZJMTSYYH'), ('NBBANK', 'NBYH'), ('NCB', 'JXYH'), ('NJCB', 'NJYH'),
    ('NXBANK', 'NXYH'), ('NYBANK', 'GDNYYH'), ('QDCCB', 'QDYH'), ('QLBANK', 'QLYH'), ('RBOZ', 'ZHHRYH'),
    ('SHBANK', 'SHYH'), ('SJBANK', 'SJYH'), ('TCCB', 'TJYH'), ('TZCB', 'TZYH'), ('WZCB', 'WZYH'), ('XABANK', 'XAYH'),
    ('XMBANK', 'XMYH'), ('ZJTLCB', 'ZJTLSYYH'), ('ZYB', 'ZYYH'), ('ZYCBANK', 'GZYH'), ('ZZBANK', 'ZZYH'),
    ('ASCB', 'ASYH'), ('BANKWF', 'WFYH'), ('BDCBANK', 'BDYH'), ('BOCD', 'CDYH'), ('BOCZ', 'CZYH'), ('BODY', 'DYYH'),
    ('BOFS', 'FSYH'), ('BOHH', 'XJHHYH'), ('BOJZ', 'JZYH'), ('BOL', 'LYYH'), ('BOP', 'PDSYH'), ('BOQHD', 'QHDYH'),
    ('BOYK', 'YKYH'), ('BSB', 'BSYH'), ('CJCCB', 'JSCJSYYH'), ('DAQINGB', 'LJYH'), ('DYCCB', 'DYYH'),
    ('DZBANK', 'DZYH'), ('FXCB', 'FXYH'), ('GZB', 'GZYH'), ('HDBANK', 'HDYH'), ('HLDB', 'HLDYH'), ('HSBK', 'HSSSYYH'),
    ('HZCCB', 'HZYH'), ('JHBANK', 'JHYH'), ('JINCHB', 'JCYH'), ('JNBANK', 'JNYH'), ('JXBANK', 'JXYH'),
    ('JZBANK', 'JZYH'), ('LANGFB', 'LFYH'), ('LSBANK', 'LSYH'), ('LSBC', 'LSYH'), ('LSCCB', 'LSYH'),
    ('LUZBANK', 'LZSSYYH'), ('LYCB', 'LYYH'), ('MYBANK', 'MYSSYYH'), ('NBCBANK', 'NBTSYH'), ('ORBANK', 'EEDSYH'),
    ('PJCCB', 'PJYH'), ('PZHCCB', 'PZHSSYYH'), ('QJCCB', 'QJSSYYH'), ('RZB', 'RZYH'), ('SRBANK', 'SRYH'),
    ('SXCB', 'SXYH'), ('SZSBK', 'SZSYH'), ('TACCB', 'TASSYYH'), ('TLBANK', 'TLYH'), ('TSCCB', 'TSYH'),
    ('URMQCCB', 'WLMQYH'), ('WHBANK', 'WHYH'), ('WHCCB', 'WHSSYYH'), ('XTB', 'XTYH'), ('YBCCB', 'YBSSYYH'),
    ('YKYHCCB', 'YKYHYH'), ('YTBANK', 'YTYH'), ('YXCCB', 'YNHTYH'), ('ZBCB', 'QSYH'), ('ZGCCB', 'ZGYH'),
    ('ZJKCCB', 'ZJKYH'), ('ZZYH', 'ZZYH'), ('BJRCB', 'BJNSYH'), ('CDRCB', 'CDNCSYYH'), ('CRCBANK', 'CQNCSYYH'),
    ('CZRCB', 'JNNCSYYH'), ('DRCBCL', 'DGNCSYYH'), ('FJNX', 'FJSNCXYSLHS'), ('GRCB', 'GZNCSYYH'),
    ('JSRCU', 'JSSNCXYSLHS'), ('SDEB', 'SDNSYH'), ('SDRCU', 'SDNCXYS'), ('SRCB', 'SHNSYH'), ('SZRCB', 'SZNCSYYH'),
    ('TRCB', 'TJNSYH'), ('WHRCB', 'WHNCSYYH'), ('ZJNX', 'ZJSNCXYSLHS'), ('ARCU', 'AHSNCXYS'), ('BOHN', 'HNSNCXYS'),
    ('CSRCB', 'CSNSYH'), ('DLRCB', 'DLNCSYYH'), ('GDRCC', 'GDSNCXYSLHS'), ('GSRCU', 'GSSNCXYS'), ('GXNX', 'GXNCXYS'),
    ('GZRCU', 'GZSNCXYSLHS'), ('HBRCU', 'HBSNCXYS'), ('HLJRCU', 'HLJNX'), ('HNRCC', 'HNNCXYS'), ('HNRCU', 'HNSNCXYS'),
    ('HURCB', 'HBSNCXYS'), ('JLRCU', 'JLSNCXYS'), ('JXRCU', 'JXSNCXYS'), ('JYRCB', 'JYNSYH'), ('KSRB', 'KSNSYH'),
    ('LNRCC', 'LNNCXYS'), ('NBYZ', 'YZYH'), ('NHB', 'NHNSYH'), ('NMGNXS', 'NMGNCXYS'), ('QHRC', 'QHSNCXYS'),
    ('SCRCU', 'SCSNCXYS'), ('SXRCCU', 'SXSNCXYS'), ('SXRCU', 'SXSNCXYS'), ('TCRCB', 'JSTCNCSYYH'),
    ('TJBHB', 'TJBHNCSYYH'), ('UBCHN', 'HKLHNSYH'), ('WJRCB', 'WJNCSYYH'), ('WRCB', 'WXNCSYYH'), ('XJRCU', 'XJNCXYS'),
    ('YNRCC', 'YNSNCNXS'), ('YRRCB', 'HHNCSYYH'), ('ZRCBANK', 'ZJGNSYH'), ('ANTBANK', 'WSYH'), ('WEBANK', 'WZYH'),
    ('HKBEA', 'DYYH'), ('HSBC', 'HFYH'), ('XIB', 'XMGJYH'), ('BOSH', 'XHYH'), ('FBBANK', 'FBHYYH'),
    ('HANABANK', 'HYYH'), ('QYBANK', 'HGQYYH'), ('WOORI', 'YLYH')
) AS given (code, initials) WHERE banks.code = given.code;
ALTER TABLE banks ALTER COLUMN initials SET NOT NULL;

CREATE TABLE top_up_bank_versions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bank_code text NOT NULL REFERENCES banks,
    version integer NOT NULL CHECK (version > 0),
    is_on boolean NOT NULL,
    -- What clerks read beside the bank; '' for nothing.
    notice text NOT NULL CHECK (char_length(notice) <= 100),
    -- Windows in Beijing time, each '23:30 至 00:30' for every day, or '2026-12-05 22:00 至 2026-12-06 06:00'.
    maintenance text[] NOT NULL,
    -- In fen; null where the bank names no limit. Per day is what one company tops up from the bank on a Beijing day.
    least bigint CHECK (least > 0),
    most bigint CHECK (most > 0 AND (least IS NULL OR most >= least)),
    most_per_day bigint CHECK (most_per_day > 0 AND (least IS NULL OR most_per_day >= least)),
    -- Whether the gateway sends the browser on to the bank at once, by the bank's code; else the payer chooses the bank there.
    is_direct boolean NOT NULL,
    -- Whether it stands in the picker at once; the others are found by searching.
    is_suggested boolean NOT NULL,
    reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 200),
    proposed_by bigint NOT NULL REFERENCES staff (id),
    proposed_at timestamptz NOT NULL,
    CONSTRAINT top_up_bank_versions_in_order UNIQUE (bank_code, version)
);

GRANT SELECT, INSERT ON top_up_bank_versions TO portal_app;

-- What is in force: the newest version that was granted; before there is one, what the list of 0001 says. Those that it suggests
-- took top-ups before there were settings; that the gateway goes on at once to the large banks only is a cautious beginning.
CREATE VIEW top_up_banks AS
SELECT banks.code, banks.name, banks.initials, banks.category, banks.position,
    coalesce(granted.version, 0) AS version,
    coalesce(granted.is_on, banks.is_suggested) AS is_on,
    coalesce(granted.notice, '') AS notice,
    coalesce(granted.maintenance, '{}') AS maintenance,
    granted.least, granted.most, granted.most_per_day,
    coalesce(granted.is_direct, banks.category IN ('state', 'joint_stock')) AS is_direct,
    coalesce(granted.is_suggested, banks.is_suggested) AS is_suggested
FROM banks
LEFT JOIN LATERAL (
    SELECT versions.* FROM top_up_bank_versions AS versions
    JOIN approval_requests AS requests ON requests.action = 'changeBank' AND requests.subject_id = versions.id
    JOIN approvals ON approvals.request_id = requests.id AND approvals.decision = 'granted'
    WHERE versions.bank_code = banks.code
    ORDER BY versions.version DESC LIMIT 1
) AS granted ON true
WHERE NOT banks.is_defunct;

GRANT SELECT ON top_up_banks TO portal_app;

-- What the bank is told never changes after the order is made; so the order keeps whether it names the bank's code.
ALTER TABLE top_ups ADD COLUMN is_direct boolean NOT NULL DEFAULT true;

-- What a company has topped up on one day.
CREATE INDEX orders_top_ups_by_time ON orders (enterprise_id, created_at) WHERE kind = 'topUp';
