import { describe, expect, it } from "vitest";
import { contentHash } from "../../../lib/model/hash.ts";
import type { SubmitRequest } from "../../../lib/model/request.ts";
import { documentHash } from "../../../lib/plan/document-hash.ts";

const request: SubmitRequest = { tutti: 1, type: "submit", workflow: { task: "a", args: [{ x: 1, y: [2] }] } };
const text = documentHash;

describe("documentHash", () => {
  it("is the hash of canonical JSON", () => {
    const canonical = '{"tutti":1,"type":"submit","workflow":{"args":[{"x":1,"y":[2]}],"task":"a"}}';
    expect(text(request)).toBe(contentHash(canonical));
  });

  it("leaves out what only names the request", () => {
    expect(text({ ...request, id: "i", name: "n", requestId: "r" })).toBe(text(request));
  });

  it("does not depend on the order of keys, but on everything else", () => {
    const turned = { workflow: { args: [{ y: [2], x: 1 }], task: "a" }, type: "submit", tutti: 1 } as SubmitRequest;
    expect(text(turned)).toBe(text(request));
    expect(text({ ...request, deadlineSeconds: 60 })).not.toBe(text(request));
    expect(text({ ...request, headers: {} })).not.toBe(text(request));
    expect(text({ ...request, workflow: { task: "a", args: [{ x: 1, y: [2, 2] }] } })).not.toBe(text(request));
  });
});
