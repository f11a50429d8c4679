/**
 * What makes two requests the same.
 */
import { contentHash } from "../model/hash.ts";
import { canonicalJson, type Json } from "../model/json.ts";
import type { SubmitRequest } from "../model/request.ts";

/**
 * The hash of a request without what only names it: `id`, `name` and `requestId`.
 *
 * The order of keys does not count; a default that is spelled out does.
 */
export function documentHash(request: SubmitRequest): string {
  const { id: _id, name: _name, requestId: _requestId, ...document } = request;
  return contentHash(canonicalJson(document as unknown as Json));
}
