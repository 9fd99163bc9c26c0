/** A refusal as an AWS service words it: `name` is the error's type on the wire. Messages hold no values. */
export class AwsError<Name extends string = string> extends Error {
  override readonly name: Name;
  /** HTTP status of the answer; AWS JSON services answer 400 for every fault of the client. */
  readonly status: number;
  /** Further fields or headers of the answer. */
  readonly extra: { readonly headers?: Readonly<Record<string, string>> };

  constructor(name: Name, message: string, status = 400, extra: AwsError['extra'] = {}) {
    super(message);
    this.name = name;
    this.status = status;
    this.extra = extra;
  }
}
