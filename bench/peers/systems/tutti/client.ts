/** Submits to the engine whose file is in the folder it is started in. */
import { createClient } from "../../../../lib/index.ts";
import { serve } from "../lib/bench.mjs";
import { submitTo } from "./workflows.ts";

await serve(submitTo(createClient()));
