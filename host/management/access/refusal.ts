/** A request that is refused: the status code and the body that says why (RFC 9457). */

export interface FieldProblem {
  field: string;
  message: string;
  line?: number;
  expected?: string;
}

export interface RefusalDetails {
  headers?: Readonly<Record<string, string>>;
  problems?: readonly FieldProblem[];
  /** The active processor, where this one is not it. */
  active?: string | null;
}

export class Refusal extends Error {
  constructor(
    readonly status: number,
    /** One word for programs, such as `stale_epoch`. */
    readonly code: string,
    detail: string,
    readonly details: RefusalDetails = {},
  ) {
    super(detail);
    this.name = "Refusal";
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Not logged in",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  406: "Not acceptable",
  408: "Too slow",
  409: "Conflict",
  412: "Things have changed",
  413: "Too large",
  414: "Address too long",
  415: "Not JSON",
  417: "Expectation failed",
  421: "Misdirected",
  422: "Not the same request",
  428: "Condition missing",
  429: "Too many requests",
  431: "Headers too large",
  500: "Failed",
  502: "The other processor failed",
  503: "Not available here",
  504: "Out of reach",
};

/** The body of a refusal. */
export function problemBody(refusal: Refusal, processor: string): Record<string, unknown> {
  const { active, problems } = refusal.details;
  return {
    title: TITLES[refusal.status] ?? "Refused",
    status: refusal.status,
    code: refusal.code,
    detail: refusal.message,
    processor,
    ...(active === undefined ? {} : { active }),
    ...(problems === undefined ? {} : { problems }),
  };
}
