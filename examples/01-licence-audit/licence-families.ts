/**
 * What a licence asks of those who pass the software on, in the coarse groups a reviewer thinks in.
 *
 * A table, not legal advice. A licence that is in none of the lists is `unclassified` and gets flagged:
 * guessing "permissive" is the mistake that costs.
 */
import type { Info } from "spdx-expression-parse";

/**
 * From the least to the most demanding. The order decides for expressions: of `OR` the licensee takes the least
 * demanding, of `AND` the most demanding binds.
 */
export const licenceFamilies = [
  /** Rights are given up; nothing is asked, not even attribution. */
  "public-domain",
  /** Keep the notice. */
  "permissive",
  /** Changes to these files or this library stay under the same licence. */
  "weak-copyleft",
  /** What is combined with it and passed on comes under the same licence. */
  "strong-copyleft",
  /** As strong copyleft, and use over a network counts as passing on. */
  "network-copyleft",
  /** Use is limited (non-commercial, no competing service, field of use) or not granted at all. */
  "restricted",
  /** Not in this table: somebody has to read it. */
  "unclassified",
] as const;
export type LicenceFamily = (typeof licenceFamilies)[number];

const publicDomain =
  "CC0-1.0 Unlicense PDDL-1.0 SAX-PD SAX-PD-2.0 CC-PDDC CC-PDM-1.0 blessing NIST-PD ANTLR-PD NCBI-PD";

/** Mostly the "model" to "bronze" ratings of https://blueoakcouncil.org/list, and the attribution licences. */
const permissive = `
  0BSD AAL AFL-1.1 AFL-1.2 AFL-2.0 AFL-2.1 AFL-3.0 Apache-1.0 Apache-1.1 Apache-2.0 Artistic-1.0 Artistic-1.0-Perl
  Artistic-2.0 Beerware BlueOak-1.0.0 Boehm-GC BSD-1-Clause BSD-2-Clause BSD-2-Clause-FreeBSD BSD-2-Clause-NetBSD
  BSD-2-Clause-Patent BSD-2-Clause-Views BSD-3-Clause BSD-3-Clause-Attribution BSD-3-Clause-Clear BSD-3-Clause-LBNL
  BSD-3-Clause-Modification BSD-3-Clause-Open-MPI BSD-4-Clause BSD-4-Clause-UC BSD-Source-Code BSL-1.0 bzip2-1.0.6
  CC-BY-1.0 CC-BY-2.0 CC-BY-2.5 CC-BY-3.0 CC-BY-4.0 CDLA-Permissive-1.0 CDLA-Permissive-2.0 CNRI-Python curl ECL-2.0
  EFL-2.0 Fair FSFAP FTL HPND ICU IJG ISC Libpng libpng-2.0 libtiff MirOS MIT MIT-0 MIT-advertising MIT-CMU MIT-feh
  MIT-Modern-Variant MIT-open-group MITNFA MS-PL MulanPSL-1.0 MulanPSL-2.0 NCSA NTP ODC-By-1.0 OLDAP-2.8 OpenSSL
  PHP-3.0 PHP-3.01 PostgreSQL PSF-2.0 Python-2.0 Python-2.0.1 Ruby SSH-OpenSSH TCL TU-Berlin-2.0 Unicode-3.0
  Unicode-DFS-2015 Unicode-DFS-2016 UPL-1.0 Vim W3C W3C-20150513 WTFPL X11 Xnet Zlib zlib-acknowledgement ZPL-2.1`;

const weakCopyleft = `
  APSL-1.0 APSL-1.1 APSL-1.2 APSL-2.0 CDDL-1.0 CDDL-1.1 CECILL-C CERN-OHL-W-2.0 CPL-1.0 EPL-1.0 EPL-2.0 ErlPL-1.1
  IPL-1.0 LGPL-2.0 LGPL-2.1 LGPL-3.0 LGPLLR LPPL-1.3c MPL-1.0 MPL-1.1 MPL-2.0 MPL-2.0-no-copyleft-exception MS-RL
  NPL-1.0 NPL-1.1 OFL-1.0 OFL-1.1 SISSL wxWindows`;

const strongCopyleft = `
  CC-BY-SA-1.0 CC-BY-SA-2.0 CC-BY-SA-2.5 CC-BY-SA-3.0 CC-BY-SA-4.0 CECILL-2.0 CECILL-2.1 CERN-OHL-S-2.0 GFDL-1.1 GFDL-1.2
  GFDL-1.3 GPL-1.0 GPL-2.0 GPL-3.0 ODbL-1.0 QPL-1.0 Sleepycat`;

