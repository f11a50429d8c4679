/**
 * How `doctor` makes its findings.
 */
import type { DoctorFinding } from "../model/doctor-report.ts";
import type { Asked } from "../ports/index.ts";

type Check = DoctorFinding["check"];

/** What to do, and what a working configuration has there. */
interface Mend {
  readonly fix: string;
  readonly expected: string;
}

export function ok(check: Check, about: string, found: string): DoctorFinding {
  return { check, about, state: "ok", found, expected: null, fix: null };
}

export function wrong(check: Check, about: string, found: string, { fix, expected }: Mend): DoctorFinding {
  return { check, about, state: "wrong", found, expected, fix };
}

export function advice(check: Check, about: string, found: string, { fix, expected }: Mend): DoctorFinding {
  return { check, about, state: "advice", found, expected, fix };
}

export function unknown(check: Check, about: string, found: string): DoctorFinding {
  return { check, about, state: "unknown", found, expected: null, fix: null };
}

/** What was not answered: a service that does not answer at all is wrong, a refusal is none of the deployment's fault. */
export function unasked(
  check: Check,
  about: string,
  { why = "", answer }: { readonly answer: Exclude<Asked<never>["answer"], "found">; readonly why?: string },
): DoctorFinding {
  switch (answer) {
    case "refused":
      return unknown(check, about, "not allowed to ask (grantRead of the construct allows it)");
    case "no-credentials":
      return unknown(check, about, "could not be asked without credentials");
    case "missing":
      return unknown(check, about, "there is nothing to ask");
    case "failed":
      // Without these nothing works; the rest an engine may not have.
      if (check === "table" || check === "queue")
        return wrong(check, about, `cannot be used: ${why}`, {
          fix: "mend what the error names; a region is set by --region or AWS_REGION",
          expected: "an answer",
        });
      return unknown(check, about, `could not be asked: ${why}`);
    case "unreachable":
      return wrong(check, about, `does not answer: ${why}`, {
        fix: "see that the endpoint is right, and that its service runs (tutti dev)",
        expected: "an answer",
      });
    default:
      return answer satisfies never;
  }
}
