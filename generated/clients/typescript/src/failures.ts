/** What a call can fail with: the server's refusal, or no answer at all. */
import { ERRORS, type ErrorCode } from "./catalogue.js";

/** The server refused. Branch on `code`; `message` is for people. */
export class GoChatError extends Error {
  override readonly name = "GoChatError";

  /**
   * @param code A code of the catalogue; a newer server may have more.
   * @param message The server's text, in the language that was asked for.
   * @param details Facts, by code: `errors`, `retryAfterMs`, ...
   * @param status The HTTP status; undefined when it came over the socket.
   */
  constructor(
    readonly code: ErrorCode | (string & {}),
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    readonly status?: number,
  ) {
    super(message);
  }

  /** Whether the same call can succeed later without any change. */
  get retryable(): boolean {
    return this.code in ERRORS && ERRORS[this.code as ErrorCode].retryable;
  }
}

/** There was no answer: no network, no server, or the connection ended first. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}
