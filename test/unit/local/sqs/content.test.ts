import { describe, expect, it } from "vitest";
import { md5OfAttributes, md5OfBody } from "../../../../local/sqs/checksums.ts";
import { checkBatchBytes, checkContent } from "../../../../local/sqs/content.ts";
import { type MessageAttribute, messageBytes } from "../../../../local/sqs/message.ts";

const mebibyte = 1_048_576;

function check(body: string, attributes: Readonly<Record<string, MessageAttribute>> = {}): void {
  checkContent({ body, attributes }, mebibyte);
}

function refusal(name: string): unknown {
  return expect.objectContaining({ name });
}

describe("characters of a body", () => {
  it.each(["\t\n\r", " ", "\uD7FF", "\uE000", "\uFFFD", "\u{10000}", "\u{10FFFF}", "😀"])("takes %j", (text) => {
    expect(() => check(`a${text}b`)).not.toThrow();
  });

  it.each(["\u0000", "\u0008", "\u000B", "\u001F", "\uFFFE", "\uFFFF", "\uD800", "\uDC00", "\uDC00\uD800"])(
    "refuses %j",
    (text) => {
      expect(() => check(`a${text}b`)).toThrow(refusal("InvalidMessageContents"));
    },
  );

  it("refuses an empty body", () => {
    expect(() => check("")).toThrow(refusal("MissingParameter"));
  });
});

describe("size", () => {
  it("counts UTF-8 bytes of body, and of name, type and value of attributes", () => {
    const attributes = {
      text: { DataType: "String", StringValue: "é" },
      blob: { DataType: "Binary", BinaryValue: Buffer.from([1, 2, 3]).toString("base64") },
    };
    expect(messageBytes({ body: "😀", attributes })).toBe(4 + (4 + 6 + 2) + (4 + 6 + 3));
  });

  it("takes exactly the maximum and refuses one byte more", () => {
    const attributes = { a: { DataType: "String", StringValue: "b" } };
    expect(() => check("x".repeat(mebibyte - 8), attributes)).not.toThrow();
    expect(() => check("x".repeat(mebibyte - 7), attributes)).toThrow(refusal("InvalidParameterValue"));
  });

  it("refuses a batch of more than 1 MiB in all", () => {
    const half = { body: "x".repeat(mebibyte / 2), attributes: {} };
    expect(() => checkBatchBytes([half, half])).not.toThrow();
    expect(() => checkBatchBytes([half, half, { body: "x", attributes: {} }])).toThrow(refusal("BatchRequestTooLong"));
  });
});

describe("message attributes", () => {
  const text: MessageAttribute = { DataType: "String", StringValue: "x" };

  it.each(["a", "A-b_c.d", "9"])("takes the name %j", (name) => {
    expect(() => check("x", { [name]: text })).not.toThrow();
  });

  it.each(["", ".a", "a.", "a..b", "a b", "aws.x", "Amazon.x", "a".repeat(257)])("refuses the name %j", (name) => {
    expect(() => check("x", { [name]: text })).toThrow(refusal("InvalidParameterValue"));
  });

  it.each<MessageAttribute>([
    { DataType: "String", StringValue: "" },
    { DataType: "String" },
    { DataType: "String", StringValue: "\u0001" },
    { DataType: "Text", StringValue: "x" },
    { DataType: "Number", StringValue: "many" },
    { DataType: "Binary", StringValue: "x" },
  ])("refuses %j", (attribute) => {
    expect(() => check("x", { name: attribute })).toThrow(refusal("InvalidParameterValue"));
  });

  it("takes a type with a label of one's own", () => {
    expect(() => check("x", { name: { DataType: "Number.int", StringValue: "-1.5e3" } })).not.toThrow();
  });

  it("takes ten attributes and refuses eleven", () => {
    const attributes = (count: number): Record<string, MessageAttribute> =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, text]));
    expect(() => check("x", attributes(10))).not.toThrow();
    expect(() => check("x", attributes(11))).toThrow(refusal("InvalidParameterValue"));
  });
});

describe("digests, compared with those real SQS gave for the same messages", () => {
  // Recorded from AWS in the snapshots of localstack's tests: test_receive_message_message_attribute_names_filters and
  // test_send_message_with_binary_attributes.
  it("digests string attributes", () => {
    const text = (value: string): MessageAttribute => ({ DataType: "String", StringValue: value });
    expect(md5OfAttributes({ "Help.Me": text("Me"), Hello: text("There"), General: text("Kenobi") })).toBe(
      "4c360f3fdafd970e05fae2f149d997f5",
    );
    expect(md5OfAttributes({ Hello: text("There") })).toBe("a311262e065454b75da111d535b8dacd");
  });

  it("digests a binary attribute", () => {
    const value = "traceparent\u001e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01";
    const attribute = { DataType: "Binary", BinaryValue: Buffer.from(value).toString("base64") };
    expect(md5OfAttributes({ attr1: attribute })).toBe("8cbe4db156db8a94db8b801b7addb984");
  });

  it("digests a body, and no attributes as nothing", () => {
    expect(md5OfBody("test")).toBe("098f6bcd4621d373cade4e832627b4f6");
    expect(md5OfAttributes({})).toBeUndefined();
  });
});
