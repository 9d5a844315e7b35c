/** The counts that `npm test` ends with come from Bun's report; a report read wrongly is a lie. */
import { expect, test } from "bun:test";
import { readJunit } from "../../scripts/junit.ts";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="99" failures="0">
  <testsuite name="test/a.test.ts" file="test/a.test.ts" tests="5">
    <testcase name="ok &amp; &lt;fine&gt;" classname="" time="0.1" file="test/a.test.ts" line="2" />
    <testcase name="alone" classname="" time="0" file="test/a.test.ts" line="3">
      <skipped />
    </testcase>
    <testsuite name="needs redis" file="test/a.test.ts" tests="2" skipped="2">
      <testcase name="x" classname="needs redis &gt; much" time="0" file="test/a.test.ts">
        <skipped message="later" />
      </testcase>
    </testsuite>
  </testsuite>
  <testsuite name="test/b.test.ts" file="test/b.test.ts" tests="2" failures="2">
    <testcase name="bad" classname="" file="test/b.test.ts" line="2" assertions="1">
      <failure type="AssertionError" message="&lt;skipped /&gt;">text</failure>
    </testcase>
    <testcase name="(worker crashed)" classname="" time="0" file="test/b.test.ts">
      <failure type="Error" message="worker process crashed" />
    </testcase>
  </testsuite>
</testsuites>`;

test("every case is counted once, by what stands in it and not by the totals", () => {
  expect(readJunit(REPORT)).toEqual({
    passed: 1,
    failed: 2,
    skipped: ["test/a.test.ts > alone", "test/a.test.ts > needs redis > much"],
  });
});

test("no report is no test", () => {
  expect(readJunit("")).toEqual({ passed: 0, failed: 0, skipped: [] });
});
