/**
 * What makes two requests the same.
 */
import { canonicalJson, type Json } from "../model/json.ts";
import type { SubmitRequest } from "../model/request.ts";

/**
 * The hash of a request without what only names it: `id`, `name` and `requestId`.
 *
 * The order of keys does not count; a default that is spelled out does.
 *
 * @param sha256 - Hash of a text, as hexadecimal digits.
 */
export function documentHash(request: SubmitRequest, sha256: (text: string) => string): string {
  const { id: _id, name: _name, requestId: _requestId, ...document } = request;
  return sha256(canonicalJson(document as unknown as Json));
}
