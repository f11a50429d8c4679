/**
 * Every condition of the vocabulary, on an item and on none.
 */
import { describe, expect, it } from "vitest";
import type { Condition, Image, Key, Store, Write } from "../../lib/ports/index.ts";
import { above, absent, all, any, below, equal, freshKey, present, put } from "./store-support.ts";

export function conditionsContract(store: () => Store): void {
  const stored: Image = {
    text: "a",
    digit: "5",
    empty: "",
    number: 5,
    zero: 0,
    yes: true,
    no: false,
    nothing: null,
    list: [1, 2],
    bytes: Uint8Array.of(1),
    map: { number: 7, text: "x", zero: 0, nothing: null, inner: { deep: 1 } },
  };

  /** Condition, on the item above, on no item. */
  const cases: [string, Condition, boolean, boolean][] = [
    ["absent of what is there", absent("text"), false, true],
    ["absent of what is not", absent("other"), true, true],
    ["absent of an empty text", absent("empty"), false, true],
    ["absent of a null", absent("nothing"), false, true],
    ["absent of an entry that is there", absent("map", "number"), false, true],
    ["absent of an entry that is not", absent("map", "other"), true, true],
    ["absent of an entry that is null", absent("map", "nothing"), false, true],
    ["absent of an entry of no map", absent("other", "entry"), true, true],
    ["absent of an entry of a text", absent("text", "length"), true, true],
    ["absent of an entry of a list", absent("list", "length"), true, true],
    ["absent of an entry of a null", absent("nothing", "entry"), true, true],
    ["absent of an entry of bytes", absent("bytes", "length"), true, true],
    ["absent of a name every object has", absent("constructor"), true, true],
    ["absent of an entry every object has", absent("map", "toString"), true, true],
    ["absent of the key", absent("pk"), false, true],
    ["present of what is there", present("text"), true, false],
    ["present of what is not", present("other"), false, false],
    ["present of a null", present("nothing"), true, false],
    ["present of a false", present("no"), true, false],
    ["present of an entry that is there", present("map", "inner"), true, false],
    ["present of an entry that is not", present("map", "other"), false, false],
    ["present of the sort key", present("sk"), true, false],
    ["equal text", equal(["text"], "a"), true, false],
    ["equal empty text", equal(["empty"], ""), true, false],
    ["unequal text", equal(["text"], "A"), false, false],
    ["equal number", equal(["number"], 5), true, false],
    ["unequal number", equal(["number"], 6), false, false],
    ["equal zero", equal(["zero"], 0), true, false],
    ["a text is not its number", equal(["digit"], 5), false, false],
    ["a number is not its text", equal(["number"], "5"), false, false],
    ["equal true", equal(["yes"], true), true, false],
    ["equal false", equal(["no"], false), true, false],
    ["true is not 1", equal(["yes"], 1), false, false],
    ["0 is not false", equal(["zero"], false), false, false],
    ["null is not false", equal(["nothing"], false), false, false],
    ["null is not an empty text", equal(["nothing"], ""), false, false],
    ["absent is not false", equal(["other"], false), false, false],
    ["equal entry", equal(["map", "text"], "x"), true, false],
    ["unequal entry", equal(["map", "text"], "y"), false, false],
    ["an entry of a text equals nothing", equal(["text", "0"], "a"), false, false],
    ["a map equals no text", equal(["map"], "[object Object]"), false, false],
    ["below", below(["number"], 6), true, false],
    ["not below itself", below(["number"], 5), false, false],
    ["not below less", below(["number"], 4), false, false],
    ["below with an entry", below(["map", "number"], 8), true, false],
    ["absent is not below", below(["other"], 1000), false, false],
    ["an absent entry is not below", below(["map", "other"], 1000), false, false],
    ["a text is not below a number", below(["digit"], 6), false, false],
    ["null is not below", below(["nothing"], 1), false, false],
    ["zero is below one", below(["zero"], 1), true, false],
    ["above", above(["number"], 4), true, false],
    ["not above itself", above(["number"], 5), false, false],
    ["not above more", above(["number"], 6), false, false],
    ["above with an entry", above(["map", "number"], 6), true, false],
    ["absent is not above", above(["other"], -1000), false, false],
    ["true is not above", above(["yes"], 0), false, false],
    ["zero is above minus one", above(["map", "zero"], -1), true, false],
    ["all that hold", all(equal(["number"], 5), present("map"), absent("other")), true, false],
    ["all but one", all(equal(["number"], 5), absent("text"), absent("other")), false, false],
    ["any of which one holds", any(absent("text"), equal(["text"], "b"), above(["number"], 4)), true, true],
    ["any of which none holds", any(equal(["text"], "b"), below(["number"], 5)), false, false],
    ["all of one", all(present("text")), true, false],
    ["any of one", any(absent("text")), false, true],
    ["all of nothing", all(), true, true],
    ["any of nothing", any(), false, false],
    ["all with an empty all", all(all(), present("text")), true, false],
    ["any with an empty all", any(all(), present("other")), true, true],
    ["all with an empty any", all(any(), present("text")), false, false],
    ["any in all", all(any(absent("other"), absent("text")), any(absent("text"), present("text"))), true, true],
    [
      "any in all, one fails",
      all(any(absent("other"), absent("text")), any(equal(["text"], "b"), absent("map"))),
      false,
      true,
    ],
    ["all in any", any(all(present("text"), present("other")), all(present("text"), present("map"))), true, false],
    [
      "all in any, all fail",
      any(all(present("text"), present("other")), all(absent("text"), present("map"))),
      false,
      false,
    ],
    [
      "all in any in all",
      all(any(all(present("text"), any(absent("map"), equal(["number"], 5))), present("other"))),
      true,
      false,
    ],
  ];

  describe("conditions", () => {
    it.each(cases)("%s", async (_, condition, onItem, onNone) => {
      const [key, missing] = [freshKey(), freshKey()];
      await put(store(), key, stored);
      const write = (of: Key): Write => ({ key: of, set: [{ path: ["probe"], value: 1 }], condition });

      const met = await store().write(write(key), "test.condition");
      expect(met).toEqual({ applied: onItem, image: onItem ? { ...stored, probe: 1 } : stored });
      const none = await store().write(write(missing), "test.condition");
      expect(none).toEqual(onNone ? { applied: true, image: { probe: 1 } } : { applied: false, image: undefined });
      expect(await store().get(missing, "test.get")).toEqual(onNone ? { probe: 1 } : undefined);
    });
  });
}
