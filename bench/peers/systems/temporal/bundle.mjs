// Bundles the workflows once, so that a worker starts in a moment (as the SDK advises for production).

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode } from "@temporalio/worker";

const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL("./workflows.mjs", import.meta.url)),
});
writeFileSync("workflow-bundle.js", code);
