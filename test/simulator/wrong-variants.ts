/**
 * Known wrong drivers, of the crash lane and of the property lane: the simulator must find each.
 */
import { wrongDrivers } from "../property/workflows/wrong-drivers.ts";
import { variants } from "../simulation/variants.ts";
import type { Variant } from "../simulation/world.ts";
import { type LaneReport, simulate } from "./lane.ts";

const all: Readonly<Record<string, Variant>> = { ...variants, ...wrongDrivers };

export const wrongVariants: readonly string[] = Object.keys(all);

export function variantOf(name: string): Variant {
  const variant = all[name];
  if (!variant) throw new Error(`no wrong driver ${name}`);
  return variant;
}

/** Histories under a wrong driver, from the first seed on, until one fails. */
export function findVariant(name: string, histories: number): Promise<LaneReport> {
  return simulate({ from: 1, histories, variant: variantOf(name) });
}
