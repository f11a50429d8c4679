/**
 * The app of `npx cdk synth`: one stack with everything, for the tasks that `-c tasks=FILE` names. `-c stack=NAME` names
 * the stack: an account may have several.
 */
import { App } from "aws-cdk-lib";
import { TuttiStack } from "./stack.ts";

/** The example of the README: it needs nothing but its functions, so it runs as it is. */
const exampleTasks = "examples/07-thumbnails/tasks.ts";

const app = new App();
const context = (name: string): string | undefined => app.node.tryGetContext(name);
new TuttiStack(app, context("stack") ?? "Tutti", { tutti: { tasks: context("tasks") ?? exampleTasks } });
