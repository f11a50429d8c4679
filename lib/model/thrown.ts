/**
 * Text of whatever was thrown. JavaScript lets a program throw anything, and what it throws may throw when it is looked at.
 */

/** Name and message of a thrown thing. Never throws. */
export function describeThrown(thrown: unknown): { readonly name: string; readonly message: string } {
  return { name: safely(() => nameOf(thrown)) || "Error", message: textOfThrown(thrown) };
}

/** The message of a thrown thing. Never throws. */
export function textOfThrown(thrown: unknown): string {
  return safely(() => messageOf(thrown)) ?? "the thrown value has no text";
}

function safely(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function nameOf(thrown: unknown): string {
  const name = isErrorLike(thrown) ? thrown.name : undefined;
  return typeof name === "string" ? name : "";
}

function messageOf(thrown: unknown): string {
  if (isErrorLike(thrown)) return String(thrown.message);
  const text = String(thrown);
  // An object without a text of its own says more as JSON.
  return text === "[object Object]" ? (safely(() => JSON.stringify(thrown)) ?? text) : text;
}

/** An error, also of another realm, or an object that is like one. */
function isErrorLike(thrown: unknown): thrown is { readonly name?: unknown; readonly message: unknown } {
  if (thrown instanceof Error) return true;
  return typeof thrown === "object" && thrown !== null && typeof (thrown as { message?: unknown }).message === "string";
}
