import { chord } from "tutti";
import { collect, resize } from "./tasks.ts";

export default chord(
  ["a.png", "b.png", "c.png"].map((name) => resize.with(name, 200)),
  collect.with("holidays"),
);
