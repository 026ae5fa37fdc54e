import { describe, expect, it } from "vitest";
import { createRedactor } from "../../../src/kit/redact.js";
import { fc } from "../../support/property.js";

describe("redactor", () => {
  it("takes a secret out in every form it travels in", () => {
    const secret = 'p@ss "word"/7';
    const redactor = createRedactor();
    expect(redactor.add(secret)).toBe(secret);
    const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret), Buffer.from(secret).toString("base64")];
    for (const form of forms) expect(redactor.clean(`before ${form} after`)).toMatch(/^before "?\[secret\]"?=* after$/);
  });

  it("leaves nothing of any secret, even of one inside another", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9+/=_.-]{4,20}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), fc.string(), (secrets, noise) => {
        fc.pre(!secrets.some((value) => "[secret]".includes(value)));
        const redactor = createRedactor();
        for (const value of secrets) redactor.add(value);
        const cleaned = redactor.clean(noise + secrets.join(noise));
        for (const value of secrets) expect(cleaned).not.toContain(value);
      }),
      { numRuns: 500 },
    );
  });

  it("leaves very short values, which would garble everything", () => {
    const redactor = createRedactor();
    redactor.add("ab");
    expect(redactor.clean("abc ab")).toBe("abc ab");
  });

  it("cuts what goes into a message to one short line", () => {
    const redactor = createRedactor();
    redactor.add("hunter2");
    expect(redactor.excerpt(" a\n  b hunter2 ")).toBe("a b [secret]");
    expect(redactor.excerpt("x".repeat(1000))).toHaveLength(303);
  });
});