const networkCopyleft = `
  AGPL-1.0 AGPL-3.0 APL-1.0 CAL-1.0 CPAL-1.0 EUPL-1.0 EUPL-1.1 EUPL-1.2 NPOSL-3.0 OSL-1.0 OSL-2.0 OSL-2.1 OSL-3.0 RPL-1.1
  RPL-1.5 Parity-6.0.0 Parity-7.0.0`;

const restricted = `
  Aladdin BUSL-1.1 CC-BY-NC-1.0 CC-BY-NC-2.0 CC-BY-NC-2.5 CC-BY-NC-3.0 CC-BY-NC-4.0 CC-BY-NC-ND-2.0 CC-BY-NC-ND-2.5
  CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-2.0 CC-BY-NC-SA-2.5 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0 CC-BY-ND-1.0
  CC-BY-ND-2.0 CC-BY-ND-2.5 CC-BY-ND-3.0 CC-BY-ND-4.0 Elastic-2.0 FSL-1.1-ALv2 FSL-1.1-MIT Hippocratic-2.1 JSON
  PolyForm-Noncommercial-1.0.0 PolyForm-Small-Business-1.0.0 SSPL-1.0 SUL-1.0`;

/** Exceptions that let other code link with a GPL work without coming under the GPL. */
const linkingExceptions = new Set(
  `Classpath-exception-2.0 GCC-exception-2.0 GCC-exception-3.1 LGPL-3.0-linking-exception GPL-3.0-linking-exception
   eCos-exception-2.0 WxWindows-exception-3.1 Linux-syscall-note Font-exception-2.0 Bison-exception-2.2
   Autoconf-exception-2.0 Autoconf-exception-3.0 Universal-FOSS-exception-1.0`.split(/\s+/),
);

const familyByBaseId = new Map<string, LicenceFamily>([
  ...rowsOf(publicDomain, "public-domain"),
  ...rowsOf(permissive, "permissive"),
  ...rowsOf(weakCopyleft, "weak-copyleft"),
  ...rowsOf(strongCopyleft, "strong-copyleft"),
  ...rowsOf(networkCopyleft, "network-copyleft"),
  ...rowsOf(restricted, "restricted"),
]);

function rowsOf(ids: string, family: LicenceFamily): readonly (readonly [string, LicenceFamily])[] {
  return ids
    .trim()
    .split(/\s+/)
    .map((id) => [id, family] as const);
}

/**
 * The id without what its text does not tell: `GPL-3.0-or-later`, `GPL-3.0-only`, `GPL-3.0+` and `GPL-3.0` share
 * one text, and only the declaration says which is meant.
 */
export function baseIdOf(id: string): string {
  return id.replace(/(-only|-or-later|\+)$/, "");
}

/** The family of one SPDX id, with the exception that goes with it. */
export function familyOfId(id: string, exception?: string): LicenceFamily {
  const embedded = /^(L?GPL-\d\.\d)-with-/.exec(id);
  if (embedded?.[1] !== undefined) return "weak-copyleft";
  const family = familyByBaseId.get(baseIdOf(id)) ?? "unclassified";
  const linkable = exception !== undefined && linkingExceptions.has(exception);
  return family === "strong-copyleft" && linkable ? "weak-copyleft" : family;
}

/** The family of an expression, for a licensee who takes the least demanding choice. */
export function familyOfExpression(expression: Info): LicenceFamily {
  if ("license" in expression) return familyOfId(expression.license, expression.exception);
  const sides = [familyOfExpression(expression.left), familyOfExpression(expression.right)];
  return expression.conjunction === "or" ? leastDemanding(sides) : mostDemanding(sides);
}

export function mostDemanding(families: readonly LicenceFamily[]): LicenceFamily {
  return licenceFamilies.findLast((family) => families.includes(family)) ?? "unclassified";
}

function leastDemanding(families: readonly LicenceFamily[]): LicenceFamily {
  return licenceFamilies.find((family) => families.includes(family)) ?? "unclassified";
}

export function isCopyleft(family: LicenceFamily): boolean {
  return family === "weak-copyleft" || family === "strong-copyleft" || family === "network-copyleft";
}
