/**
 * Sums of money.
 */

/** US dollars: cents, or two significant digits of a very small sum. */
export function dollars(usd: number): string {
  return usd === 0 ? "0" : usd >= 0.01 ? usd.toFixed(2) : usd.toFixed(1 - Math.floor(Math.log10(usd)));
}
