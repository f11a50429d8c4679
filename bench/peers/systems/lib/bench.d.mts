export interface Request {
  readonly op: "chord" | "chain";
  readonly ids: readonly string[];
  readonly n: number;
  readonly kind: string;
}
export function port(at: number): number;
export function concurrency(otherwise: number): number;
export function limiter(limit: number): <T>(work: () => T | Promise<T>) => Promise<T>;
export function member(id: string, i: number, kind: string): Promise<number>;
export function callback(id: string, results: readonly unknown[]): number;
export function gaveUp(id: string): number;
export function step(id: string, k: number, n: number): number;
export function serve(submit: (request: Request) => Promise<unknown>): Promise<void>;
