// How the management API says no: RFC 9457 problem details, with a sentence that says what to do. (A sandbox's Kubernetes API answers with Status.)

export interface FieldProblem {
  /** `nodes`, `speed`; empty for the whole body. */
  readonly field: string;
  readonly message: string;
}

export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly errors: readonly FieldProblem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, title: string, detail: string, errors: readonly FieldProblem[] = [], headers: Record<string, string> = {}) {
    super(detail);
    this.status = status;
    this.title = title;
    this.errors = errors;
    this.headers = headers;
  }

  toResponse(): Response {
    const { status, title, message: detail, errors } = this;
    const body = { title, status, detail, ...(errors.length && { errors }) };
    return new Response(`${JSON.stringify(body)}\n`, { status, headers: { ...this.headers, 'content-type': 'application/problem+json' } });
  }
}

export const badRequest = (detail: string): Problem => new Problem(400, 'Bad request', detail);

export const invalid = (errors: readonly FieldProblem[]): Problem =>
  new Problem(422, 'Invalid request', errors.map(({ field, message }) => (field ? `${field} ${message}` : message)).join('; '), errors);

export const unauthenticated = (detail: string): Problem =>
  new Problem(401, 'Not signed in', detail, [], { 'www-authenticate': 'Bearer realm="Kubarium"' });

export const forbidden = (detail: string): Problem => new Problem(403, 'Forbidden', detail);

export const notFound = (detail: string): Problem => new Problem(404, 'Not found', detail);

export const conflict = (detail: string): Problem => new Problem(409, 'Conflict', detail);

export const quotaExceeded = (detail: string): Problem => new Problem(403, 'Quota exceeded', detail);

export const tooManyRequests = (detail: string, seconds: number): Problem =>
  new Problem(429, 'Too many requests', detail, [], { 'retry-after': String(seconds) });
