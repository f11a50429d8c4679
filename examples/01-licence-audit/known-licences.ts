/**
 * The licence texts of the SPDX list, and the recogniser that knows the common ones.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { baseIdOf } from "./licence-families.ts";
import { createRecogniser, type LicenceText, type Recogniser } from "./licence-recogniser.ts";

/**
 * Texts every file is compared with: what npm packages carry, what a reviewer must not miss, and the relatives that
 * would otherwise be taken for one of these (Sleepycat is BSD-3-Clause with a copyleft clause). The SPDX list has 600 more;
 * a text outside this choice is found when package.json declares it.
 */
const commonIds = `
  0BSD AFL-2.0 AFL-2.1 AFL-3.0 AGPL-1.0-only AGPL-3.0-only Apache-1.1 Apache-2.0 Artistic-1.0 Artistic-2.0 BlueOak-1.0.0
  BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent BSD-2-Clause-Views BSD-3-Clause BSD-3-Clause-Attribution BSD-3-Clause-Clear
  BSD-3-Clause-No-Military-License BSD-3-Clause-No-Nuclear-License BSD-4-Clause BSD-4-Clause-UC BSD-Source-Code BSL-1.0
  BUSL-1.1 CC-BY-3.0 CC-BY-4.0 CC-BY-NC-3.0 CC-BY-NC-4.0 CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0
  CC-BY-ND-3.0 CC-BY-ND-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC0-1.0 CDDL-1.0 CDDL-1.1 CPAL-1.0 CPL-1.0 curl ECL-2.0 Elastic-2.0
  EPL-1.0 EPL-2.0 EUPL-1.2 FSL-1.1-ALv2 FSL-1.1-MIT GPL-2.0-only GPL-3.0-only Hippocratic-2.1 ICU IPL-1.0 ISC JSON
  LGPL-2.0-only LGPL-2.1-only LGPL-3.0-only Libpng MIT MIT-0 MIT-CMU MIT-feh MPL-1.1 MPL-2.0 MS-LPL MS-PL MS-RL MulanPSL-2.0
  NCSA NPL-1.1 NPOSL-3.0 ODC-By-1.0 OFL-1.1 OSL-2.0 OSL-2.1 OSL-3.0 PolyForm-Noncommercial-1.0.0
  PolyForm-Small-Business-1.0.0 PostgreSQL PSF-2.0 Python-2.0 Python-2.0.1 Sleepycat SPL-1.0 SSPL-1.0 Unicode-3.0
  Unicode-DFS-2016 Unlicense UPL-1.0 W3C-20150513 WTFPL X11 Zlib zlib-acknowledgement`
  .trim()
  .split(/\s+/);

/** Where the terms end: appendices ("How to apply …") and a second licence that the list appends to the LGPL. */
const endOfTerms = [
  /\n\s*END OF TERMS AND CONDITIONS/,
  /\nExhibit A - Source Code Form License Notice/,
  /\nGNU GENERAL PUBLIC LICENSE\s+Version 3, 29 June 2007/,
];

const require = createRequire(import.meta.url);
let shared: Recogniser | undefined;

/** The recogniser of this process. Its first use reads the common texts, about 0.25 s. */
export function licenceRecogniser(): Recogniser {
  shared ??= createRecogniser(commonIds, licenceTextOf);
  return shared;
}

/**
 * The text of an SPDX licence, or undefined when the list has no such id.
 *
 * @param id - As in the list, for example `MIT`; ids that differ only in `-only`, `-or-later` or `+` share a text.
 */
export function licenceTextOf(id: string): LicenceText | undefined {
  const source = fullTextOf(id);
  if (source === undefined) return undefined;
  const ends = endOfTerms.map((pattern) => source.search(pattern)).filter((at) => at > 0);
  const end = Math.min(source.length, ...ends);
  const appendix = id.startsWith("LGPL-3.0") ? "" : source.slice(end);
  return { terms: source.slice(0, end), appendix };
}

/** The id under which the common texts hold this licence, so that no text is known under two names. */
export function textIdOf(id: string): string {
  const base = baseIdOf(id);
  return commonIds.includes(`${base}-only`) ? `${base}-only` : base;
}

function fullTextOf(id: string): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9.+-]*$/.test(id)) return undefined;
  try {
    const file = readFileSync(require.resolve(`spdx-license-list/licenses/${id}.json`), "utf8");
    return (JSON.parse(file) as { readonly licenseText: string }).licenseText;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
