/** The folder that a record lies in. */
export interface Home {
  readonly path: string;
  /** Rejects with `StoreRefused` if the store that the folder belongs to is gone. */
  check(): Promise<void>;
  /** Makes the folder if need be; rejects with `StoreRefused` if others may enter it. */
  prepare(): Promise<void>;
}
