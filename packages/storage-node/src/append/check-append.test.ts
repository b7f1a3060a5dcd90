import { crc32 } from "@millrace/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeRecords } from "../testing/small-gateway.ts";
import { cutRecords, recordsIntact } from "./check-append.ts";

const texts = fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 10 });

test("exactly the claimed records pass", () => {
  fc.assert(
    fc.property(texts, (some) => {
      const { records, userBytes } = encodeRecords(some);
      const claim = { records, userBytes, recordCount: some.length, recordsCrc: crc32(records) };
      expect(recordsIntact(claim)).toBe(true);
      expect(recordsIntact({ ...claim, recordCount: some.length + 1 })).toBe(false);
      expect(recordsIntact({ ...claim, recordCount: some.length - 1 })).toBe(false);
      expect(recordsIntact({ ...claim, userBytes: userBytes + 1 })).toBe(false);
      expect(recordsIntact({ ...claim, recordsCrc: claim.recordsCrc ^ 1 })).toBe(false);
    }),
  );
});

test("a cut keeps whole records from the front, up to the first refused one", () => {
  fc.assert(
    fc.property(texts, fc.nat(10), (some, keep) => {
      const { records } = encodeRecords(some);
      let asked = 0;
      const cut = cutRecords(records, some.length, () => (asked += 1) <= keep);
      const kept = some.slice(0, keep);
      expect(cut.recordCount).toBe(kept.length);
      expect(cut).toMatchObject({ userBytes: encodeRecords(kept).userBytes });
      expect(cut.records.equals(encodeRecords(kept).records)).toBe(true);
    }),
  );
});
