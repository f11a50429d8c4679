import { TuttiError } from "../errors.ts";

/** A task, or a module of tasks, that cannot be used: a bad name or option, two tasks of one name. */
export class InvalidTasksError extends TuttiError {
  override readonly name = "InvalidTasksError";
  readonly code = "invalid-tasks";
}
